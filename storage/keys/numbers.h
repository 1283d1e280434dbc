// Columns of numbers, packed: the unit of which adjacency pages and link pages are made.
//
// Shape     A column of n numbers (n is kept by whoever owns the column) begins with a mode byte:
//             0 all equal          signed varint (v - base)
//             1 even steps         signed varint (first - base), signed varint step
//             2 differences        signed varint (first - base), varint bytes, StreamVByte of the
//                                  n - 1 zigzag differences, each < 2^32
//             3 above the least    signed varint (least - base), varint bytes, StreamVByte of n
//             4 anything           varint bytes, n signed varints, each the difference to the one
//                                  before (the first: to base)
//             5 runs               signed varint (first - base), varint bytes; each run: varint
//                                  length, signed varint difference to the next run's number (not
//                                  of the last)
//             6 bits above least   signed varint (least - base), varint bytes, a byte: bits of each
//                                  number, then the numbers, low bits first
//             7 bits of steps      signed varint (first - base), varint bytes, signed varint least
//                                  step, a byte: bits, then n - 1 numbers: the steps above it
//           Arithmetic wraps at 2^64. The shortest mode is taken; of a column that is read often,
//           none that counts bits (Packing::kQuick).
// Errors    Read gives false for anything malformed; what it accepted decodes within bounds.
// Threads   Plain functions. Cost: StreamVByte decodes ~1 number a cycle; skipping a column reads
//           its head only.
// Source    docs/formats/graph.md; Lemire, Kurz, Rupp: Stream VByte (2017), library streamvbyte
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "storage/keys/bytes.h"

namespace skein {

// Numbers of one column; longer ones are split by their owners.
inline constexpr uint32_t kNumbersMax = 512;
// StreamVByte's decoder may read this far past a column: whoever decodes provides it.
inline constexpr size_t kNumbersPadding = 16;

// kSmall: modes 6 and 7 too, which take a fifth less of random numbers and decode at a third of the
// speed.
enum class Packing : uint8_t { kQuick, kSmall };

// Appends a column; 1 … kNumbersMax values.
void AppendNumbers(std::string* out, std::span<const uint64_t> values, uint64_t base,
                   Packing packing = Packing::kQuick);

// A column in place. Borrows the bytes it was read from.
struct Numbers {
  uint8_t mode = 0;
  int64_t first = 0;  // first or least, less base
  int64_t step = 0;
  const uint8_t* packed = nullptr;
  uint32_t packed_bytes = 0;
};

// Reads the head of a column and passes over it.
bool ReadNumbers(ByteReader* in, Numbers* column);
// Whether the packed part holds exactly n numbers; once for each column, before it is decoded.
bool CheckNumbers(const Numbers& column, uint32_t n);
// Decodes n ≤ kNumbersMax numbers of a checked column, with kNumbersPadding readable bytes after.
void DecodeNumbers(const Numbers& column, uint32_t n, uint64_t base, uint64_t* out);
// Of those n numbers [begin, end) alone, to out[begin] … out[end - 1]; what lies before may be
// written too. Cost: modes 0, 1 and 3 decode the range and no more; mode 2 also what lies before
// it, but where `known` is the number at begin.
void DecodeNumbers(const Numbers& column, uint32_t n, uint64_t base, uint32_t begin, uint32_t end,
                   std::optional<uint64_t> known, uint64_t* out);
// The same of a column of zigzag differences to `origin`, as the numbers they stand for.
void DecodeZigZag(const Numbers& column, uint32_t n, uint64_t origin, uint64_t* out);
void DecodeZigZag(const Numbers& column, uint32_t n, uint64_t origin, uint32_t begin, uint32_t end,
                  std::optional<uint64_t> known, uint64_t* out);

}  // namespace skein
