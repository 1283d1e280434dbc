#include "storage/keys/ascending.h"

#include <algorithm>
#include <bit>

#include "storage/base/status.h"
#include "storage/keys/bytes.h"

namespace skein {
namespace {

constexpr int kBitsMax = 56;
constexpr size_t kKeptBytes = 6;

class BitWriter {
 public:
  explicit BitWriter(std::string* out) : out_(out) {}
  // The low `bits` of v, at most kBitsMax.
  void Put(uint64_t v, int bits) {
    waiting_ |= v << count_;  // at most 7 bits wait
    for (count_ += bits; count_ >= 8; count_ -= 8, waiting_ >>= 8) {
      out_->push_back(static_cast<char>(waiting_ & 0xff));
    }
  }
  void Finish() {
    if (count_ > 0) out_->push_back(static_cast<char>(waiting_ & 0xff));
  }

 private:
  std::string* out_;
  uint64_t waiting_ = 0;
  int count_ = 0;
};

class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}
  bool Bit(uint64_t* bit) { return Take(1, bit); }
  bool Take(int bits, uint64_t* v) {
    while (count_ < bits) {
      if (at_ == bytes_.size()) return false;
      waiting_ |= static_cast<uint64_t>(static_cast<uint8_t>(bytes_[at_++])) << count_;
      count_ += 8;
    }
    *v = waiting_ & ((uint64_t{1} << bits) - 1);
    waiting_ >>= bits;
    count_ -= bits;
    return true;
  }
  // Nothing is left but the padding.
  bool Done() const { return at_ == bytes_.size() && count_ < 8 && waiting_ == 0; }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
  uint64_t waiting_ = 0;
  int count_ = 0;
};

// The most bits of a difference that are mostly needed: where they are spread evenly, those of
// ln 2 times the mean.
int LowBits(std::span<const uint64_t> numbers) {
  const uint64_t mean = numbers.back() / numbers.size();
  return std::max(0, 64 - std::countl_zero(mean - mean / 3) - 1);
}

}  // namespace

void AppendAscending(std::span<const uint64_t> numbers, std::string* out) {
  SKEIN_CHECK(!numbers.empty() && numbers.back() >> kBitsMax == 0);
  const int k = LowBits(numbers);
  AppendVarint(out, numbers.size());
  out->push_back(static_cast<char>(k));
  BitWriter writer(out);
  uint64_t last = 0;
  for (const uint64_t number : numbers) {
    SKEIN_CHECK(number >= last);
    const uint64_t step = number - last;
    uint64_t zeros = step >> k;
    for (; zeros >= 32; zeros -= 32) writer.Put(0, 32);
    writer.Put(uint64_t{1} << zeros, static_cast<int>(zeros) + 1);
    if (k > 0) writer.Put(step & ((uint64_t{1} << k) - 1), k);
    last = number;
  }
  writer.Finish();
}

bool ReadAscending(std::string_view bytes, std::vector<uint64_t>* numbers) {
  ByteReader in(bytes);
  const uint64_t n = in.Varint();
  const int k = in.Byte();
  numbers->clear();
  if (!in.ok() || k > kBitsMax || n == 0 || n > in.left() * 8) return false;
  BitReader reader(in.Raw(in.left()));
  numbers->reserve(n);
  uint64_t last = 0;
  for (uint64_t i = 0; i < n; ++i) {
    uint64_t zeros = 0, bit = 0, low = 0;
    while (reader.Bit(&bit) && bit == 0) ++zeros;
    if (bit == 0 || (k > 0 && !reader.Take(k, &low))) return false;
    if (zeros > (uint64_t{1} << kBitsMax) >> k) return false;
    last += zeros << k | low;
    if (last >> kBitsMax != 0) return false;
    numbers->push_back(last);
  }
  return reader.Done();
}

void AppendKeptIdentities(std::span<const uint64_t> numbers, std::string* out) {
  const size_t begin = out->size();
  AppendAscending(numbers, out);
  if ((out->size() - begin) % kKeptBytes == 0) out->insert(begin, 1, '\0');
}

bool ReadKeptIdentities(std::string_view bytes, std::vector<uint64_t>* numbers) {
  if (bytes.empty()) return false;
  if (bytes.size() % kKeptBytes != 0) {
    if (bytes[0] == '\0') bytes.remove_prefix(1);
    return ReadAscending(bytes, numbers) && numbers->back() >> (8 * kKeptBytes) == 0;
  }
  numbers->clear();
  for (size_t at = 0; at < bytes.size(); at += kKeptBytes) {
    uint64_t number = 0;
    for (const char c : bytes.substr(at, kKeptBytes)) {
      number = number << 8 | static_cast<uint8_t>(c);
    }
    if (!numbers->empty() && number < numbers->back()) return false;
    numbers->push_back(number);
  }
  return true;
}

}  // namespace skein
