#include "storage/log/checksum.h"

#include <xxhash.h>

#include "storage/base/status.h"

namespace skein::log {

struct RunningChecksum::State {
  State() : xxh(XXH3_createState()) { SKEIN_CHECK(xxh != nullptr); }
  ~State() { XXH3_freeState(xxh); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  XXH3_state_t* xxh;
};

uint64_t Checksum(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

RunningChecksum::RunningChecksum() : state_(std::make_unique<State>()) {
  XXH3_64bits_reset(state_->xxh);
}
RunningChecksum::~RunningChecksum() = default;
void RunningChecksum::Add(std::string_view bytes) {
  XXH3_64bits_update(state_->xxh, bytes.data(), bytes.size());
}
uint64_t RunningChecksum::value() const { return XXH3_64bits_digest(state_->xxh); }

}  // namespace skein::log
