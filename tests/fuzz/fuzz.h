// What a fuzz target is: one function over arbitrary bytes that must return, whatever they are.
//
// Shape     Each x_fuzz.cc defines LLVMFuzzerTestOneInput. The preset `fuzz` links it with
// libFuzzer; every other
//           build links replay.cc instead, which runs the committed corpus and seeded mutations of
//           it under ctest.
// Errors    A broken law aborts through Require, which names it.
// Limits    Inputs over kInputBytesMax are ignored: they cost time and find nothing that smaller
// ones do not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace skein::fuzz {

inline constexpr size_t kInputBytesMax = size_t{1} << 16;

inline std::string_view Text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void Require(bool holds, const char* law) {
  if (holds) return;
  std::fprintf(stderr, "broken law: %s\n", law);
  std::abort();
}

}  // namespace skein::fuzz
