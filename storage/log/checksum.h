// Checksums of the log: XXH3, 64 bits (Debian's libxxhash), which runs at memory speed.
//
// Shape     The same bytes with the same seed give the same number on every machine.
// Source    xxHash's specification, XXH3_64bits; docs/formats/log.md says what is summed
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace skein::log {

uint64_t Checksum(std::string_view bytes, uint64_t seed);

// The checksum of bytes that come piece by piece (seed 0). Not safe from several threads.
class RunningChecksum {
 public:
  RunningChecksum();
  ~RunningChecksum();
  RunningChecksum(const RunningChecksum&) = delete;
  RunningChecksum& operator=(const RunningChecksum&) = delete;
  void Add(std::string_view bytes);
  uint64_t value() const;  // of all so far; more may follow

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace skein::log
