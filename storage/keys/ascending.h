// Ascending numbers in few bits: the difference of each to the one before, in a Rice code.
//
// Shape     Varint of how many, a byte k, then for each difference d: d >> k zeros and a one, then
//           the low k bits of d, low bits first, padded with zeros to a byte. The first difference
//           is to 0.
// Bounds    Numbers below 2^56.
// Errors    Read gives false for anything that Append did not write.
// Cost      k + 1.5 bits a number where they lie at random; 5.3 bytes of 48-bit numbers, 150 a row.
// Source    Golomb 1966; Rice and Plaunt 1971
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

// At least one number; equal ones may follow each other.
void AppendAscending(std::span<const uint64_t> numbers, std::string* out);
bool ReadAscending(std::string_view bytes, std::vector<uint64_t>* numbers);

// The 48-bit numbers of a row of identities loaded in bulk (docs/formats/graph.md): ascending, with
// a zero byte before them where six would divide the length, which says that they are six bytes
// each, as earlier versions wrote them.
void AppendKeptIdentities(std::span<const uint64_t> numbers, std::string* out);
bool ReadKeptIdentities(std::string_view bytes, std::vector<uint64_t>* numbers);

}  // namespace skein
