#include "storage/keys/value_key.h"

#include <bit>
#include <cmath>

#include "storage/base/civil.h"
#include "storage/base/status.h"
#include "storage/keys/bytes.h"

namespace skein {
namespace {

// Ranks of Compare(), plus one: 0 ends a list, so that a shorter list sorts first.
enum Kind : char {
  kEnd = 0,
  kListKey = 4,
  kPointKey = 6,
  kDateTimeKey = 7,
  kLocalDateTimeKey = 8,
  kDateKey = 9,
  kTimeKey = 10,
  kLocalTimeKey = 11,
  kDurationKey = 12,
  kBytesKey = 13,
  kStringKey = 14,
  kBooleanKey = 15,
  kNumberKey = 16,
  kNanKey = 17,
};

constexpr uint64_t kSign = uint64_t{1} << 63;

void AppendOrdered(std::string* out, int64_t v) {
  AppendBe64(out, static_cast<uint64_t>(v) ^ kSign);
}
void AppendOrdered32(std::string* out, int32_t v) {
  AppendBe32(out, static_cast<uint32_t>(v) ^ 0x80000000U);
}

// IEEE order as integer order: flip all bits of negatives, the sign of the rest. NaN is last.
void AppendDouble(std::string* out, double v) {
  if (std::isnan(v)) {
    AppendBe64(out, UINT64_MAX);
    return;
  }
  const auto bits = std::bit_cast<uint64_t>(v == 0 ? 0.0 : v);
  AppendBe64(out, (bits & kSign) != 0 ? ~bits : bits | kSign);
}

double OrderedDouble(uint64_t bits) {
  return std::bit_cast<double>((bits & kSign) != 0 ? bits & ~kSign : ~bits);
}

// An integer is the largest double not above it, then what is left (< 1,024): so integers and
// floats interleave exactly.
void AppendInteger(std::string* out, int64_t v) {
  auto floor = static_cast<double>(v);
  if (floor >= 9'223'372'036'854'775'808.0 || static_cast<int64_t>(floor) > v) {
    floor = std::nextafter(floor, -INFINITY);
  }
  const uint64_t rest =
      static_cast<uint64_t>(v) - static_cast<uint64_t>(static_cast<int64_t>(floor));
  AppendDouble(out, floor);
  out->push_back(static_cast<char>(rest >> 8));
  out->push_back(static_cast<char>(rest & 0xff));
}

// 00 becomes 00 FF; 00 01 ends: no text is a prefix of another, and order is kept.
void AppendText(std::string* out, std::string_view s) {
  for (const char c : s) {
    out->push_back(c);
    if (c == '\0') out->push_back('\xff');
  }
  out->push_back('\0');
  out->push_back('\x01');
}

std::string ReadText(ByteReader* in) {
  std::string s;
  while (in->ok()) {
    const char c = static_cast<char>(in->Byte());
    if (c != '\0') {
      s.push_back(c);
      continue;
    }
    if (in->Byte() != 0xff) return s;
    s.push_back('\0');
  }
  return s;
}

int64_t ReadOrdered(ByteReader* in) { return static_cast<int64_t>(in->Be64() ^ kSign); }
int32_t ReadOrdered32(ByteReader* in) { return static_cast<int32_t>(in->Be32() ^ 0x80000000U); }

// The mean length in seconds fits 96 bits; split into an ordered high and a plain low word.
void AppendDuration(std::string* out, const Duration& d) {
  const __int128 mean = static_cast<__int128>(d.months) * 2'629'746 +
                        static_cast<__int128>(d.days) * kSecondsPerDay + d.seconds;
  AppendOrdered(out, static_cast<int64_t>(mean >> 64));
  AppendBe64(out, static_cast<uint64_t>(mean));
  AppendOrdered32(out, d.nanos);
  AppendOrdered(out, d.months);
  AppendOrdered(out, d.days);
}

Value ReadDuration(ByteReader* in) {
  const auto high = static_cast<__int128>(ReadOrdered(in));
  const __int128 mean = high * (static_cast<__int128>(1) << 64) + static_cast<__int128>(in->Be64());
  Duration d;
  d.nanos = ReadOrdered32(in);
  d.months = ReadOrdered(in);
  d.days = ReadOrdered(in);
  d.seconds = static_cast<int64_t>(mean - static_cast<__int128>(d.months) * 2'629'746 -
                                   static_cast<__int128>(d.days) * kSecondsPerDay);
  return Value::Of(d);
}

void AppendTemporal(const Value& v, std::string* out) {
  switch (v.kind()) {
    case ValueKind::kDate:
      AppendOrdered(out, v.date().days);
      break;
    case ValueKind::kLocalTime:
      AppendOrdered(out, v.local_time().nanos);
      break;
    case ValueKind::kTime:
      AppendOrdered(out, v.time().nanos - v.time().offset_seconds * kNanosPerSecond);
      AppendOrdered32(out, v.time().offset_seconds);
      break;
    case ValueKind::kLocalDateTime:
      AppendOrdered(out, v.local_date_time().seconds);
      AppendOrdered32(out, v.local_date_time().nanos);
      break;
    case ValueKind::kDateTime:
      AppendOrdered(out, v.date_time().seconds);
      AppendOrdered32(out, v.date_time().nanos);
      AppendOrdered32(out, v.date_time().offset_seconds);
      AppendText(out, v.date_time().zone);
      break;
    case ValueKind::kDuration:
      AppendDuration(out, v.duration());
      break;
    default:
      SKEIN_CHECK(false);
  }
}

absl::Status Append(const Value& v, int depth, std::string* out) {
  if (depth > kListDepthMax) {
    return InvalidArgument("a list nested more than ", kListDepthMax, " deep cannot be stored");
  }
  const char kind = ValueKeyKind(v);
  if (kind == kEnd) return InvalidArgument("a property cannot hold a ", KindName(v.kind()));
  out->push_back(kind);
  switch (v.kind()) {
    case ValueKind::kBoolean:
      out->push_back(v.boolean() ? 1 : 0);
      break;
    case ValueKind::kInteger:
      AppendInteger(out, v.integer());
      break;
    case ValueKind::kFloat:
      if (kind == kNanKey) break;
      AppendDouble(out, v.real());
      out->append(2, '\0');
      break;
    case ValueKind::kString:
      AppendText(out, v.string());
      break;
    case ValueKind::kBytes:
      AppendText(out, v.bytes());
      break;
    case ValueKind::kList:
      for (const Value& item : v.list()) SKEIN_RETURN_IF_ERROR(Append(item, depth + 1, out));
      out->push_back(kEnd);
      break;
    case ValueKind::kPoint:
      AppendBe32(out, v.point().srid);
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

Value ReadNumber(ByteReader* in) {
  const double floor = OrderedDouble(in->Be64());
  const uint64_t high = in->Byte();
  const uint64_t rest = high << 8 | in->Byte();
  const bool whole = floor >= -9'223'372'036'854'775'808.0 && floor < 9'223'372'036'854'775'808.0 &&
                     std::trunc(floor) == floor;
  if (!whole) return Value::Float(floor);
  return Value::Integer(
      static_cast<int64_t>(static_cast<uint64_t>(static_cast<int64_t>(floor)) + rest));
}

Value ReadZoned(ByteReader* in) {
  ZonedDateTime t;
  t.seconds = ReadOrdered(in);
  t.nanos = ReadOrdered32(in);
  t.offset_seconds = ReadOrdered32(in);
  t.zone = ReadText(in);
  return Value::Of(std::move(t));
}

Value ReadPoint(ByteReader* in) {
  Point p;
  p.srid = in->Be32();
  const auto axis = [in] {
    const uint64_t bits = in->Be64();
    return bits == UINT64_MAX ? std::nan("") : OrderedDouble(bits);
  };
  p.x = axis();
  p.y = axis();
  p.z = axis();
  return Value::Of(p);
}

// False: malformed. `end`: the end of a list was read instead of a value.
bool Read(ByteReader* in, int depth, Value* out, bool* end) {
  *end = false;
  if (depth > kListDepthMax) return false;
  switch (in->Byte()) {
    case kEnd:
      *end = true;
      break;
    case kListKey: {
      ValueList items;
      while (true) {
        Value item;
        bool last = false;
        if (!Read(in, depth + 1, &item, &last)) return false;
        if (last) break;
        items.push_back(std::move(item));
      }
      *out = Value::List(std::move(items));
      break;
    }
    case kPointKey:
      *out = ReadPoint(in);
      break;
    case kDateTimeKey:
      *out = ReadZoned(in);
      break;
    case kLocalDateTimeKey: {
      LocalDateTime t;
      t.seconds = ReadOrdered(in);
      t.nanos = ReadOrdered32(in);
      *out = Value::Of(t);
      break;
    }
    case kDateKey:
      *out = Value::Of(Date{ReadOrdered(in)});
      break;
    case kTimeKey: {
      const int64_t utc = ReadOrdered(in);
      const int32_t offset = ReadOrdered32(in);
      *out = Value::Of(ZonedTime{utc + offset * kNanosPerSecond, offset});
      break;
    }
    case kLocalTimeKey:
      *out = Value::Of(LocalTime{ReadOrdered(in)});
      break;
    case kDurationKey:
      *out = ReadDuration(in);
      break;
    case kBytesKey:
      *out = Value::Bytes(ReadText(in));
      break;
    case kStringKey:
      *out = Value::String(ReadText(in));
      break;
    case kBooleanKey:
      *out = Value::Boolean(in->Byte() != 0);
      break;
    case kNumberKey:
      *out = ReadNumber(in);
      break;
    case kNanKey:
      *out = Value::Float(std::nan(""));
      break;
    default:
      return false;
  }
  return in->ok();
}

}  // namespace

char ValueKeyKind(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kList:
      return kListKey;
    case ValueKind::kPoint:
      return kPointKey;
    case ValueKind::kDateTime:
      return kDateTimeKey;
    case ValueKind::kLocalDateTime:
      return kLocalDateTimeKey;
    case ValueKind::kDate:
      return kDateKey;
    case ValueKind::kTime:
      return kTimeKey;
    case ValueKind::kLocalTime:
      return kLocalTimeKey;
    case ValueKind::kDuration:
      return kDurationKey;
    case ValueKind::kBytes:
      return kBytesKey;
    case ValueKind::kString:
      return kStringKey;
    case ValueKind::kBoolean:
      return kBooleanKey;
    case ValueKind::kInteger:
      return kNumberKey;
    case ValueKind::kFloat:
      return std::isnan(value.real()) ? kNanKey : kNumberKey;
    default:
      return kEnd;
  }
}

absl::Status AppendValueKey(const Value& value, std::string* out) {
  const size_t before = out->size();
  SKEIN_RETURN_IF_ERROR(Append(value, 0, out));
  if (out->size() - before > kValueKeyBytesMax) {
    const size_t bytes = out->size() - before;
    out->resize(before);
    return InvalidArgument("a value of ", bytes, " bytes cannot be indexed; the limit is ",
                           kValueKeyBytesMax);
  }
  return absl::OkStatus();
}

absl::StatusOr<Value> DecodeValueKey(std::string_view key) {
  ByteReader in(key);
  Value value;
  bool end = false;
  if (!Read(&in, 0, &value, &end) || end || !in.done()) {
    return DataLoss("an index key of ", key.size(), " bytes does not decode");
  }
  return value;
}

}  // namespace skein
