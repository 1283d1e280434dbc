#include "query/functions/point.h"

#include <array>
#include <cmath>
#include <numbers>

#include "query/functions/errors.h"
#include "query/functions/groups.h"

namespace skein::functions {
namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

struct System {
  uint32_t srid;
  std::string_view name;
  bool geographic;
  bool has_z;
};
constexpr std::array kSystems = {
    System{4326, "WGS-84", true, false}, System{4979, "WGS-84-3D", true, true},
    System{7203, "cartesian", false, false}, System{9157, "cartesian-3D", false, true}};

const System* FindSystem(uint32_t srid) {
  for (const System& s : kSystems) {
    if (s.srid == srid) return &s;
  }
  return nullptr;
}

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return (x | 0x20) == (y | 0x20);  // letters of either case; the other characters are equal
  });
}

// The coordinate under either name; nullopt: not given.
absl::StatusOr<std::optional<double>> Coordinate(const Value& map, std::string_view name,
                                                 std::string_view other) {
  const Value* v = map.Find(name);
  if (v == nullptr) v = map.Find(other);
  if (v == nullptr) return std::optional<double>();
  if (!v->is_number()) {
    return WrongArgument("point() takes a number as ", name, ", not ", KindName(v->kind()));
  }
  return std::optional<double>(v->number());
}

// What `crs` or `srid` say, or what follows from the coordinates' names.
absl::StatusOr<const System*> SystemOf(const Value& map, bool has_z) {
  if (const Value* crs = map.Find("crs"); crs != nullptr) {
    for (const System& s : kSystems) {
      if (crs->kind() == ValueKind::kString && SameName(crs->string(), s.name)) return &s;
    }
    return BadValue(ToLiteral(*crs),
                    " is no coordinate system; WGS-84, WGS-84-3D, cartesian, "
                    "cartesian-3D are");
  }
  if (const Value* srid = map.Find("srid"); srid != nullptr) {
    const bool fits =
        srid->kind() == ValueKind::kInteger && srid->integer() > 0 && srid->integer() <= UINT32_MAX;
    const System* system = fits ? FindSystem(static_cast<uint32_t>(srid->integer())) : nullptr;
    if (system != nullptr) return system;
    return BadValue(ToLiteral(*srid), " is no coordinate system; 4326, 4979, 7203, 9157 are");
  }
  const bool geographic = map.Find("longitude") != nullptr || map.Find("latitude") != nullptr;
  return FindSystem(geographic ? (has_z ? 4979 : 4326) : (has_z ? 9157 : 7203));
}

Result EvalPoint(Args args, EvalContext&) {
  const Value& map = args[0];
  for (const auto& [key, value] : map.map()) {
    if (value.is_null()) return Value::Null();
  }
  SKEIN_ASSIGN_OR_RETURN(const std::optional<double> x, Coordinate(map, "x", "longitude"));
  SKEIN_ASSIGN_OR_RETURN(const std::optional<double> y, Coordinate(map, "y", "latitude"));
  SKEIN_ASSIGN_OR_RETURN(const std::optional<double> z, Coordinate(map, "z", "height"));
  if (!x.has_value() || !y.has_value()) {
    return BadValue("point() takes x and y, or longitude and latitude: ", ToLiteral(map));
  }
  SKEIN_ASSIGN_OR_RETURN(const System* system, SystemOf(map, z.has_value()));
  if (system->has_z != z.has_value()) {
    return BadValue("a point of ", system->name, " has ", system->has_z ? 3 : 2, " coordinates");
  }
  Point point{system->srid, *x, *y, z.value_or(0)};
  if (!std::isfinite(point.x) || !std::isfinite(point.y) || !std::isfinite(point.z)) {
    return BadValue("the coordinates of a point are finite: ", ToLiteral(map));
  }
  if (system->geographic) {
    if (std::fabs(point.y) > 90) return OutOfRange("a latitude is -90 to 90, not ", point.y);
    // A longitude is an angle: 190° east is 170° west.
    if (std::fabs(point.x) > 180) point.x = std::remainder(point.x, 360);
  }
  return Value::Of(point);
}

