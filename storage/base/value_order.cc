// Equality, comparability, order and equivalence of values (CIP2016-06-14).
//
// Every walk over nested lists and maps keeps its own stack, because their depth is the user's.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "storage/base/civil.h"
#include "storage/base/value.h"

namespace skein {
namespace {

template <typename T>
int Sign(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

// An integer against a float that is not NaN, exactly: a double near 2^63 has no int64 neighbour,
// and rounding the integer instead would make 2^53 + 1 equal to 2^53.
int CompareIntegerFloat(int64_t a, double b) {
  constexpr double kTwoTo63 = 9'223'372'036'854'775'808.0;
  if (b >= kTwoTo63) return -1;
  if (b < -kTwoTo63) return 1;
  const double whole = std::trunc(b);
  const int by_whole = Sign(a, static_cast<int64_t>(whole));
  return by_whole != 0 ? by_whole : Sign(whole, b);
}

// Neither is NaN.
int CompareNumbers(const Value& a, const Value& b) {
  const bool a_integer = a.kind() == ValueKind::kInteger;
  const bool b_integer = b.kind() == ValueKind::kInteger;
  if (a_integer && b_integer) return Sign(a.integer(), b.integer());
  if (a_integer) return CompareIntegerFloat(a.integer(), b.real());
  if (b_integer) return -CompareIntegerFloat(b.integer(), a.real());
  return Sign(a.real(), b.real());
}

bool IsNan(const Value& v) { return v.kind() == ValueKind::kFloat && std::isnan(v.real()); }

// By the instant on the time line; of one instant, the smaller offset first.
int CompareTimes(const ZonedTime& a, const ZonedTime& b) {
  const int64_t a_utc = a.nanos - a.offset_seconds * kNanosPerSecond;
  const int64_t b_utc = b.nanos - b.offset_seconds * kNanosPerSecond;
  const int by_instant = Sign(a_utc, b_utc);
  return by_instant != 0 ? by_instant : Sign(a.offset_seconds, b.offset_seconds);
}

int CompareDateTimes(const ZonedDateTime& a, const ZonedDateTime& b) {
  if (int c = Sign(a.seconds, b.seconds); c != 0) return c;
  if (int c = Sign(a.nanos, b.nanos); c != 0) return c;
  if (int c = Sign(a.offset_seconds, b.offset_seconds); c != 0) return c;
  return Sign(a.zone, b.zone);
}

// Durations have no natural order; ORDER BY takes the mean Gregorian month of 30.436875 days, then
// the components, so that only equal durations tie.
int CompareDurations(const Duration& a, const Duration& b) {
  const auto mean_seconds = [](const Duration& d) {
    return static_cast<__int128>(d.months) * 2'629'746 +
           static_cast<__int128>(d.days) * kSecondsPerDay + d.seconds;
  };
  if (int c = Sign(mean_seconds(a), mean_seconds(b)); c != 0) return c;
  if (int c = Sign(a.nanos, b.nanos); c != 0) return c;
  if (int c = Sign(a.months, b.months); c != 0) return c;
  return Sign(a.days, b.days);
}

// Total order of doubles: NaN after all others, the two zeros equal.
int CompareDoubles(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return Sign(std::isnan(a), std::isnan(b));
  return Sign(a, b);
}

int ComparePoints(const Point& a, const Point& b) {
  if (int c = Sign(a.srid, b.srid); c != 0) return c;
  if (int c = CompareDoubles(a.x, b.x); c != 0) return c;
  if (int c = CompareDoubles(a.y, b.y); c != 0) return c;
  return CompareDoubles(a.z, b.z);
}

int ComparePaths(const PathValue& a, const PathValue& b) {
  if (int c = Sign(a.nodes, b.nodes); c != 0) return c;
  return Sign(a.links, b.links);
}

// Both of one kind, which is neither list, map nor null, and no NaN.
int CompareSameKind(const Value& a, const Value& b) {
  switch (a.kind()) {
    case ValueKind::kBoolean:
      return Sign(a.boolean(), b.boolean());
    case ValueKind::kInteger:
    case ValueKind::kFloat:
      return CompareNumbers(a, b);
    case ValueKind::kString:
      return Sign(a.string(), b.string());
    case ValueKind::kBytes:
      return Sign(a.bytes(), b.bytes());
    case ValueKind::kDate:
      return Sign(a.date(), b.date());
    case ValueKind::kLocalTime:
      return Sign(a.local_time(), b.local_time());
    case ValueKind::kTime:
      return CompareTimes(a.time(), b.time());
    case ValueKind::kLocalDateTime:
      return Sign(a.local_date_time(), b.local_date_time());
    case ValueKind::kDateTime:
      return CompareDateTimes(a.date_time(), b.date_time());
    case ValueKind::kDuration:
      return CompareDurations(a.duration(), b.duration());
    case ValueKind::kPoint:
      return ComparePoints(a.point(), b.point());
    case ValueKind::kNode:
      return Sign(Raw(a.node()), Raw(b.node()));
    case ValueKind::kLink:
      return Sign(Raw(a.link()), Raw(b.link()));
    case ValueKind::kPath:
      return ComparePaths(a.path(), b.path());
    case ValueKind::kNull:
    case ValueKind::kList:
    case ValueKind::kMap:
      break;
  }
  return 0;
}

// Place of a kind in the order of ORDER BY; integers and floats share one, NaN has its own.
int Rank(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kMap:
      return 0;
    case ValueKind::kNode:
      return 1;
    case ValueKind::kLink:
      return 2;
    case ValueKind::kList:
      return 3;
    case ValueKind::kPath:
      return 4;
    case ValueKind::kPoint:
      return 5;
    case ValueKind::kDateTime:
      return 6;
    case ValueKind::kLocalDateTime:
      return 7;
    case ValueKind::kDate:
      return 8;
    case ValueKind::kTime:
      return 9;
    case ValueKind::kLocalTime:
      return 10;
    case ValueKind::kDuration:
      return 11;
    case ValueKind::kBytes:
      return 12;
    case ValueKind::kString:
      return 13;
    case ValueKind::kBoolean:
      return 14;
    case ValueKind::kInteger:
      return 15;
    case ValueKind::kFloat:
      return IsNan(v) ? 16 : 15;
    case ValueKind::kNull:
      return 17;
  }
  return 18;
}

// Two lists or two maps walked in step.
struct Walk {
  const Value* a;
  const Value* b;
  size_t next = 0;

