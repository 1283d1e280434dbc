// Value: one dynamically typed datum of the graph or of a query.
//
// Shape     16 bytes. Null, booleans, integers, floats, dates, local times, node and link ids are
//           inline; the rest is one immutable, reference-counted heap cell.
// Stored    A property holds any kind except null, map, node, link and path; lists of them too.
// Order     Compare() is the total order of ORDER BY; Equal() is the language's three-valued `=`;
//           SameValue()/HashValue() are the equivalence of DISTINCT and grouping (null is null,
//           NaN is NaN, 1 and 1.0 are one).
// Threads   Values are immutable: share freely; assignment of one object needs the usual care.
// Cost      Copy is a relaxed atomic increment for heap kinds, 16 bytes otherwise.
// Source    openCypher 9, "Equality, comparability, orderability, equivalence" (CIP2016-06-14).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/base/ids.h"
#include "storage/base/temporal.h"

namespace skein {

enum class ValueKind : uint8_t {
  kNull,
  kBoolean,
  kInteger,
  kFloat,
  kString,
  kBytes,
  kList,
  kMap,
  kDate,
  kLocalTime,
  kTime,
  kLocalDateTime,
  kDateTime,
  kDuration,
  kPoint,
  kNode,
  kLink,
  kPath,
};

// The kind's name in the language: INTEGER, LOCAL DATETIME, RELATIONSHIP, ...
std::string_view KindName(ValueKind kind);

class Value;
using ValueList = std::vector<Value>;
using ValueMap = std::vector<std::pair<std::string, Value>>;  // sorted by key, keys unique

// Nodes and links of a walk, in order; links.size() + 1 == nodes.size().
struct PathValue {
  std::vector<NodeId> nodes;
  std::vector<LinkId> links;
  bool operator==(const PathValue&) const = default;
};

class Value {
 public:
  Value() = default;
  Value(const Value& other) : kind_(other.kind_), bits_(other.bits_) { Retain(); }
  Value(Value&& other) noexcept : kind_(other.kind_), bits_(other.bits_) {
    other.kind_ = ValueKind::kNull;
    other.bits_.integer = 0;
  }
  Value& operator=(const Value& other) {
    Value copy(other);
    swap(copy);
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Value() { Release(); }

  static Value Null() { return {}; }
  static Value Boolean(bool v);
  static Value Integer(int64_t v);
  static Value Float(double v);
  static Value String(std::string v);
  static Value Bytes(std::string v);
  static Value List(ValueList v);
  static Value Map(ValueMap v);  // sorts by key; of equal keys the last one stays
  static Value Of(Date v);
  static Value Of(LocalTime v);
  static Value Of(ZonedTime v);
  static Value Of(LocalDateTime v);
  static Value Of(ZonedDateTime v);
  static Value Of(Duration v);
  static Value Of(Point v);
  static Value Node(NodeId v);
  static Value Link(LinkId v);
  static Value Path(PathValue v);

  ValueKind kind() const { return kind_; }
  bool is_null() const { return kind_ == ValueKind::kNull; }
  bool is_number() const { return kind_ == ValueKind::kInteger || kind_ == ValueKind::kFloat; }

  // Accessors: the kind must match (checked); references live as long as this object is not
  // assigned to.
  bool boolean() const;
  int64_t integer() const;
  double real() const;    // kFloat only
  double number() const;  // kInteger or kFloat, as a double
  const std::string& string() const;
  const std::string& bytes() const;
  const ValueList& list() const;
  const ValueMap& map() const;
  Date date() const;
  LocalTime local_time() const;
  const ZonedTime& time() const;
  const LocalDateTime& local_date_time() const;
  const ZonedDateTime& date_time() const;
  const Duration& duration() const;
  const Point& point() const;
  NodeId node() const;
  LinkId link() const;
  const PathValue& path() const;

  // The value under `key` of a map, or nullptr.
  const Value* Find(std::string_view key) const;

  // Bytes on the heap that this value answers for, elements included; what memory budgets charge.
  // An element that several places of one list share counts at each of them, so that a small query
  // cannot build a value whose walk costs more than its charge. Cost: constant.
  size_t HeapBytes() const;

  // How deep lists and maps nest: 0 of scalars, 1 + the deepest element's of lists and maps. What
  // encoders that recurse check first. Cost: constant.
  size_t Depth() const;

  void swap(Value& other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(bits_, other.bits_);
  }

 private:
  struct Cell;
  template <typename T>
  struct CellOf;
  union Bits {
    int64_t integer = 0;
    double real;
    bool boolean;
    Cell* cell;
  };

  template <typename T>
  static Value Boxed(ValueKind kind, T v);
  template <typename T>
  const T& Get(ValueKind kind) const;
  bool on_heap() const;
  void Retain() const;
  void Release();

  ValueKind kind_ = ValueKind::kNull;
  Bits bits_;
};

// `a = b` of the language: nullopt is null (unknown).
std::optional<bool> Equal(const Value& a, const Value& b);

// `a < b` of the language as −1, 0, 1: nullopt where the two do not compare (different kinds, null,
// NaN). Numbers compare across integer and float exactly.
std::optional<int> Comparable(const Value& a, const Value& b);

// Total order of ORDER BY ascending: map, node, link, list, path, date-time kinds, string, boolean,
// number, NaN, null. −1, 0 or 1.
int Compare(const Value& a, const Value& b);

// Equivalence of DISTINCT and grouping, and a hash that agrees with it.
bool SameValue(const Value& a, const Value& b);
uint64_t HashValue(const Value& v);

// The value as a literal of the language ('it\'s', [1, 2.0], {a: null}, date('2024-01-31')); nodes
// and links as (#id) and [#id]. For messages, goldens and `skein query --format table`.
std::string ToLiteral(const Value& v);

// ISO 8601 text of the temporal kinds, as the conformance suite prints it: zero seconds and
// trailing zeros of the fraction are dropped. Other kinds: empty.
std::string TemporalText(const Value& v);

}  // namespace skein
