#include "storage/base/value.h"

#include <algorithm>

#include "storage/base/status.h"

namespace skein {

// The heap part of a value. `kind` of the owning Value says which CellOf<T> it is; there is no
// vtable, so a cell costs 24 bytes beyond its payload.
struct Value::Cell {
  explicit Cell(uint32_t nesting, uint64_t heap) : depth(nesting), heap_bytes(heap) {}
  std::atomic<uint32_t> references{1};
  uint32_t depth;       // 0 of scalars, else 1 + the deepest element's
  uint64_t heap_bytes;  // this cell and everything below it, saturating
};

template <typename T>
struct Value::CellOf : Value::Cell {
  CellOf(T v, uint32_t nesting, uint64_t heap) : Cell(nesting, heap), value(std::move(v)) {}
  T value;
};

namespace {

uint64_t SaturatingAdd(uint64_t a, uint64_t b) { return a + b < a ? ~uint64_t{0} : a + b; }

// What a payload keeps on the heap itself, its elements' own heap left out.
uint64_t OwnBytes(const std::string& s) {
  return s.capacity() > std::string().capacity() ? s.capacity() + 1 : 0;
}
uint64_t OwnBytes(const ValueList& list) { return list.capacity() * sizeof(Value); }
uint64_t OwnBytes(const ValueMap& map) {
  uint64_t bytes = map.capacity() * sizeof(ValueMap::value_type);
  for (const auto& [key, value] : map) bytes += OwnBytes(key);
  return bytes;
}
uint64_t OwnBytes(const ZonedDateTime& v) { return OwnBytes(v.zone); }
uint64_t OwnBytes(const PathValue& v) {
  return v.nodes.capacity() * sizeof(NodeId) + v.links.capacity() * sizeof(LinkId);
}
template <typename T>
uint64_t OwnBytes(const T&) {
  return 0;
}

struct Below {
  uint32_t depth = 0;
  uint64_t bytes = 0;
  void Add(const Value& v) {
    depth = std::max(depth, static_cast<uint32_t>(v.Depth()) + 1);
    bytes = SaturatingAdd(bytes, v.HeapBytes());
  }
};

Below Measure(const ValueList& list) {
  Below below{.depth = 1};
  for (const Value& v : list) below.Add(v);
  return below;
}
Below Measure(const ValueMap& map) {
  Below below{.depth = 1};
  for (const auto& [key, v] : map) below.Add(v);
  return below;
}
template <typename T>
Below Measure(const T&) {
  return {};
}

}  // namespace

std::string_view KindName(ValueKind kind) {
  switch (kind) {
    case ValueKind::kNull:
      return "NULL";
    case ValueKind::kBoolean:
      return "BOOLEAN";
    case ValueKind::kInteger:
      return "INTEGER";
    case ValueKind::kFloat:
      return "FLOAT";
    case ValueKind::kString:
      return "STRING";
    case ValueKind::kBytes:
      return "BYTES";
    case ValueKind::kList:
      return "LIST";
    case ValueKind::kMap:
      return "MAP";
    case ValueKind::kDate:
      return "DATE";
    case ValueKind::kLocalTime:
      return "LOCAL TIME";
    case ValueKind::kTime:
      return "ZONED TIME";
    case ValueKind::kLocalDateTime:
      return "LOCAL DATETIME";
    case ValueKind::kDateTime:
      return "ZONED DATETIME";
    case ValueKind::kDuration:
      return "DURATION";
    case ValueKind::kPoint:
      return "POINT";
    case ValueKind::kNode:
      return "NODE";
    case ValueKind::kLink:
      return "RELATIONSHIP";
    case ValueKind::kPath:
      return "PATH";
  }
  return "UNKNOWN";
}

template <typename T>
Value Value::Boxed(ValueKind kind, T v) {
  const Below below = Measure(v);
  const uint64_t heap = SaturatingAdd(sizeof(CellOf<T>) + OwnBytes(v), below.bytes);
  Value out;
  out.bits_.cell = new CellOf<T>(std::move(v), below.depth, heap);
  out.kind_ = kind;
  return out;
}

template <typename T>
const T& Value::Get(ValueKind kind) const {
  SKEIN_CHECK(kind_ == kind);
  return static_cast<const CellOf<T>*>(bits_.cell)->value;
}

bool Value::on_heap() const {
  switch (kind_) {
    case ValueKind::kNull:
    case ValueKind::kBoolean:
    case ValueKind::kInteger:
    case ValueKind::kFloat:
    case ValueKind::kDate:
    case ValueKind::kLocalTime:
    case ValueKind::kNode:
    case ValueKind::kLink:
      return false;
    default:
      return true;
  }
}

void Value::Retain() const {
  if (on_heap()) bits_.cell->references.fetch_add(1, std::memory_order_relaxed);
}

// Drops this value's reference and leaves null behind. Nested containers whose last reference goes
// are emptied through a worklist, not by recursion: a query can nest lists as deep as its memory
// budget allows, far deeper than any stack.
void Value::Release() {
  if (!on_heap() || bits_.cell->references.fetch_sub(1, std::memory_order_acq_rel) != 1) {
    kind_ = ValueKind::kNull;
    return;
  }
  struct Dead {
    ValueKind kind;
    Cell* cell;
  };
  std::vector<Dead> pending;
  const auto take_children = [&pending](const Value& child) {
    auto& v = const_cast<Value&>(child);  // the cell is ours alone by now
    if ((v.kind_ == ValueKind::kList || v.kind_ == ValueKind::kMap) &&
        v.bits_.cell->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      pending.push_back({v.kind_, v.bits_.cell});
      v.kind_ = ValueKind::kNull;
    } else if (v.kind_ == ValueKind::kList || v.kind_ == ValueKind::kMap) {
      v.kind_ = ValueKind::kNull;
    }
  };
  for (Dead dead{kind_, bits_.cell};;) {
    switch (dead.kind) {
      case ValueKind::kList: {
        auto* cell = static_cast<CellOf<ValueList>*>(dead.cell);
        if (cell->depth > 1) std::for_each(cell->value.begin(), cell->value.end(), take_children);
        delete cell;
        break;
      }
      case ValueKind::kMap: {
        auto* cell = static_cast<CellOf<ValueMap>*>(dead.cell);
        if (cell->depth > 1) {
          for (const auto& [key, v] : cell->value) take_children(v);
        }
        delete cell;
        break;
      }
      case ValueKind::kTime:
        delete static_cast<CellOf<ZonedTime>*>(dead.cell);
        break;
      case ValueKind::kLocalDateTime:
        delete static_cast<CellOf<LocalDateTime>*>(dead.cell);
        break;
      case ValueKind::kDateTime:
        delete static_cast<CellOf<ZonedDateTime>*>(dead.cell);
        break;
      case ValueKind::kDuration:
        delete static_cast<CellOf<Duration>*>(dead.cell);
        break;
      case ValueKind::kPoint:
        delete static_cast<CellOf<Point>*>(dead.cell);
        break;
      case ValueKind::kPath:
        delete static_cast<CellOf<PathValue>*>(dead.cell);
        break;
      default:
        delete static_cast<CellOf<std::string>*>(dead.cell);
        break;  // string, bytes
    }
    if (pending.empty()) break;
    dead = pending.back();
    pending.pop_back();
  }
  kind_ = ValueKind::kNull;
}

Value Value::Boolean(bool v) {
  Value out;
  out.kind_ = ValueKind::kBoolean;
  out.bits_.boolean = v;
  return out;
}
Value Value::Integer(int64_t v) {
  Value out;
  out.kind_ = ValueKind::kInteger;
  out.bits_.integer = v;
  return out;
}
Value Value::Float(double v) {
  Value out;
  out.kind_ = ValueKind::kFloat;
  out.bits_.real = v;
  return out;
}
Value Value::Of(Date v) {
  Value out = Integer(v.days);
  out.kind_ = ValueKind::kDate;
  return out;
}
Value Value::Of(LocalTime v) {
  Value out = Integer(v.nanos);
  out.kind_ = ValueKind::kLocalTime;
  return out;
}
Value Value::Node(NodeId v) {
  Value out = Integer(static_cast<int64_t>(Raw(v)));
  out.kind_ = ValueKind::kNode;
  return out;
}
Value Value::Link(LinkId v) {
  Value out = Integer(static_cast<int64_t>(Raw(v)));
  out.kind_ = ValueKind::kLink;
  return out;
}
Value Value::String(std::string v) { return Boxed(ValueKind::kString, std::move(v)); }
Value Value::Bytes(std::string v) { return Boxed(ValueKind::kBytes, std::move(v)); }
Value Value::List(ValueList v) { return Boxed(ValueKind::kList, std::move(v)); }
Value Value::Of(ZonedTime v) { return Boxed(ValueKind::kTime, v); }
Value Value::Of(LocalDateTime v) { return Boxed(ValueKind::kLocalDateTime, v); }
Value Value::Of(ZonedDateTime v) { return Boxed(ValueKind::kDateTime, std::move(v)); }
Value Value::Of(Duration v) { return Boxed(ValueKind::kDuration, v); }
Value Value::Of(Point v) { return Boxed(ValueKind::kPoint, v); }
Value Value::Path(PathValue v) { return Boxed(ValueKind::kPath, std::move(v)); }

Value Value::Map(ValueMap v) {
  const auto before = [](const auto& a, const auto& b) { return a.first < b.first; };
  if (!std::is_sorted(v.begin(), v.end(), before)) std::stable_sort(v.begin(), v.end(), before);
  // Of equal keys the last one stays: copy it over its predecessors.
  size_t kept = 0;
  for (size_t i = 0; i < v.size(); ++i) {
    if (i + 1 < v.size() && v[i].first == v[i + 1].first) continue;
    if (kept != i) v[kept] = std::move(v[i]);
    ++kept;
  }
  v.erase(v.begin() + static_cast<std::ptrdiff_t>(kept), v.end());
  return Boxed(ValueKind::kMap, std::move(v));
}

bool Value::boolean() const {
  SKEIN_CHECK(kind_ == ValueKind::kBoolean);
  return bits_.boolean;
}
int64_t Value::integer() const {
  SKEIN_CHECK(kind_ == ValueKind::kInteger);
  return bits_.integer;
}
double Value::real() const {
  SKEIN_CHECK(kind_ == ValueKind::kFloat);
  return bits_.real;
}
double Value::number() const {
  SKEIN_CHECK(is_number());
  return kind_ == ValueKind::kFloat ? bits_.real : static_cast<double>(bits_.integer);
}
const std::string& Value::string() const { return Get<std::string>(ValueKind::kString); }
const std::string& Value::bytes() const { return Get<std::string>(ValueKind::kBytes); }
const ValueList& Value::list() const { return Get<ValueList>(ValueKind::kList); }
const ValueMap& Value::map() const { return Get<ValueMap>(ValueKind::kMap); }
Date Value::date() const {
  SKEIN_CHECK(kind_ == ValueKind::kDate);
  return {bits_.integer};
}
LocalTime Value::local_time() const {
  SKEIN_CHECK(kind_ == ValueKind::kLocalTime);
  return {bits_.integer};
}
const ZonedTime& Value::time() const { return Get<ZonedTime>(ValueKind::kTime); }
const LocalDateTime& Value::local_date_time() const {
  return Get<LocalDateTime>(ValueKind::kLocalDateTime);
}
const ZonedDateTime& Value::date_time() const { return Get<ZonedDateTime>(ValueKind::kDateTime); }
const Duration& Value::duration() const { return Get<Duration>(ValueKind::kDuration); }
const Point& Value::point() const { return Get<Point>(ValueKind::kPoint); }
NodeId Value::node() const {
  SKEIN_CHECK(kind_ == ValueKind::kNode);
  return NodeId{static_cast<uint64_t>(bits_.integer)};
}
LinkId Value::link() const {
  SKEIN_CHECK(kind_ == ValueKind::kLink);
  return LinkId{static_cast<uint64_t>(bits_.integer)};
}
const PathValue& Value::path() const { return Get<PathValue>(ValueKind::kPath); }

const Value* Value::Find(std::string_view key) const {
  const ValueMap& entries = map();
  const auto at = std::lower_bound(
      entries.begin(), entries.end(), key,
      [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  return at != entries.end() && at->first == key ? &at->second : nullptr;
}

size_t Value::HeapBytes() const { return on_heap() ? bits_.cell->heap_bytes : 0; }

size_t Value::Depth() const { return on_heap() ? bits_.cell->depth : 0; }

}  // namespace skein