  bool is_map() const { return a->kind() == ValueKind::kMap; }
  size_t a_size() const { return is_map() ? a->map().size() : a->list().size(); }
  size_t b_size() const { return is_map() ? b->map().size() : b->list().size(); }
  const Value& a_at(size_t i) const { return is_map() ? a->map()[i].second : a->list()[i]; }
  const Value& b_at(size_t i) const { return is_map() ? b->map()[i].second : b->list()[i]; }
};

bool IsContainer(const Value& v) {
  return v.kind() == ValueKind::kList || v.kind() == ValueKind::kMap;
}

bool SameKeys(const ValueMap& a, const ValueMap& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].first != b[i].first) return false;
  }
  return true;
}

// Maps order by size, then by their keys, then by their values.
int CompareKeys(const ValueMap& a, const ValueMap& b) {
  if (int c = Sign(a.size(), b.size()); c != 0) return c;
  for (size_t i = 0; i < a.size(); ++i) {
    if (int c = Sign(a[i].first, b[i].first); c != 0) return c;
  }
  return 0;
}

std::optional<bool> EqualLeaves(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return std::nullopt;
  if (a.is_number() && b.is_number()) {
    return !IsNan(a) && !IsNan(b) && CompareNumbers(a, b) == 0;
  }
  if (a.kind() != b.kind()) return false;
  if (a.kind() == ValueKind::kPoint) return a.point() == b.point();  // IEEE: NaN equals nothing
  return CompareSameKind(a, b) == 0;
}

bool CanBeEqual(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  if (a.kind() == ValueKind::kList) return a.list().size() == b.list().size();
  return SameKeys(a.map(), b.map());
}

