#include "importers/city/places.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "importers/city/numbers.h"

namespace skein::city {
namespace {

// An empty patch of the East China Sea: no real street can be meant.
constexpr Spot kCorner{29570000, 123760000};
constexpr int32_t kLatStep = 6300;      // 700 m
constexpr int32_t kLonStep = 7240;      // 700 m at this latitude
constexpr int32_t kTownWest = -393000;  // 38 km west of the corner
constexpr int32_t kTownNorth = 12600;

int32_t Columns(uint32_t scale) {
  return static_cast<int32_t>(std::lround(std::ceil(12 * std::sqrt(static_cast<double>(scale)))));
}

std::string CrossingName(const Crossing& c) {
  if (c.town) return absl::StrFormat("石坞镇%d-%d口", c.column + 1, c.row + 1);
  return absl::StrCat(AvenueName(c.column), RoadName(c.row), "口");
}

void BuildCrossings(World& w) {
  constexpr std::string_view kNames[] = {"城东区", "城南区", "城西区",
                                         "城北区", "港湾区", "云台区"};
  for (int32_t i = 0; i < 6; ++i) w.districts.push_back({std::string(kNames[i]), 990101 + i});
  w.districts.push_back({"石坞镇", kTownRegion});
  for (int32_t row = 0; row < w.rows; ++row) {
    for (int32_t column = 0; column < w.columns; ++column) {
      Crossing c;
      c.spot = {kCorner.lat_e6 + row * kLatStep, kCorner.lon_e6 + column * kLonStep};
      c.column = column;
      c.row = row;
      c.district = column * 3 / w.columns + row * 2 / w.rows * 3;
      w.crossings.push_back(c);
    }
  }
  for (int32_t row = 0; row < w.town_side; ++row) {
    for (int32_t column = 0; column < w.town_side; ++column) {
      Crossing c;
      c.spot = {kCorner.lat_e6 + kTownNorth + row * kLatStep,
                kCorner.lon_e6 + kTownWest + column * kLonStep};
      c.column = column;
      c.row = row;
      c.town = true;
      c.district = 6;
      w.crossings.push_back(c);
    }
  }
}

int32_t AddSensor(std::vector<Sensor>& out, const World& w, Dice& dice, int32_t crossing,
                  std::string_view prefix, std::string_view suffix) {
  const Crossing& c = At(w.crossings, crossing);
  Sensor s;
  s.code = absl::StrFormat("%s%05d", prefix, out.size() + 1);
  s.name = absl::StrCat(CrossingName(c), ToAbsl(suffix));
  s.crossing = crossing;
  s.spot = Near(dice, c.spot, 60);
  return Add(out, std::move(s));
}

// The pattern of stations leaves none further than two crossings away.
int32_t NearestStation(const World& w, int32_t crossing) {
  const Crossing& here = At(w.crossings, crossing);
  const int32_t columns = here.town ? w.town_side : w.columns,
                rows = here.town ? w.town_side : w.rows;
  int32_t best = kNone, best_distance = std::numeric_limits<int32_t>::max();
  for (int32_t row = std::max(0, here.row - 2); row <= std::min(rows - 1, here.row + 2); ++row) {
    for (int32_t column = std::max(0, here.column - 2);
         column <= std::min(columns - 1, here.column + 2); ++column) {
      const int32_t there = here.town ? TownCrossing(w, column, row) : CrossingOf(w, column, row);
      const int32_t distance =
          (column - here.column) * (column - here.column) + (row - here.row) * (row - here.row);
      if (At(w.crossings, there).own_station == kNone || distance >= best_distance) continue;
      best = At(w.crossings, there).own_station;
      best_distance = distance;
    }
  }
  SKEIN_CHECK(best != kNone);
  return best;
}

void BuildSensors(World& w) {
  Dice dice(w.seed, "sensors");
  const auto crossings = static_cast<int32_t>(w.crossings.size());
  for (int32_t i = 0; i < crossings; ++i) {
    Crossing& c = At(w.crossings, i);
    const int32_t mix = c.column * 7 + c.row * 3;
    // The township has one camera, at its middle: whoever drives in passes it.
    if (c.town ? (c.column == 1 && c.row == 1) : mix % 5 < 2) {
      c.camera = AddSensor(w.cameras, w, dice, i, "KK", "卡口");
    }
    if (c.town ? c.column == 0 : (c.column + c.row) % 3 == 0) {
      c.own_station = AddSensor(w.stations, w, dice, i, "00101-", "基站");
    }
    if (!c.town && mix % 5 == 4) c.point = AddSensor(w.points, w, dice, i, "AP", "无线热点");
    if (!c.town && mix % 4 == 1) {
      c.tag_station = AddSensor(w.tag_stations, w, dice, i, "RF", "射频基站");
    }
  }
  // One camera's clock runs seven minutes ahead: what it reports must not count as impossible
  // speed.
  w.cameras[w.cameras.size() / 3].clock_fault = true;
  for (int32_t i = 0; i < crossings; ++i) At(w.crossings, i).station = NearestStation(w, i);
}

void BuildAddresses(World& w) {
  Dice dice(w.seed, "addresses");
  std::vector<int32_t> numbers(w.crossings.size(), 0);
  const auto add = [&](int32_t crossing) {
    const Crossing& c = At(w.crossings, crossing);
    Address a;
    a.code = absl::StrFormat("DZ%07d", w.addresses.size() + 1);
    const int32_t no = ++At(numbers, crossing) * 2 + 7 * c.column;
    const std::string street = c.town ? absl::StrCat("第", c.row + 1, "村")
                                      : (no % 4 == 0 ? RoadName(c.row) : AvenueName(c.column));
    a.name = absl::StrCat(At(w.districts, c.district).name, street, c.row * 100 + no, "号");
    a.crossing = crossing;
    a.spot = Near(dice, c.spot, 280);
    w.addresses.push_back(std::move(a));
  };
  const auto main = w.columns * w.rows;
  for (uint32_t i = 0; i < 340 * w.scale; ++i) add(dice.Between(0, main - 1));
  for (int32_t i = 0; i < 20; ++i) add(main + i % (w.town_side * w.town_side));
}

void BuildFirms(World& w) {
  Dice dice(w.seed, "firms");
  for (uint32_t i = 0; i < 60 * w.scale; ++i) {
    Firm f;
    f.code = CreditCode(i);
    f.name = FirmName(dice);
    f.address = dice.Between(0, static_cast<int32_t>(340 * w.scale) - 1);
    w.firms.push_back(std::move(f));
  }
  for (uint32_t i = 0; i < 20 * w.scale; ++i) {
    Hotel h;
    h.code = absl::StrFormat("LG%05d", i + 1);
    h.name = HotelName(static_cast<int32_t>(i));
    h.crossing = dice.Between(0, w.columns * w.rows - 1);
    h.spot = Near(dice, At(w.crossings, h.crossing).spot, 200);
    w.hotels.push_back(std::move(h));
  }
  w.rail_stations = {"云汀站", "青澜东站", "白砂站", "临沧海站", "枫桥渡站", "岱川站"};
}

}  // namespace

void BuildPlaces(World& w) {
  w.columns = Columns(w.scale);
  w.rows = std::max(2, w.columns * 10 / 12);
  BuildCrossings(w);
  BuildSensors(w);
  BuildAddresses(w);
  BuildFirms(w);
}

int32_t CrossingOf(const World& w, int32_t column, int32_t row) { return row * w.columns + column; }

int32_t TownCrossing(const World& w, int32_t column, int32_t row) {
  return w.columns * w.rows + row * w.town_side + column;
}

std::vector<int32_t> Way(const World& w, int32_t a, int32_t b, bool roads_first) {
  const bool town_a = At(w.crossings, a).town, town_b = At(w.crossings, b).town;
  if (town_a != town_b) {
    // Between city and township everybody takes the expressway between its two ends.
    const int32_t city_end = CrossingOf(w, 0, w.rows / 2), town_end = TownCrossing(w, 1, 1);
    std::vector<int32_t> out = Way(w, a, town_a ? town_end : city_end, roads_first);
    const std::vector<int32_t> rest = Way(w, town_a ? city_end : town_end, b, roads_first);
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
  }
  const auto index = [&](int32_t column, int32_t row) {
    return town_a ? TownCrossing(w, column, row) : CrossingOf(w, column, row);
  };
  const Crossing &from = At(w.crossings, a), &to = At(w.crossings, b);
  int32_t column = from.column, row = from.row;
  std::vector<int32_t> out = {a};
  const auto along_road = [&] {
    while (column != to.column) out.push_back(index(column += column < to.column ? 1 : -1, row));
  };
  const auto along_avenue = [&] {
    while (row != to.row) out.push_back(index(column, row += row < to.row ? 1 : -1));
  };
  if (roads_first) along_road();
  along_avenue();
  along_road();
  return out;
}

Seconds LegTime(const World& w, int32_t a, int32_t b) {
  const double metres = MetresBetween(At(w.crossings, a).spot, At(w.crossings, b).spot);
  const double km_h = metres > 5000 ? kExpresswayKmH : 34;
  return static_cast<Seconds>(std::lround(metres / km_h * 3.6));
}

Spot Near(Dice& dice, Spot spot, int32_t metres) {
  // One metre is 9.0 µ° of latitude and 10.34 µ° of longitude here.
  return {spot.lat_e6 + dice.Between(-metres, metres) * 9,
          spot.lon_e6 + dice.Between(-metres, metres) * 10};
}

}  // namespace skein::city
