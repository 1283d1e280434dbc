// Twins of a Store for tests: one that fails on call, one that is slow and counts.
//
// Both wrap any other store and keep its contract, apart from what they are told to spoil.
// Threads: safe from any thread, the plan included.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "storage/kv/store.h"

namespace skein {

// Which call fails, and how. Every call of Store counts, from 0.
struct FaultPlan {
  enum class Kind : uint8_t {
    kUnavailable,     // nothing happened
    kNoSpace,         // writes only: nothing was written
    kUnknownApplied,  // writes only: fsync failed, but it is there; no further writes
    kUnknownLost,     // writes only: fsync failed, and it is not; no further writes
  };
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> fail_at{-1};  // −1: never
  std::atomic<bool> sticky{false};   // all calls from fail_at on
  std::atomic<Kind> kind{Kind::kUnavailable};
  std::atomic<bool> stopped{false};  // set by the unknown outcomes

  bool Hits();
};

std::unique_ptr<Store> MakeFaultyStore(std::unique_ptr<Store> store,
                                       std::shared_ptr<FaultPlan> plan);

// Calls `delay` before each round trip (a test counts; a trial by hand sleeps 1 ms), so that code
// which reads one thing at a time shows.
std::unique_ptr<Store> MakeSlowStore(std::unique_ptr<Store> store, std::function<void()> delay);

}  // namespace skein
