#include "storage/keys/numbers.h"

#include <streamvbyte.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstring>

#include "storage/base/status.h"

// The loops of decoding are worth vector instructions, which -O2 leaves out.
#if defined(__GNUC__) && !defined(__clang__)
#define SKEIN_LOOPS __attribute__((optimize("O3")))
#else
#define SKEIN_LOOPS
#endif

namespace skein {
namespace {

enum Mode : uint8_t {
  kEqual = 0,
  kSteps = 1,
  kDifferences = 2,
  kAboveLeast = 3,
  kAnything = 4,
  kRuns = 5,
  kBitsAboveLeast = 6,
  kBitsOfSteps = 7,
  kModeCount = 8,
};
// Wider numbers are not packed by bits: eight bytes from any bit on hold one.
constexpr int kBitsMax = 56;

size_t PackedBytes(uint32_t v) { return v < 1U << 8 ? 1 : v < 1U << 16 ? 2 : v < 1U << 24 ? 3 : 4; }
size_t ControlBytes(size_t n) { return (n + 3) / 4; }

void AppendPacked(std::string* out, const uint32_t* values, size_t n) {
  uint8_t packed[ControlBytes(kNumbersMax) + size_t{4} * kNumbersMax];
  const size_t size = ::streamvbyte_encode(values, static_cast<uint32_t>(n), packed);
  AppendVarint(out, size);
  out->append(reinterpret_cast<const char*>(packed), size);
}

// What the two packed modes would take; SIZE_MAX: a number does not fit.
struct Plan {
  size_t differences = SIZE_MAX, above_least = SIZE_MAX;
  uint64_t least = 0;
  uint32_t packed_differences[kNumbersMax], packed_above[kNumbersMax];
};

void MakePlan(std::span<const uint64_t> values, uint64_t base, Plan* plan) {
  const auto offset = [base](uint64_t v) { return static_cast<int64_t>(v - base); };
  plan->least = *std::min_element(values.begin(), values.end(),
                                  [&](uint64_t a, uint64_t b) { return offset(a) < offset(b); });
  size_t differences = 0, above = 0;
  bool differences_fit = true, above_fit = true;
  for (size_t i = 0; i < values.size(); ++i) {
    const uint64_t over = values[i] - plan->least;
    above_fit = above_fit && over <= UINT32_MAX;
    plan->packed_above[i] = static_cast<uint32_t>(over);
    above += PackedBytes(plan->packed_above[i]);
    if (i == 0) continue;
    const uint64_t step = ZigZag(static_cast<int64_t>(values[i] - values[i - 1]));
    differences_fit = differences_fit && step <= UINT32_MAX;
    plan->packed_differences[i - 1] = static_cast<uint32_t>(step);
    differences += PackedBytes(plan->packed_differences[i - 1]);
  }
  if (differences_fit) plan->differences = differences + ControlBytes(values.size() - 1);
  if (above_fit) plan->above_least = above + ControlBytes(values.size());
}

int BitsOf(uint64_t v) { return 64 - std::countl_zero(v); }
size_t BitBytes(size_t n, int bits) { return (n * static_cast<size_t>(bits) + 7) / 8; }
size_t SignedBytes(uint64_t v) {
  return static_cast<size_t>(std::max(BitsOf(ZigZag(static_cast<int64_t>(v))), 1) + 6) / 7;
}

// What the modes that count bits would take, and what they pack; SIZE_MAX: not possible.
struct BitPlan {
  size_t above_least = SIZE_MAX, steps = SIZE_MAX;
  int above_bits = 0, step_bits = 0;
  uint64_t least_step = 0;
};

BitPlan MakeBitPlan(std::span<const uint64_t> values, uint64_t least) {
  BitPlan plan;
  uint64_t above = 0;
  int64_t least_step = INT64_MAX, most_step = INT64_MIN;
  for (size_t i = 0; i < values.size(); ++i) {
    above |= values[i] - least;
    if (i == 0) continue;
    const auto step = static_cast<int64_t>(values[i] - values[i - 1]);
    least_step = std::min(least_step, step);
    most_step = std::max(most_step, step);
  }
  plan.above_bits = BitsOf(above);
  if (plan.above_bits <= kBitsMax) plan.above_least = 1 + BitBytes(values.size(), plan.above_bits);
  if (values.size() < 2) return plan;
  plan.least_step = static_cast<uint64_t>(least_step);
  plan.step_bits = BitsOf(static_cast<uint64_t>(most_step) - plan.least_step);
  if (plan.step_bits <= kBitsMax) {
    plan.steps = 1 + SignedBytes(plan.least_step) + BitBytes(values.size() - 1, plan.step_bits);
  }
  return plan;
}

class BitWriter {
 public:
  explicit BitWriter(std::string* out, int bits) : out_(out), bits_(bits) {}
  void Put(uint64_t v) {
    // At most 7 bits wait, and v has at most kBitsMax.
    waiting_ |= v << count_;
    for (count_ += bits_; count_ >= 8; count_ -= 8, waiting_ >>= 8) {
      out_->push_back(static_cast<char>(waiting_ & 0xff));
    }
  }
  void Finish() {
    if (count_ > 0) out_->push_back(static_cast<char>(waiting_ & 0xff));
  }

