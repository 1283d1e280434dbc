#include "server/bolt/packstream.h"

#include <bit>
#include <cstring>
#include <utility>

#include "absl/time/time.h"
#include "simdjson.h"
#include "storage/base/status.h"

namespace skein::bolt {
namespace {

constexpr int kDepthMax = 64;
constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kNanosPerDay = 86'400 * kNanosPerSecond;

int32_t OffsetAt(const absl::TimeZone& zone, int64_t utc_seconds) {
  return static_cast<int32_t>(zone.At(absl::FromUnixSeconds(utc_seconds)).offset);
}

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}

  absl::StatusOr<Message> Decode() {
    Message message;
    SKEIN_ASSIGN_OR_RETURN(uint8_t marker, Byte());
    if ((marker & 0xF0) != 0xB0) return Bad("a message must be a structure");
    SKEIN_ASSIGN_OR_RETURN(message.tag, Byte());
    const size_t n = marker & 0x0F;
    message.fields.reserve(n);
    for (size_t i = 0; i < n; ++i) {
      SKEIN_ASSIGN_OR_RETURN(Value field, Item(1));
      message.fields.push_back(std::move(field));
    }
    if (at_ != bytes_.size()) return Bad("bytes after the message's end");
    return message;
  }

 private:
  template <typename... Parts>
  absl::Status Bad(const Parts&... parts) const {
    return InvalidArgument("PackStream at byte ", at_, ": ", parts...);
  }

  absl::StatusOr<uint8_t> Byte() {
    if (at_ >= bytes_.size()) return Bad("the message ends too soon");
    return static_cast<uint8_t>(bytes_[at_++]);
  }

  absl::StatusOr<uint64_t> Big(int n) {
    if (bytes_.size() - at_ < static_cast<size_t>(n)) return Bad("the message ends too soon");
    uint64_t v = 0;
    for (int i = 0; i < n; ++i) v = v << 8 | static_cast<uint8_t>(bytes_[at_++]);
    return v;
  }

  // A count that was declared must fit into the bytes left (an item has at least one byte).
  absl::StatusOr<size_t> Count(int bytes, size_t item_bytes_min) {
    SKEIN_ASSIGN_OR_RETURN(uint64_t n, Big(bytes));
    if (n * item_bytes_min > bytes_.size() - at_) {
      return Bad("declared size ", n, " exceeds the ", bytes_.size() - at_, " bytes left");
    }
    return static_cast<size_t>(n);
  }

  absl::StatusOr<std::string> Take(size_t n) {
    if (n > bytes_.size() - at_) return Bad("declared size ", n, " exceeds the bytes left");
    std::string out(bytes_.substr(at_, n));
    at_ += n;
    return out;
  }

  absl::StatusOr<Value> Text(size_t n) {
    SKEIN_ASSIGN_OR_RETURN(std::string s, Take(n));
    if (!simdjson::validate_utf8(s.data(), s.size())) return Bad("a string is not valid UTF-8");
    return Value::String(std::move(s));
  }

  absl::StatusOr<Value> List(size_t n, int depth) {
    ValueList list;
    list.reserve(n);
    for (size_t i = 0; i < n; ++i) {
      SKEIN_ASSIGN_OR_RETURN(Value v, Item(depth + 1));
      list.push_back(std::move(v));
    }
    return Value::List(std::move(list));
  }

  absl::StatusOr<Value> Map(size_t n, int depth) {
    ValueMap map;
    map.reserve(n);
    for (size_t i = 0; i < n; ++i) {
      SKEIN_ASSIGN_OR_RETURN(Value key, Item(depth + 1));
      if (key.kind() != ValueKind::kString) return Bad("a map key is not a string");
      SKEIN_ASSIGN_OR_RETURN(Value v, Item(depth + 1));
      map.emplace_back(key.string(), std::move(v));
    }
    return Value::Map(std::move(map));
  }

