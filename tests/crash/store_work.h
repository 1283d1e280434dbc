// Numbered steps on a bare Store, each of which can be told whole: what fault tests interrupt.
//
// Step i writes one of fifty keys, deletes another now and then, adds i to a counter and notes i;
// every 17th comes as an Ingest, every fifth is not synced. So the state after k steps is known to
// the byte, and any mixture of two states shows; a group replayed twice shows in the counter.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/kv/store.h"

namespace skein {

inline bool StepIsSynced(uint64_t i) { return i % 17 == 0 || i % 5 != 0; }
absl::Status DoStep(Store& store, uint64_t i);
// The number of the last step that the store holds.
absl::StatusOr<uint64_t> LastStep(Store& store);
// Empty: the store holds exactly the steps 1 … k, for a k from `acked` to `started`. Else what is
// wrong: "silent: …" if it was not an error of the store that told so.
std::string CheckSteps(Store& store, uint64_t acked, uint64_t started);

// Does steps from `*acked` + 1 on until `*started` is `last` or one fails for good. A step refused
// for want of space is tried again, at most `retries` times altogether.
void DoSteps(Store& store, uint64_t last, int retries, uint64_t* acked, uint64_t* started);

}  // namespace skein
