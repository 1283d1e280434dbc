#include "storage/index/point_index.h"

#include <s2/s1angle.h>
#include <s2/s2cap.h>
#include <s2/s2cell_id.h>
#include <s2/s2cell_union.h>
#include <s2/s2latlng.h>
#include <s2/s2latlng_rect.h>
#include <s2/s2region_coverer.h>

#include <algorithm>
#include <utility>

#include "storage/base/status.h"
#include "storage/keys/bytes.h"
#include "storage/keys/value_key.h"
#include "storage/kv/store.h"

namespace skein {
namespace {

constexpr char kGeographic = '\1';
constexpr char kElsewhere = '\2';
// Cells of about 1.3 km²: a place of an investigation is a few of them, and within each the
// moments are in order.
constexpr int kMomentLevel = 13;
constexpr int kCellsMax = 16;

// point.distance() measures on a sphere of this radius, plus the points' heights; a cap that is a
// hundredth wider holds whatever it calls near.
constexpr double kRadius = 6'378'140;
constexpr double kMargin = 1.01;

S2LatLng ToS2(const Point& point) { return S2LatLng::FromDegrees(point.y, point.x).Normalized(); }

S2CellUnion Covering(const PointArea& area, bool with_moment) {
  S2RegionCoverer::Options options;
  options.set_max_cells(with_moment ? static_cast<int>(kAreaRangesMax) : kCellsMax);
  if (with_moment) options.set_max_level(kMomentLevel);
  S2RegionCoverer coverer(options);
  if (area.is_box) {
    const S2LatLng low = S2LatLng::FromDegrees(area.center.y, area.center.x);
    const S2LatLng high = S2LatLng::FromDegrees(area.corner.y, area.corner.x);
    if (!low.is_valid() || !high.is_valid() || low.lat() > high.lat()) return {};
    const S2LatLngRect box(R1Interval(low.lat().radians(), high.lat().radians()),
                           S1Interval(low.lng().radians(), high.lng().radians()));
    return coverer.GetCovering(box.Expanded(S2LatLng::FromDegrees(1e-7, 1e-7)));
  }
  if (!(area.radius >= 0)) return {};  // NaN too
  const double angle = (area.radius / kRadius + 1e-9) * kMargin;
  const S1Angle radius = S1Angle::Radians(std::min(angle, 4.0));  // beyond π: everywhere
  return coverer.GetCovering(S2Cap(ToS2(area.center).ToPoint(), radius));
}

// The moments of one list of keys that begin with `prefix`.
KeyRange MomentsOf(const std::string& prefix, const PointArea& area) {
  return ValueRangeAfter(prefix, area.low, area.low_inclusive, area.high, area.high_inclusive);
}

}  // namespace

bool IsGeographic(const Point& point) { return point.srid == 4326 || point.srid == 4979; }

absl::Status AppendPointKey(const Point& point, const Value* moment, std::string* key) {
  if (IsGeographic(point)) {
    const S2CellId leaf(ToS2(point));
    key->push_back(kGeographic);
    AppendBe64(key, moment == nullptr ? leaf.id() : leaf.parent(kMomentLevel).id());
  } else {
    key->push_back(kElsewhere);
  }
  return moment == nullptr ? absl::OkStatus() : AppendValueKey(*moment, key);
}

std::vector<KeyRange> AreaRanges(const Layout& layout, uint32_t index, bool with_moment,
                                 const PointArea& area) {
  std::vector<KeyRange> out;
  const auto add = [&out](KeyRange range) {
    if (!range.none) out.push_back(std::move(range));
  };
  const std::string prefix = layout.Index(index);
  if (area.is_box && area.center.srid != area.corner.srid) return out;
  if (!IsGeographic(area.center)) {
    const std::string elsewhere = prefix + kElsewhere;
    add(with_moment ? MomentsOf(elsewhere, area)
                    : KeyRange{elsewhere, PrefixEnd(elsewhere), false});
    return out;
  }
  for (const S2CellId cell : Covering(area, with_moment)) {
    std::string begin = prefix + kGeographic, last = begin;
    if (with_moment && cell.level() == kMomentLevel) {
      AppendBe64(&begin, cell.id());
      add(MomentsOf(begin, area));
      continue;
    }
    // A larger cell: all that is in it, whenever.
    AppendBe64(&begin, cell.range_min().id());
    AppendBe64(&last, cell.range_max().id());
    add({std::move(begin), PrefixEnd(last), false});
  }
  return out;
}

}  // namespace skein