  absl::StatusOr<Value> Item(int depth) {
    if (depth > kDepthMax) return Bad("nested deeper than ", kDepthMax, " levels");
    SKEIN_ASSIGN_OR_RETURN(uint8_t m, Byte());
    if (m <= 0x7F) return Value::Integer(m);
    if (m >= 0xF0) return Value::Integer(static_cast<int8_t>(m));
    switch (m & 0xF0) {
      case 0x80:
        return Text(m & 0x0F);
      case 0x90:
        return List(m & 0x0F, depth);
      case 0xA0:
        return Map(m & 0x0F, depth);
      case 0xB0:
        return Struct(m & 0x0F, depth);
      default:
        return Marked(m, depth);
    }
  }

  absl::StatusOr<Value> Marked(uint8_t m, int depth) {
    switch (m) {
      case 0xC0:
        return Value::Null();
      case 0xC2:
        return Value::Boolean(false);
      case 0xC3:
        return Value::Boolean(true);
      case 0xC1: {
        SKEIN_ASSIGN_OR_RETURN(uint64_t v, Big(8));
        return Value::Float(std::bit_cast<double>(v));
      }
      case 0xC8:
      case 0xC9:
      case 0xCA:
      case 0xCB: {
        const int bytes = 1 << (m - 0xC8);
        SKEIN_ASSIGN_OR_RETURN(uint64_t v, Big(bytes));
        const int shift = 64 - 8 * bytes;
        return Value::Integer(static_cast<int64_t>(v << shift) >> shift);
      }
      case 0xCC:
      case 0xCD:
      case 0xCE: {
        SKEIN_ASSIGN_OR_RETURN(size_t n, Count(1 << (m - 0xCC), 1));
        SKEIN_ASSIGN_OR_RETURN(std::string s, Take(n));
        return Value::Bytes(std::move(s));
      }
      case 0xD0:
      case 0xD1:
      case 0xD2: {
        SKEIN_ASSIGN_OR_RETURN(size_t n, Count(1 << (m - 0xD0), 1));
        return Text(n);
      }
      case 0xD4:
      case 0xD5:
      case 0xD6: {
        SKEIN_ASSIGN_OR_RETURN(size_t n, Count(1 << (m - 0xD4), 1));
        return List(n, depth);
      }
      case 0xD8:
      case 0xD9:
      case 0xDA: {
        SKEIN_ASSIGN_OR_RETURN(size_t n, Count(1 << (m - 0xD8), 2));
        return Map(n, depth);
      }
      default:
        return Bad("unknown marker ", static_cast<int>(m));
    }
  }

  absl::StatusOr<Value> Struct(size_t n, int depth) {
    SKEIN_ASSIGN_OR_RETURN(uint8_t tag, Byte());
    ValueList f;
    for (size_t i = 0; i < n; ++i) {
      SKEIN_ASSIGN_OR_RETURN(Value v, Item(depth + 1));
      f.push_back(std::move(v));
    }
    const std::string_view shape = Shape(tag);
    if (shape.empty()) return Bad("unknown structure ", static_cast<int>(tag));
    if (shape.size() != n) return Bad("structure ", static_cast<int>(tag), " has ", n, " fields");
    for (size_t i = 0; i < n; ++i) {
      const ValueKind want = shape[i] == 'i'   ? ValueKind::kInteger
                             : shape[i] == 'f' ? ValueKind::kFloat
                                               : ValueKind::kString;
      if (f[i].kind() != want) return Bad("field ", i, " of structure ", static_cast<int>(tag));
    }
    return Build(tag, f);
  }

  // Field kinds of the structures that may come in: i integer, f float, s string.
  static std::string_view Shape(uint8_t tag) {
    switch (tag) {
      case 0x44:
      case 0x74:
        return "i";
      case 0x54:
      case 0x64:
        return "ii";
      case 0x49:
      case 0x46:
        return "iii";
      case 0x69:
      case 0x66:
        return "iis";
      case 0x45:
        return "iiii";
      case 0x58:
        return "iff";
      case 0x59:
        return "ifff";
      default:
        return {};
    }
  }