 private:
  std::string* out_;
  int bits_, count_ = 0;
  uint64_t waiting_ = 0;
};

void AppendBits(std::string* out, std::span<const uint64_t> values, uint64_t base, uint64_t least,
                const BitPlan& plan) {
  const bool steps = plan.steps < plan.above_least;
  out->push_back(static_cast<char>(steps ? kBitsOfSteps : kBitsAboveLeast));
  AppendDelta(out, steps ? values[0] : least, base);
  AppendVarint(out, steps ? plan.steps : plan.above_least);
  if (steps) AppendSigned(out, static_cast<int64_t>(plan.least_step));
  const int bits = steps ? plan.step_bits : plan.above_bits;
  out->push_back(static_cast<char>(bits));
  BitWriter writer(out, bits);
  for (size_t i = steps ? 1 : 0; i < values.size(); ++i) {
    writer.Put(steps ? values[i] - values[i - 1] - plan.least_step : values[i] - least);
  }
  writer.Finish();
}

// The runs of equal numbers as they are written; given up beyond `most` bytes.
bool RunBytes(std::span<const uint64_t> values, size_t most, std::string* out) {
  for (size_t i = 0; i < values.size();) {
    size_t end = i + 1;
    while (end < values.size() && values[end] == values[i]) ++end;
    AppendVarint(out, end - i);
    if (end < values.size()) AppendDelta(out, values[end], values[i]);
    if (out->size() > most) return false;
    i = end;
  }
  return true;
}

// The step between neighbours if it is the same everywhere.
bool EvenSteps(std::span<const uint64_t> values, uint64_t* step) {
  *step = values.size() > 1 ? values[1] - values[0] : 0;
  for (size_t i = 2; i < values.size(); ++i) {
    if (values[i] - values[i - 1] != *step) return false;
  }
  return true;
}

// Decodes n numbers; may write up to three more. The library of Debian is built without vector
// instructions, and a traversal spends a quarter of its time here.
#if defined(__x86_64__)
struct ShuffleTable {
  alignas(16) uint8_t mask[256][16];
  uint8_t bytes[256];
  constexpr ShuffleTable() : mask(), bytes() {
    for (int key = 0; key < 256; ++key) {
      uint8_t at = 0;
      for (int i = 0; i < 4; ++i) {
        const int size = 1 + (key >> (2 * i) & 3);
        for (int b = 0; b < 4; ++b) mask[key][4 * i + b] = b < size ? at++ : uint8_t{0x80};
      }
      bytes[key] = at;
    }
  }
};
constexpr ShuffleTable kShuffles;

__attribute__((target("ssse3"))) void DecodeBySixteen(const uint8_t* control, const uint8_t* data,
                                                      uint32_t n, uint32_t* out) {
  for (uint32_t i = 0; i < n; i += 4) {
    const uint8_t key = control[i / 4];
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data));
    const __m128i mask = _mm_load_si128(reinterpret_cast<const __m128i*>(kShuffles.mask[key]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm_shuffle_epi8(bytes, mask));
    data += kShuffles.bytes[key];
  }
}

bool CanDecodeBySixteen() {
  static const bool can = __builtin_cpu_supports("ssse3");
  return can;
}
#else
bool CanDecodeBySixteen() { return false; }
void DecodeBySixteen(const uint8_t*, const uint8_t*, uint32_t, uint32_t*) {}
#endif

// The bytes of the numbers that `n` control bytes speak of: two bits each say how many, less one.
size_t DataBytes(const uint8_t* control, size_t n) {
  size_t bytes = 4 * n;
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    uint64_t pairs;
    std::memcpy(&pairs, control + i, sizeof(pairs));
    pairs = (pairs & 0x3333333333333333U) + (pairs >> 2 & 0x3333333333333333U);
    pairs = (pairs & 0x0f0f0f0f0f0f0f0fU) + (pairs >> 4 & 0x0f0f0f0f0f0f0f0fU);
    bytes += pairs * 0x0101010101010101U >> 56;
  }
  for (; i < n; ++i) {
    const uint8_t key = control[i];
    bytes += (key & 3U) + (key >> 2 & 3U) + (key >> 4 & 3U) + (key >> 6 & 3U);
  }
  return bytes;
}

