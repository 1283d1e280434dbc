// Bytes in and out: fixed big-endian integers for keys, varints for values.
//
// Order     U32/U64 of a key sort as their numbers do. Varints (LEB128) are for values only.
// Errors    A ByteReader that runs past the end, or meets a malformed varint, stays failed and
//           yields zeros; callers check ok() once, after the last field, before using anything.
// Threads   Plain objects.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "storage/base/ids.h"

namespace skein {

inline void AppendBe32(std::string* out, uint32_t v) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(v >> shift & 0xff));
}
inline void AppendBe64(std::string* out, uint64_t v) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(v >> shift & 0xff));
}
inline void AppendVarint(std::string* out, uint64_t v) {
  while (v >= 0x80) {
    out->push_back(static_cast<char>(v | 0x80));
    v >>= 7;
  }
  out->push_back(static_cast<char>(v));
}
// Small magnitudes of either sign stay short.
constexpr uint64_t ZigZag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ (v < 0 ? ~uint64_t{0} : 0);
}
constexpr int64_t UnZigZag(uint64_t v) {
  return static_cast<int64_t>((v >> 1) ^ ((v & 1) != 0 ? ~uint64_t{0} : 0));
}
inline void AppendSigned(std::string* out, int64_t v) { AppendVarint(out, ZigZag(v)); }
// Difference of two unsigned numbers, wrapping; AddDelta takes it back.
inline void AppendDelta(std::string* out, uint64_t v, uint64_t base) {
  AppendSigned(out, static_cast<int64_t>(v - base));
}
inline void AppendString(std::string* out, std::string_view s) {
  AppendVarint(out, s.size());
  out->append(s);
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool ok() const { return ok_; }
  bool done() const { return at_ == end_; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }

  uint8_t Byte() {
    if (at_ == end_) return Fail();
    return static_cast<uint8_t>(*at_++);
  }
  uint32_t Be32() { return static_cast<uint32_t>(Be(4)); }
  uint64_t Be64() { return Be(8); }
  uint64_t Varint() {
    // Most have one byte.
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 0x80) return static_cast<uint8_t>(*at_++);
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) return Fail();
      const auto byte = static_cast<uint8_t>(*at_++);
      if (shift == 63 && byte > 1) return Fail();
      v |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    return Fail();
  }
  // Passes over n varints that were read before.
  void SkipVarints(size_t n) {
    constexpr uint64_t kMore = 0x8080808080808080;
    while (n >= 8 && left() >= 8) {
      uint64_t word;
      std::memcpy(&word, at_, sizeof(word));
      if ((word & kMore) != 0) break;
      at_ += 8;
      n -= 8;
    }
    while (n > 0 && at_ != end_) {
      if (static_cast<uint8_t>(*at_++) < 0x80) --n;
    }
    if (n > 0) Fail();
  }
  // A varint that must fit 32 bits.
  uint32_t Varint32() {
    const uint64_t v = Varint();
    return v > UINT32_MAX ? Fail() : static_cast<uint32_t>(v);
  }
  int64_t Signed() { return UnZigZag(Varint()); }
  uint64_t Delta(uint64_t base) { return base + static_cast<uint64_t>(Signed()); }
  std::string_view Raw(size_t n) {
    if (n > left()) {
      Fail();
      return {};
    }
    const std::string_view s(at_, n);
    at_ += n;
    return s;
  }
  std::string_view String() { return Raw(Varint()); }

 private:
  uint8_t Fail() {
    ok_ = false;
    at_ = end_;
    return 0;
  }
  uint64_t Be(size_t n) {
    if (n > left()) return Fail();
    uint64_t v = 0;
    for (size_t i = 0; i < n; ++i) v = v << 8 | static_cast<uint8_t>(*at_++);
    return v;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace skein