  absl::StatusOr<Value> Build(uint8_t tag, const ValueList& f) {
    const auto nanos_ok = [](int64_t n) { return n >= 0 && n < kNanosPerSecond; };
    switch (tag) {
      case 0x44:
        return Value::Of(Date{f[0].integer()});
      case 0x74:
      case 0x54: {
        if (f[0].integer() < 0 || f[0].integer() >= kNanosPerDay) return Bad("time out of range");
        if (tag == 0x74) return Value::Of(LocalTime{f[0].integer()});
        SKEIN_ASSIGN_OR_RETURN(int32_t offset, Offset(f[1].integer()));
        return Value::Of(ZonedTime{f[0].integer(), offset});
      }
      case 0x64:
        if (!nanos_ok(f[1].integer())) return Bad("nanoseconds out of range");
        return Value::Of(LocalDateTime{f[0].integer(), static_cast<int32_t>(f[1].integer())});
      case 0x49:
      case 0x46:
      case 0x69:
      case 0x66:
        if (!nanos_ok(f[1].integer())) return Bad("nanoseconds out of range");
        return DateTime(tag, f);
      case 0x45: {
        if (!nanos_ok(f[3].integer())) return Bad("nanoseconds out of range");
        return Value::Of(Duration{f[0].integer(), f[1].integer(), f[2].integer(),
                                  static_cast<int32_t>(f[3].integer())});
      }
      default: {
        if (f[0].integer() < 0 || f[0].integer() > 100'000) return Bad("unknown SRID");
        Point p{static_cast<uint32_t>(f[0].integer()), f[1].real(), f[2].real(), 0};
        if (tag == 0x59) p.z = f[3].real();
        return Value::Of(p);
      }
    }
  }

  absl::StatusOr<int32_t> Offset(int64_t seconds) const {
    if (seconds < -18 * 3600 || seconds > 18 * 3600) return Bad("UTC offset out of range");
    return static_cast<int32_t>(seconds);
  }

  absl::StatusOr<Value> DateTime(uint8_t tag, const ValueList& f) {
    ZonedDateTime t;
    t.seconds = f[0].integer();
    t.nanos = static_cast<int32_t>(f[1].integer());
    // Beyond the language's years a value could only be wrong, and arithmetic on it would overflow.
    constexpr int64_t kSecondsMax = int64_t{1'000'000'000} * 366 * 86'400;
    if (t.seconds > kSecondsMax || t.seconds < -kSecondsMax) return Bad("date-time out of range");
    if (tag == 0x49 || tag == 0x46) {
      SKEIN_ASSIGN_OR_RETURN(t.offset_seconds, Offset(f[2].integer()));
      if (tag == 0x46) t.seconds -= t.offset_seconds;
      return Value::Of(std::move(t));
    }
    t.zone = f[2].string();
    absl::TimeZone zone;
    if (!absl::LoadTimeZone(t.zone, &zone)) return Bad("unknown time zone '", t.zone, "'");
    if (tag == 0x66) {
      // Seconds of the local clock: the zone says which instant that was.
      const absl::CivilSecond local = absl::CivilSecond() + t.seconds;
      t.seconds = absl::ToUnixSeconds(absl::FromCivil(local, zone));
    }
    t.offset_seconds = OffsetAt(zone, t.seconds);
    return Value::Of(std::move(t));
  }

  std::string_view bytes_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<Message> DecodeMessage(std::string_view bytes) { return Decoder(bytes).Decode(); }

void PackWriter::Big(uint64_t v, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out_.push_back(static_cast<char>(v >> shift & 0xFF));
  }
}

void PackWriter::Sized(size_t n, uint8_t tiny, size_t tiny_max, uint8_t marker8) {
  if (n <= tiny_max) {
    out_.push_back(static_cast<char>(tiny | n));
  } else if (n <= 0xFF) {
    out_.push_back(static_cast<char>(marker8));
    Big(n, 1);
  } else if (n <= 0xFFFF) {
    out_.push_back(static_cast<char>(marker8 + 1));
    Big(n, 2);
  } else {
    SKEIN_CHECK(n <= 0xFFFFFFFF);
    out_.push_back(static_cast<char>(marker8 + 2));
    Big(n, 4);
  }
}

void PackWriter::Null() { out_.push_back(static_cast<char>(0xC0)); }
void PackWriter::Boolean(bool v) { out_.push_back(static_cast<char>(v ? 0xC3 : 0xC2)); }

void PackWriter::Integer(int64_t v) {
  if (v >= -16 && v <= 127) {
    out_.push_back(static_cast<char>(v));
  } else if (v >= INT8_MIN && v <= INT8_MAX) {
    out_.push_back(static_cast<char>(0xC8));
    Big(static_cast<uint64_t>(v), 1);
  } else if (v >= INT16_MIN && v <= INT16_MAX) {
    out_.push_back(static_cast<char>(0xC9));
    Big(static_cast<uint64_t>(v), 2);
  } else if (v >= INT32_MIN && v <= INT32_MAX) {
    out_.push_back(static_cast<char>(0xCA));
    Big(static_cast<uint64_t>(v), 4);
  } else {
    out_.push_back(static_cast<char>(0xCB));
    Big(static_cast<uint64_t>(v), 8);
  }
}

void PackWriter::Float(double v) {
  out_.push_back(static_cast<char>(0xC1));
  Big(std::bit_cast<uint64_t>(v), 8);
}

void PackWriter::String(std::string_view v) {
  Sized(v.size(), 0x80, 15, 0xD0);
  out_.append(v);
}

void PackWriter::Bytes(std::string_view v) {
  // Bytes have no tiny form.
  const int width = v.size() <= 0xFF ? 0 : v.size() <= 0xFFFF ? 1 : 2;
  out_.push_back(static_cast<char>(0xCC + width));
  Big(v.size(), 1 << width);
  out_.append(v);
}

void PackWriter::ListHeader(size_t n) { Sized(n, 0x90, 15, 0xD4); }
void PackWriter::MapHeader(size_t n) { Sized(n, 0xA0, 15, 0xD8); }

void PackWriter::StructHeader(uint8_t tag, size_t fields) {
  SKEIN_CHECK(fields <= 15);
  out_.push_back(static_cast<char>(0xB0 | fields));
  out_.push_back(static_cast<char>(tag));
}

void PackWriter::Entry(std::string_view key, std::string_view value) {
  String(key);
  String(value);
}
void PackWriter::Entry(std::string_view key, int64_t value) {
  String(key);
  Integer(value);
}
void PackWriter::EntryBoolean(std::string_view key, bool value) {
  String(key);
  Boolean(value);
}

void PackWriter::Structure(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kDate:
      StructHeader(0x44, 1);
      return Integer(v.date().days);
    case ValueKind::kLocalTime:
      StructHeader(0x74, 1);
      return Integer(v.local_time().nanos);
    case ValueKind::kTime:
      StructHeader(0x54, 2);
      Integer(v.time().nanos);
      return Integer(v.time().offset_seconds);
    case ValueKind::kLocalDateTime:
      StructHeader(0x64, 2);
      Integer(v.local_date_time().seconds);
      return Integer(v.local_date_time().nanos);
    case ValueKind::kDateTime: {
      const ZonedDateTime& t = v.date_time();
      const bool named = !t.zone.empty();
      StructHeader(utc_ ? (named ? 0x69 : 0x49) : (named ? 0x66 : 0x46), 3);
      Integer(utc_ ? t.seconds : t.seconds + t.offset_seconds);
      Integer(t.nanos);
      return named ? String(t.zone) : Integer(t.offset_seconds);
    }
    case ValueKind::kDuration: {
      const Duration& d = v.duration();
      StructHeader(0x45, 4);
      Integer(d.months);
      Integer(d.days);
      Integer(d.seconds);
      return Integer(d.nanos);
    }
    case ValueKind::kPoint: {
      const Point& p = v.point();
      const bool three = p.srid == 4979 || p.srid == 9157;
      StructHeader(three ? 0x59 : 0x58, three ? 4 : 3);
      Integer(p.srid);
      Float(p.x);
      Float(p.y);
      if (three) Float(p.z);
      return;
    }
    default:
      SKEIN_CHECK(false);
  }
}

void AppendChunked(std::string_view message, std::string* out) {
  constexpr size_t kChunkMax = 65'535;
  for (size_t at = 0; at < message.size(); at += kChunkMax) {
    const std::string_view chunk = message.substr(at, kChunkMax);
    out->push_back(static_cast<char>(chunk.size() >> 8));
    out->push_back(static_cast<char>(chunk.size() & 0xFF));
    out->append(chunk);
  }
  out->append(2, '\0');
}

}  // namespace skein::bolt
