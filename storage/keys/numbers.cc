#include "storage/keys/numbers.h"

#include <streamvbyte.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
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

enum Mode : uint8_t { kEqual = 0, kSteps = 1, kDifferences = 2, kAboveLeast = 3, kAnything = 4 };

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

void AppendNumbers(std::string* out, std::span<const uint64_t> values, uint64_t base) {
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
  if (plan.differences == SIZE_MAX && plan.above_least == SIZE_MAX) {
    std::string text;
    uint64_t last = base;
    for (const uint64_t v : values) {
      AppendDelta(&text, v, last);
      last = v;
    }
    out->push_back(static_cast<char>(kAnything));
    AppendString(out, text);
    return;
  }
  if (plan.above_least <= plan.differences) {
    out->push_back(static_cast<char>(kAboveLeast));
    AppendDelta(out, plan.least, base);
    AppendPacked(out, plan.packed_above, values.size());
    return;
  }
  out->push_back(static_cast<char>(kDifferences));
  AppendDelta(out, values[0], base);
  AppendPacked(out, plan.packed_differences, values.size() - 1);
}

bool ReadNumbers(ByteReader* in, Numbers* column) {
  column->mode = in->Byte();
  if (column->mode > kAnything) return false;
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
  if (column.mode == kAnything) {
    ByteReader in({reinterpret_cast<const char*>(column.packed), column.packed_bytes});
    for (uint32_t i = 0; i < n; ++i) in.Signed();
    return in.ok() && in.done();
  }
  const uint32_t packed = column.mode == kDifferences ? n - 1 : n;
  const size_t control = ControlBytes(packed);
  if (packed == 0 || column.packed_bytes < control) return false;
  size_t bytes = control;
  for (uint32_t i = 0; i < packed; ++i) bytes += 1 + (column.packed[i / 4] >> (2 * (i % 4)) & 3);
  return bytes == column.packed_bytes;
}

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
    default: {
      ByteReader in({reinterpret_cast<const char*>(column.packed), column.packed_bytes});
      uint64_t last = base;
      for (uint32_t i = 0; i < end; ++i) out[i] = last = in.Delta(last);
      return;
    }
  }
}

void DecodeZigZag(const Numbers& column, uint32_t n, uint64_t origin, uint64_t* out) {
  DecodeZigZag(column, n, origin, 0, n, out);
}

SKEIN_LOOPS void DecodeZigZag(const Numbers& column, uint32_t n, uint64_t origin, uint32_t begin,
                              uint32_t end, uint64_t* out) {
  if (begin >= end) return;
  if (column.mode != kAboveLeast) {
    DecodeNumbers(column, n, 0, begin, end, std::nullopt, out);
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
