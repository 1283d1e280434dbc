#include "storage/index/point_index.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

namespace skein {
namespace {

const Layout kLayout(SpaceId::kUsers);
constexpr uint32_t kIndex = 3;

double Degrees(std::mt19937_64& dice, double most) {
  return (static_cast<double>(dice() % 2'000'001) / 1e6 - 1) * most;
}

// As point.distance().
double Metres(const Point& a, const Point& b) {
  constexpr double kToRadians = std::numbers::pi / 180;
  const double h = std::pow(std::sin((b.y - a.y) * kToRadians / 2), 2) +
                   std::cos(a.y * kToRadians) * std::cos(b.y * kToRadians) *
                       std::pow(std::sin((b.x - a.x) * kToRadians / 2), 2);
  return 2 * 6'378'140 * std::asin(std::min(1.0, std::sqrt(h)));
}

bool InBox(const Point& p, const PointArea& area) {
  const bool crosses = area.center.x > area.corner.x;
  const bool in_x = crosses ? p.x >= area.center.x || p.x <= area.corner.x
                            : p.x >= area.center.x && p.x <= area.corner.x;
  return in_x && p.y >= area.center.y && p.y <= area.corner.y;
}

bool Holds(const std::vector<KeyRange>& ranges, const std::string& key) {
  for (const KeyRange& range : ranges) {
    if (key >= range.begin && key < range.end) return true;
  }
  return false;
}

std::string KeyOf(const Point& point, const Value* moment) {
  std::string key = kLayout.Index(kIndex);
  EXPECT_TRUE(AppendPointKey(point, moment, &key).ok());
  return key + "nodenode";
}

Point Near(std::mt19937_64& dice, const Point& center, double metres) {
  const double degrees = metres / 111'000 * 1.5;
  Point p = center;
  p.y = std::clamp(center.y + Degrees(dice, degrees), -90.0, 90.0);
  const double wide = degrees / std::max(0.01, std::cos(center.y * std::numbers::pi / 180));
  p.x = std::remainder(center.x + Degrees(dice, std::min(wide, 180.0)), 360);
  return p;
}

TEST(PointIndexTest, NothingInTheAreaIsMissedAndLittleElseIsGiven) {
  std::mt19937_64 dice(7);
  size_t inside = 0, given = 0, far = 0;
  for (int round = 0; round < 400; ++round) {
    PointArea area;
    area.center = {4326, Degrees(dice, 180), Degrees(dice, 89), 0};
    if (round % 5 == 0) area.center.x = 179.9999;
    area.radius = std::pow(10.0, 1 + static_cast<double>(dice() % 50) / 10);
    area.is_box = round % 2 == 1;
    if (area.is_box) {
      area.corner = {4326, std::remainder(area.center.x + area.radius / 50'000, 360),
                     std::min(90.0, area.center.y + area.radius / 100'000), 0};
    }
    const bool with_moment = round % 3 == 0;
    if (with_moment) {
      area.low = Value::Integer(100);
      area.high = Value::Integer(200);
      area.high_inclusive = false;
    }
    const auto ranges = AreaRanges(kLayout, kIndex, with_moment, area);
    ASSERT_LE(ranges.size(), kAreaRangesMax);
    for (size_t i = 1; i < ranges.size(); ++i) ASSERT_LE(ranges[i - 1].end, ranges[i].begin);
    for (int i = 0; i < 200; ++i) {
      const Point p = Near(dice, area.center, area.radius);
      const Value moment = Value::Integer(static_cast<int64_t>(dice() % 300));
      const bool at = area.is_box ? InBox(p, area) : Metres(area.center, p) < area.radius;
      const bool then = !with_moment || (moment.integer() >= 100 && moment.integer() < 200);
      const bool held = Holds(ranges, KeyOf(p, with_moment ? &moment : nullptr));
      if (at && then) {
        ++inside;
        ASSERT_TRUE(held) << "round " << round << ": " << p.x << " " << p.y;
      }
      given += held ? 1 : 0;
      Point away = p;
      away.y = -p.y + (p.y > 0 ? -1 : 1);
      if (area.radius < 20'000 && std::fabs(p.y) > 2) {
        far += Holds(ranges, KeyOf(away, with_moment ? &moment : nullptr)) ? 1 : 0;
      }
    }
  }
  EXPECT_GT(inside, 5'000u);
  EXPECT_LT(given, 6 * inside);
  EXPECT_EQ(far, 0u);
}

TEST(PointIndexTest, OtherSystemsAreKeptApart) {
  const Point flat{7203, 3, 4, 0}, round{4326, 3, 4, 0};
  PointArea area;
  area.center = flat;
  area.radius = 1;
  const auto ranges = AreaRanges(kLayout, kIndex, false, area);
  EXPECT_TRUE(Holds(ranges, KeyOf(flat, nullptr)));
  EXPECT_FALSE(Holds(ranges, KeyOf(round, nullptr)));
  area.center = round;
  EXPECT_FALSE(Holds(AreaRanges(kLayout, kIndex, false, area), KeyOf(flat, nullptr)));
}

TEST(PointIndexTest, AreasThatHoldNothing) {
  PointArea area;
  area.center = {4326, 1, 2, 0};
  for (const double radius : {-1.0, std::nan("")}) {
    area.radius = radius;
    EXPECT_TRUE(AreaRanges(kLayout, kIndex, false, area).empty()) << radius;
  }
  area.is_box = true;
  area.corner = {4326, 5, 1, 0};  // south of the other
  EXPECT_TRUE(AreaRanges(kLayout, kIndex, false, area).empty());
  area.corner = {7203, 5, 5, 0};
  EXPECT_TRUE(AreaRanges(kLayout, kIndex, false, area).empty());
}

TEST(PointIndexTest, EverywhereHoldsAll) {
  PointArea area;
  area.center = {4326, 100, 20, 0};
  area.radius = 1e12;
  std::mt19937_64 dice(3);
  const auto ranges = AreaRanges(kLayout, kIndex, false, area);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(Holds(ranges, KeyOf({4326, Degrees(dice, 180), Degrees(dice, 90), 0}, nullptr)));
  }
}

}  // namespace
}  // namespace skein