// Of n packed numbers those of [begin, end), begin a multiple of four; out[0] is that at begin. May
// write up to three more.
void DecodePackedRange(const uint8_t* packed, uint32_t n, uint32_t begin, uint32_t end,
                       uint32_t* out) {
  if (CanDecodeBySixteen()) {
    const uint8_t* data = packed + ControlBytes(n) + DataBytes(packed, begin / 4);
    DecodeBySixteen(packed + begin / 4, data, end - begin, out);
    return;
  }
  uint32_t all[kNumbersMax + 3];
  ::streamvbyte_decode(packed, all, n);
  std::copy(all + begin, all + end, out);
}

}  // namespace

void AppendNumbers(std::string* out, std::span<const uint64_t> values, uint64_t base,
                   Packing packing) {
  SKEIN_CHECK(!values.empty() && values.size() <= kNumbersMax);
  uint64_t step = 0;
  if (EvenSteps(values, &step)) {
    out->push_back(static_cast<char>(step == 0 ? kEqual : kSteps));
    AppendDelta(out, values[0], base);
    if (step != 0) AppendSigned(out, static_cast<int64_t>(step));
    return;
  }
  Plan plan;
  MakePlan(values, base, &plan);
  BitPlan bits;
  if (packing == Packing::kSmall) bits = MakeBitPlan(values, plan.least);
  const size_t packed =
      std::min({plan.above_least, plan.differences, bits.above_least, bits.steps});
  std::string text;
  if (RunBytes(values, std::min(packed, values.size()), &text) && text.size() < packed) {
    out->push_back(static_cast<char>(kRuns));
    AppendDelta(out, values[0], base);
    AppendString(out, text);
  } else if (packed == SIZE_MAX) {
    text.clear();
    uint64_t last = base;
    for (const uint64_t v : values) {
      AppendDelta(&text, v, last);
      last = v;
    }
    out->push_back(static_cast<char>(kAnything));
    AppendString(out, text);
  } else if (packed == plan.above_least) {
    out->push_back(static_cast<char>(kAboveLeast));
    AppendDelta(out, plan.least, base);
    AppendPacked(out, plan.packed_above, values.size());
  } else if (packed == plan.differences) {
    out->push_back(static_cast<char>(kDifferences));
    AppendDelta(out, values[0], base);
    AppendPacked(out, plan.packed_differences, values.size() - 1);
  } else {
    AppendBits(out, values, base, plan.least, bits);
  }
}

bool ReadNumbers(ByteReader* in, Numbers* column) {
  column->mode = in->Byte();
  if (column->mode >= kModeCount) return false;
  if (column->mode != kAnything) column->first = in->Signed();
  column->step = column->mode == kSteps ? in->Signed() : 0;
  if (column->mode >= kDifferences) {
    const std::string_view packed = in->String();
    column->packed = reinterpret_cast<const uint8_t*>(packed.data());
    column->packed_bytes = static_cast<uint32_t>(packed.size());
  }
  return in->ok();
}

bool CheckNumbers(const Numbers& column, uint32_t n) {
  if (n == 0 || n > kNumbersMax) return false;
  if (column.mode <= kSteps) return true;
  ByteReader in({reinterpret_cast<const char*>(column.packed), column.packed_bytes});
  if (column.mode == kAnything) {
    for (uint32_t i = 0; i < n; ++i) in.Signed();
    return in.ok() && in.done();
  }
  if (column.mode == kRuns) {
    for (uint32_t left = n; left > 0;) {
      const uint32_t length = in.Varint32();
      if (length == 0 || length > left) return false;
      left -= length;
      if (left > 0) in.Signed();
    }
    return in.ok() && in.done();
  }
  if (column.mode >= kBitsAboveLeast) {
    if (column.mode == kBitsOfSteps) in.Signed();
    const uint8_t bits = in.Byte();
    const uint32_t count = column.mode == kBitsOfSteps ? n - 1 : n;
    return in.ok() && bits <= kBitsMax && in.left() == BitBytes(count, bits);
  }
  const uint32_t packed = column.mode == kDifferences ? n - 1 : n;
  const size_t control = ControlBytes(packed);
  if (packed == 0 || column.packed_bytes < control) return false;
  size_t bytes = control;
  for (uint32_t i = 0; i < packed; ++i) bytes += 1 + (column.packed[i / 4] >> (2 * (i % 4)) & 3);
  return bytes == column.packed_bytes;
}