// Metres on a sphere of the mean equatorial radius, by the haversine formula; what other
// implementations of the language use, within 0.5 % of the ellipsoid.
double SphereDistance(const Point& a, const Point& b) {
  constexpr double kRadius = 6'378'140;
  constexpr double kToRadians = std::numbers::pi / 180;
  const double half_latitude = (b.y - a.y) * kToRadians / 2;
  const double half_longitude = (b.x - a.x) * kToRadians / 2;
  const double h = std::pow(std::sin(half_latitude), 2) + std::cos(a.y * kToRadians) *
                                                              std::cos(b.y * kToRadians) *
                                                              std::pow(std::sin(half_longitude), 2);
  const double mean_height = (a.z + b.z) / 2;
  return 2 * (kRadius + mean_height) * std::asin(std::min(1.0, std::sqrt(h)));
}

Result EvalDistance(Args args, EvalContext&) {
  const Point& a = args[0].point();
  const Point& b = args[1].point();
  if (a.srid != b.srid) return Value::Null();
  const System* system = FindSystem(a.srid);
  const bool geographic = system != nullptr && system->geographic;
  const double flat = geographic ? SphereDistance(a, b) : std::hypot(b.x - a.x, b.y - a.y);
  return Value::Float(std::hypot(flat, b.z - a.z));
}

Result EvalWithinBox(Args args, EvalContext&) {
  const Point& p = args[0].point();
  const Point& low = args[1].point();
  const Point& high = args[2].point();
  if (p.srid != low.srid || p.srid != high.srid) return Value::Null();
  const System* system = FindSystem(p.srid);
  // A geographic box whose west edge lies east of its east edge crosses the 180th meridian.
  const bool crosses = system != nullptr && system->geographic && low.x > high.x;
  const bool in_x = crosses ? p.x >= low.x || p.x <= high.x : p.x >= low.x && p.x <= high.x;
  const bool has_z = system != nullptr && system->has_z;
  return Value::Boolean(in_x && p.y >= low.y && p.y <= high.y &&
                        (!has_z || (p.z >= low.z && p.z <= high.z)));
}

}  // namespace

Result PointProperty(const Point& point, std::string_view key) {
  const System* system = FindSystem(point.srid);
  const bool geographic = system != nullptr && system->geographic;
  const bool has_z = system != nullptr && system->has_z;
  if (key == "x" || (geographic && key == "longitude")) return Value::Float(point.x);
  if (key == "y" || (geographic && key == "latitude")) return Value::Float(point.y);
  if (has_z && (key == "z" || (geographic && key == "height"))) return Value::Float(point.z);
  if (key == "srid") return Value::Integer(point.srid);
  if (key == "crs" && system != nullptr) return Value::String(std::string(system->name));
  return Value::Null();
}

void AddPointFunctions(FunctionRegistry& out) {
  out.Add({.name = "point",
           .args = {Type::kMap},
           .returns = Type::kPoint,
           .doc = "A point of x and y (and z), or of longitude and latitude (and height). `crs` or "
                  "`srid` name the coordinate system.",
           .example = {"point({longitude: 106.55, latitude: 29.56}).srid", "4326"},
           .eval = &EvalPoint});
  out.Add({.name = "point.distance",
           .aliases = {"distance"},
           .args = {Type::kPoint, Type::kPoint},
           .returns = Type::kFloat,
           .doc = "The distance of two points: metres where they are geographic. Null where their "
                  "coordinate systems differ.",
           .example = {"point.distance(point({x: 0, y: 0}), point({x: 3, y: 4}))", "5.0"},
           .eval = &EvalDistance});
  out.Add({.name = "point.withinBBox",
           .args = {Type::kPoint, Type::kPoint, Type::kPoint},
           .returns = Type::kBoolean,
           .doc = "Whether a point lies in the box of a lower left and an upper right corner.",
           .example = {"point.withinBBox(point({x: 1, y: 1}), point({x: 0, y: 0}), point({x: 2, y: "
                       "2}))",
                       "true"},
           .eval = &EvalWithinBox});
}

}  // namespace skein::functions
