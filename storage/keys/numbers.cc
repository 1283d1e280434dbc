#include "storage/keys/numbers.h"

#include <streamvbyte.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>

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

__attribute__((target("ssse3"))) void DecodeBySixteen(const uint8_t* packed, uint32_t n,
                                                      uint32_t* out) {
  const uint8_t* data = packed + ControlBytes(n);
  for (uint32_t i = 0; i < n; i += 4) {
    const uint8_t key = packed[i / 4];
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data));
    const __m128i mask = _mm_load_si128(reinterpret_cast<const __m128i*>(kShuffles.mask[key]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm_shuffle_epi8(bytes, mask));
    data += kShuffles.bytes[key];
  }
}

void DecodePacked(const uint8_t* packed, uint32_t n, uint32_t* out) {
  static const bool can = __builtin_cpu_supports("ssse3");
  if (can) {
    DecodeBySixteen(packed, n, out);
  } else {
    ::streamvbyte_decode(packed, out, n);
  }
}
#else
void DecodePacked(const uint8_t* packed, uint32_t n, uint32_t* out) {
  ::streamvbyte_decode(packed, out, n);
}
#endif

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

SKEIN_LOOPS void DecodeNumbers(const Numbers& column, uint32_t n, uint64_t base, uint64_t* out) {
  const uint64_t first = base + static_cast<uint64_t>(column.first);
  uint32_t small[kNumbersMax + 3];
  switch (column.mode) {
    case kEqual:
    case kSteps:
      for (uint32_t i = 0; i < n; ++i) out[i] = first + i * static_cast<uint64_t>(column.step);
      return;
    case kDifferences: {
      DecodePacked(column.packed, n - 1, small);
      uint64_t last = out[0] = first;
      for (uint32_t i = 1; i < n; ++i) {
        last += static_cast<uint64_t>(UnZigZag(small[i - 1]));
        out[i] = last;
      }
      return;
    }
    case kAboveLeast:
      DecodePacked(column.packed, n, small);
      for (uint32_t i = 0; i < n; ++i) out[i] = first + small[i];
      return;
    default: {
      ByteReader in({reinterpret_cast<const char*>(column.packed), column.packed_bytes});
      uint64_t last = base;
      for (uint32_t i = 0; i < n; ++i) out[i] = last = in.Delta(last);
      return;
    }
  }
}

SKEIN_LOOPS void DecodeZigZag(const Numbers& column, uint32_t n, uint64_t origin, uint64_t* out) {
  if (column.mode != kAboveLeast) {
    DecodeNumbers(column, n, 0, out);
    for (uint32_t i = 0; i < n; ++i) out[i] = origin + static_cast<uint64_t>(UnZigZag(out[i]));
    return;
  }
  uint32_t small[kNumbersMax + 3];
  DecodePacked(column.packed, n, small);
  const auto least = static_cast<uint64_t>(column.first);
  for (uint32_t i = 0; i < n; ++i) {
    const uint64_t zigzag = least + small[i];
    out[i] = origin + ((zigzag >> 1) ^ (0 - (zigzag & 1)));
  }
}

uint64_t FirstNumber(const Numbers& column, uint32_t n, uint64_t base) {
  uint64_t first = base + static_cast<uint64_t>(column.first);
  if (column.mode == kAboveLeast) {
    const uint8_t* data = column.packed + ControlBytes(n);
    const int bytes = 1 + (column.packed[0] & 3);
    for (int i = 0; i < bytes; ++i) first += static_cast<uint64_t>(data[i]) << (8 * i);
  } else if (column.mode == kAnything) {
    first =
        ByteReader({reinterpret_cast<const char*>(column.packed), column.packed_bytes}).Delta(base);
  }
  return first;
}

}  // namespace skein
