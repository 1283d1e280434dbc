#include "storage/keys/value_codec.h"

#include <bit>
#include <utility>

#include "storage/base/status.h"
#include "storage/keys/value_key.h"

namespace skein {
namespace {

// Kind bytes as stored; numbers are for life and independent of ValueKind.
enum Tag : uint8_t {
  kFalse = 1,
  kTrue = 2,
  kInteger = 3,
  kFloat = 4,
  kString = 5,
  kBytes = 6,
  kList = 7,
  kDate = 8,
  kLocalTime = 9,
  kTime = 10,
  kLocalDateTime = 11,
  kDateTime = 12,
  kDuration = 13,
  kPoint = 14,
};

void AppendTag(std::string* out, Tag tag) { out->push_back(static_cast<char>(tag)); }
void AppendDouble(std::string* out, double v) { AppendBe64(out, std::bit_cast<uint64_t>(v)); }

void AppendTemporal(const Value& v, std::string* out) {
  switch (v.kind()) {
    case ValueKind::kDate:
      AppendTag(out, kDate);
      AppendSigned(out, v.date().days);
      break;
    case ValueKind::kLocalTime:
      AppendTag(out, kLocalTime);
      AppendSigned(out, v.local_time().nanos);
      break;
    case ValueKind::kTime:
      AppendTag(out, kTime);
      AppendSigned(out, v.time().nanos);
      AppendSigned(out, v.time().offset_seconds);
      break;
    case ValueKind::kLocalDateTime:
      AppendTag(out, kLocalDateTime);
      AppendSigned(out, v.local_date_time().seconds);
      AppendSigned(out, v.local_date_time().nanos);
      break;
    case ValueKind::kDateTime:
      AppendTag(out, kDateTime);
      AppendSigned(out, v.date_time().seconds);
      AppendSigned(out, v.date_time().nanos);
      AppendSigned(out, v.date_time().offset_seconds);
      AppendString(out, v.date_time().zone);
      break;
    case ValueKind::kDuration:
      AppendTag(out, kDuration);
      AppendSigned(out, v.duration().months);
      AppendSigned(out, v.duration().days);
      AppendSigned(out, v.duration().seconds);
      AppendSigned(out, v.duration().nanos);
      break;
    default:
      SKEIN_CHECK(false);
  }
}

absl::Status Append(const Value& v, int depth, std::string* out) {
  if (depth > kListDepthMax) {
    return InvalidArgument("a list nested more than ", kListDepthMax, " deep cannot be stored");
  }
  switch (v.kind()) {
    case ValueKind::kNull:
    case ValueKind::kMap:
    case ValueKind::kNode:
    case ValueKind::kLink:
    case ValueKind::kPath:
      return InvalidArgument("a property cannot hold a ", KindName(v.kind()));
    case ValueKind::kBoolean:
      AppendTag(out, v.boolean() ? kTrue : kFalse);
      break;
    case ValueKind::kInteger:
      AppendTag(out, kInteger);
      AppendSigned(out, v.integer());
      break;
    case ValueKind::kFloat:
      AppendTag(out, kFloat);
      AppendDouble(out, v.real());
      break;
    case ValueKind::kString:
      AppendTag(out, kString);
      AppendString(out, v.string());
      break;
    case ValueKind::kBytes:
      AppendTag(out, kBytes);
      AppendString(out, v.bytes());
      break;
    case ValueKind::kList:
      AppendTag(out, kList);
      AppendVarint(out, v.list().size());
      for (const Value& item : v.list()) SKEIN_RETURN_IF_ERROR(Append(item, depth + 1, out));
      break;
    case ValueKind::kPoint:
      AppendTag(out, kPoint);
      AppendVarint(out, v.point().srid);
      AppendDouble(out, v.point().x);
      AppendDouble(out, v.point().y);
      AppendDouble(out, v.point().z);
      break;
    default:
      AppendTemporal(v, out);
      break;
  }
  return absl::OkStatus();
}

absl::Status Check(const Value& v, int depth) {
  if (depth > kListDepthMax) {
    return InvalidArgument("a list nested more than ", kListDepthMax, " deep cannot be stored");
  }
  switch (v.kind()) {
    case ValueKind::kNull:
    case ValueKind::kMap:
    case ValueKind::kNode:
    case ValueKind::kLink:
    case ValueKind::kPath:
      return InvalidArgument("a property cannot hold a ", KindName(v.kind()));
    case ValueKind::kList:
      for (const Value& item : v.list()) SKEIN_RETURN_IF_ERROR(Check(item, depth + 1));
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

int32_t Signed32(ByteReader* in) { return static_cast<int32_t>(in->Signed()); }
double ReadDouble(ByteReader* in) { return std::bit_cast<double>(in->Be64()); }

std::optional<Value> Read(ByteReader* in, int depth);

std::optional<Value> ReadList(ByteReader* in, int depth) {
  const uint64_t n = in->Varint();
  if (n > in->left()) return std::nullopt;  // every item takes a byte at least
  ValueList items;
  items.reserve(n);
  for (uint64_t i = 0; i < n; ++i) {
    std::optional<Value> item = Read(in, depth + 1);
    if (!item) return std::nullopt;
    items.push_back(*std::move(item));
  }
  return Value::List(std::move(items));
}

// Braced initialisers are evaluated in order, as the fields lie.
std::optional<Value> ReadTemporal(uint8_t tag, ByteReader* in) {
  switch (tag) {
    case kDate:
      return Value::Of(Date{in->Signed()});
    case kLocalTime:
      return Value::Of(LocalTime{in->Signed()});
    case kTime:
      return Value::Of(ZonedTime{in->Signed(), Signed32(in)});
    case kLocalDateTime:
      return Value::Of(LocalDateTime{in->Signed(), Signed32(in)});
    case kDateTime:
      return Value::Of(
          ZonedDateTime{in->Signed(), Signed32(in), Signed32(in), std::string(in->String())});
    case kDuration:
      return Value::Of(Duration{in->Signed(), in->Signed(), in->Signed(), Signed32(in)});
    default:
      return std::nullopt;
  }
}

std::optional<Value> Read(ByteReader* in, int depth) {
  if (depth > kListDepthMax) return std::nullopt;
  const uint8_t tag = in->Byte();
  switch (tag) {
    case kFalse:
    case kTrue:
      return Value::Boolean(tag == kTrue);
    case kInteger:
      return Value::Integer(in->Signed());
    case kFloat:
      return Value::Float(ReadDouble(in));
    case kString:
      return Value::String(std::string(in->String()));
    case kBytes:
      return Value::Bytes(std::string(in->String()));
    case kList:
      return ReadList(in, depth);
    case kPoint:
      return Value::Of(Point{in->Varint32(), ReadDouble(in), ReadDouble(in), ReadDouble(in)});
    default:
      return ReadTemporal(tag, in);
  }
}

}  // namespace

absl::Status CheckStorable(const Value& value) { return Check(value, 0); }

absl::Status AppendValue(const Value& value, std::string* out) { return Append(value, 0, out); }

std::optional<Value> ReadValue(ByteReader* in) {
  std::optional<Value> value = Read(in, 0);
  if (!in->ok()) return std::nullopt;
  return value;
}

}  // namespace skein