namespace {

// n numbers of `bits` each, above `least`. Reads up to 8 bytes past the last.
SKEIN_LOOPS void DecodeBits(const uint8_t* packed, uint32_t n, int bits, uint64_t least,
                            uint64_t* out) {
  const uint64_t mask = (uint64_t{1} << bits) - 1;
  size_t at = 0;
  for (uint32_t i = 0; i < n; ++i, at += static_cast<size_t>(bits)) {
    uint64_t word;
    std::memcpy(&word, packed + (at >> 3), sizeof(word));
    out[i] = least + ((word >> (at & 7)) & mask);
  }
}

// The first n numbers of a column of the other modes.
void DecodeRare(const Numbers& column, uint32_t n, uint64_t base, uint64_t* out) {
  ByteReader in({reinterpret_cast<const char*>(column.packed), column.packed_bytes});
  uint64_t last = base;
  if (column.mode == kAnything) {
    for (uint32_t i = 0; i < n; ++i) out[i] = last = in.Delta(last);
    return;
  }
  last += static_cast<uint64_t>(column.first);
  if (column.mode == kRuns) {
    for (uint32_t i = 0; i < n;) {
      const uint32_t end = i + std::min(in.Varint32(), n - i);
      std::fill(out + i, out + end, last);
      i = end;
      if (i < n) last = in.Delta(last);
    }
    return;
  }
  const bool steps = column.mode == kBitsOfSteps;
  const uint64_t least = steps ? static_cast<uint64_t>(in.Signed()) : last;
  const int bits = in.Byte();
  const uint8_t* packed = column.packed + column.packed_bytes - in.left();
  if (!steps) return DecodeBits(packed, n, bits, least, out);
  out[0] = last;
  DecodeBits(packed, n - 1, bits, least, out + 1);
  for (uint32_t i = 1; i < n; ++i) out[i] += out[i - 1];
}

}  // namespace

void DecodeNumbers(const Numbers& column, uint32_t n, uint64_t base, uint64_t* out) {
  DecodeNumbers(column, n, base, 0, n, std::nullopt, out);
}

SKEIN_LOOPS void DecodeNumbers(const Numbers& column, uint32_t n, uint64_t base, uint32_t begin,
                               uint32_t end, std::optional<uint64_t> known, uint64_t* out) {
  const uint64_t first = base + static_cast<uint64_t>(column.first);
  uint32_t small[kNumbersMax + 6];
  if (begin >= end) return;
  switch (column.mode) {
    case kEqual:
    case kSteps:
      for (uint32_t i = begin; i < end; ++i) {
        out[i] = first + i * static_cast<uint64_t>(column.step);
      }
      return;
    case kDifferences: {
      // The difference that leads to number i is the (i - 1)-th.
      if (!known) begin = 0;
      const uint32_t from = begin / 4 * 4;
      DecodePackedRange(column.packed, n - 1, from, end - 1, small);
      uint64_t last = out[begin] = known.value_or(first);
      for (uint32_t i = begin + 1; i < end; ++i) {
        last += static_cast<uint64_t>(UnZigZag(small[i - 1 - from]));
        out[i] = last;
      }
      return;
    }
    case kAboveLeast: {
      const uint32_t from = begin / 4 * 4;
      DecodePackedRange(column.packed, n, from, end, small);
      for (uint32_t i = begin; i < end; ++i) out[i] = first + small[i - from];
      return;
    }
    default:
      return DecodeRare(column, end, base, out);
  }
}

void DecodeZigZag(const Numbers& column, uint32_t n, uint64_t origin, uint64_t* out) {
  DecodeZigZag(column, n, origin, 0, n, std::nullopt, out);
}

SKEIN_LOOPS void DecodeZigZag(const Numbers& column, uint32_t n, uint64_t origin, uint32_t begin,
                              uint32_t end, std::optional<uint64_t> known, uint64_t* out) {
  if (begin >= end) return;
  if (column.mode != kAboveLeast) {
    DecodeNumbers(column, n, 0, begin, end, known, out);
    for (uint32_t i = begin; i < end; ++i) {
      out[i] = origin + static_cast<uint64_t>(UnZigZag(out[i]));
    }
    return;
  }
  uint32_t small[kNumbersMax + 6];
  const uint32_t from = begin / 4 * 4;
  DecodePackedRange(column.packed, n, from, end, small);
  const auto least = static_cast<uint64_t>(column.first);
  for (uint32_t i = begin; i < end; ++i) {
    const uint64_t zigzag = least + small[i - from];
    out[i] = origin + ((zigzag >> 1) ^ (0 - (zigzag & 1)));
  }
}

}  // namespace skein