std::optional<int> ComparableLeaves(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (IsNan(a) || IsNan(b)) return std::nullopt;
    return CompareNumbers(a, b);
  }
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case ValueKind::kNull:
    case ValueKind::kMap:
    case ValueKind::kPoint:
    case ValueKind::kNode:
    case ValueKind::kLink:
    case ValueKind::kPath:
      return std::nullopt;
    case ValueKind::kDuration:
      // Whether a month is longer than thirty days has no answer.
      if (a.duration() == b.duration()) return 0;
      return std::nullopt;
    default:
      return CompareSameKind(a, b);
  }
}

}  // namespace

std::optional<bool> Equal(const Value& a, const Value& b) {
  if (!IsContainer(a) || !IsContainer(b)) return EqualLeaves(a, b);
  if (!CanBeEqual(a, b)) return false;
  // One pair that differs settles the whole; an unknown pair only colours the rest.
  bool unknown = false;
  std::vector<Walk> stack{{&a, &b}};
  while (!stack.empty()) {
    Walk& top = stack.back();
    if (top.next == top.a_size()) {
      stack.pop_back();
      continue;
    }
    const Value& x = top.a_at(top.next);
    const Value& y = top.b_at(top.next);
    ++top.next;
    if (IsContainer(x) && IsContainer(y)) {
      if (!CanBeEqual(x, y)) return false;
      stack.push_back({&x, &y});  // invalidates `top`
      continue;
    }
    const std::optional<bool> same = EqualLeaves(x, y);
    if (!same.has_value()) {
      unknown = true;
    } else if (!*same) {
      return false;
    }
  }
  if (unknown) return std::nullopt;
  return true;
}

std::optional<int> Comparable(const Value& a, const Value& b) {
  const auto both_lists = [](const Value& x, const Value& y) {
    return x.kind() == ValueKind::kList && y.kind() == ValueKind::kList;
  };
  if (!both_lists(a, b)) return ComparableLeaves(a, b);
  std::vector<Walk> stack{{&a, &b}};
  while (!stack.empty()) {
    Walk& top = stack.back();
    if (top.next == std::min(top.a_size(), top.b_size())) {
      if (int c = Sign(top.a_size(), top.b_size()); c != 0) return c;
      stack.pop_back();
      continue;
    }
    const Value& x = top.a_at(top.next);
    const Value& y = top.b_at(top.next);
    ++top.next;
    if (both_lists(x, y)) {
      stack.push_back({&x, &y});
      continue;
    }
    const std::optional<int> c = ComparableLeaves(x, y);
    if (!c.has_value() || *c != 0) return c;
  }
  return 0;
}

int Compare(const Value& a, const Value& b) {
  // Settles a pair, or asks to descend into it.
  const auto compare_or_descend = [](const Value& x, const Value& y, bool* descend) {
    *descend = false;
    const int rank = Rank(x);
    if (int c = Sign(rank, Rank(y)); c != 0) return c;
    if (x.is_null() || IsNan(x)) return 0;
    if (x.kind() == ValueKind::kMap) {
      if (int c = CompareKeys(x.map(), y.map()); c != 0) return c;
    }
    *descend = IsContainer(x);
    return *descend ? 0 : CompareSameKind(x, y);
  };
  bool descend = false;
  if (int c = compare_or_descend(a, b, &descend); c != 0 || !descend) return c;
  std::vector<Walk> stack{{&a, &b}};
  while (!stack.empty()) {
    Walk& top = stack.back();
    if (top.next == std::min(top.a_size(), top.b_size())) {
      if (int c = Sign(top.a_size(), top.b_size()); c != 0) return c;
      stack.pop_back();
      continue;
    }
    const Value& x = top.a_at(top.next);
    const Value& y = top.b_at(top.next);
    ++top.next;
    if (int c = compare_or_descend(x, y, &descend); c != 0) return c;
    if (descend) stack.push_back({&x, &y});
  }
  return 0;
}

bool SameValue(const Value& a, const Value& b) { return Compare(a, b) == 0; }

