// Identities: the 16 bytes that say "this row was imported before".
//
// Shape     The first 16 bytes of SHA-256 over length-prefixed parts, so that no two lists of parts
//           collide by concatenation, and nobody who writes source files can make rows collide.
// Stable    for ever: they are stored. A change of what goes in here makes every re-import double.
// Threads   one Hasher per thread.
// Cost      ~0.2 µs for short rows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/base/value.h"

namespace skein {

using Identity = std::string;  // 16 bytes: inline in std::string, no allocation to speak of

class Hasher {
 public:
  // Begins anew; `domain` keeps kinds of identities apart.
  void Start(std::string_view domain);
  void Add(std::string_view part);
  void Add(int64_t number);
  void Add(const Value& value);
  Identity Finish();

 private:
  std::string bytes_;
};

// The first eight bytes as a number, for tables in memory.
uint64_t Short(const Identity& identity);

}  // namespace skein