namespace {

// Mixes one word in (the finaliser of MurmurHash3 over a running state): cheap, and the low bits,
// which hash tables use, depend on all of the input.
uint64_t Mix(uint64_t state, uint64_t word) {
  uint64_t h = state ^ (word + 0x9e3779b97f4a7c15 + (state << 6) + (state >> 2));
  h = (h ^ (h >> 33)) * 0xff51afd7ed558ccd;
  h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53;
  return h ^ (h >> 33);
}

uint64_t MixSigned(uint64_t state, int64_t word) { return Mix(state, static_cast<uint64_t>(word)); }

uint64_t MixText(uint64_t state, std::string_view text) {
  return Mix(state, std::hash<std::string_view>()(text));
}

// Equal numbers hash alike: a float that is a whole int64 hashes as that integer.
uint64_t MixDouble(uint64_t state, double v) {
  if (std::isnan(v)) return Mix(state, 0x7ff8);
  if (v >= -9'223'372'036'854'775'808.0 && v < 9'223'372'036'854'775'808.0 && std::trunc(v) == v) {
    return MixSigned(state, static_cast<int64_t>(v));
  }
  return Mix(state, std::bit_cast<uint64_t>(v));
}

uint64_t HashPath(uint64_t h, const PathValue& path) {
  for (NodeId node : path.nodes) h = Mix(h, Raw(node));
  for (LinkId link : path.links) h = Mix(h, Raw(link));
  return h;
}

uint64_t HashLeaf(uint64_t state, const Value& v) {
  const uint64_t h = Mix(state, static_cast<uint64_t>(Rank(v)));
  switch (v.kind()) {
    case ValueKind::kNull:
      return h;
    case ValueKind::kBoolean:
      return Mix(h, v.boolean() ? 1 : 0);
    case ValueKind::kInteger:
      return MixSigned(h, v.integer());
    case ValueKind::kFloat:
      return MixDouble(h, v.real());
    case ValueKind::kString:
      return MixText(h, v.string());
    case ValueKind::kBytes:
      return MixText(h, v.bytes());
    case ValueKind::kList:
      return Mix(h, v.list().size());
    case ValueKind::kMap: {
      uint64_t keys = h;
      for (const auto& [key, value] : v.map()) keys = MixText(keys, key);
      return keys;
    }
    case ValueKind::kDate:
      return MixSigned(h, v.date().days);
    case ValueKind::kLocalTime:
      return MixSigned(h, v.local_time().nanos);
    case ValueKind::kTime:
      return MixSigned(MixSigned(h, v.time().nanos), v.time().offset_seconds);
    case ValueKind::kLocalDateTime:
      return MixSigned(MixSigned(h, v.local_date_time().seconds), v.local_date_time().nanos);
    case ValueKind::kDateTime:
      return MixText(MixSigned(MixSigned(h, v.date_time().seconds), v.date_time().nanos),
                     v.date_time().zone);
    case ValueKind::kDuration: {
      const Duration& d = v.duration();
      return MixSigned(MixSigned(MixSigned(h, d.months), d.days), d.seconds ^ d.nanos);
    }
    case ValueKind::kPoint: {
      const Point& p = v.point();
      return MixDouble(MixDouble(MixDouble(Mix(h, p.srid), p.x), p.y), p.z);
    }
    case ValueKind::kNode:
      return Mix(h, Raw(v.node()));
    case ValueKind::kLink:
      return Mix(h, Raw(v.link()));
    case ValueKind::kPath:
      return HashPath(h, v.path());
  }
  return h;
}

}  // namespace

uint64_t HashValue(const Value& v) {
  uint64_t h = HashLeaf(0, v);
  if (!IsContainer(v)) return h;
  // Pre-order with sizes mixed in, so that [[1], 2] and [1, [2]] differ.
  std::vector<Walk> stack{{&v, &v}};
  while (!stack.empty()) {
    Walk& top = stack.back();
    if (top.next == top.a_size()) {
      stack.pop_back();
      continue;
    }
    const Value& x = top.a_at(top.next++);
    h = HashLeaf(h, x);
    if (IsContainer(x)) stack.push_back({&x, &x});
  }
  return h;
}

}  // namespace skein
