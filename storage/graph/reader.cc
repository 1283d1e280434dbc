// Viewer and Budget: the two things every read carries.
#include "storage/graph/reader.h"

#include <algorithm>
#include <string>

#include "storage/base/memory_budget.h"
#include "storage/base/status.h"

namespace skein {

Viewer Viewer::Of(std::span<const PolicyId> visible) {
  std::vector<uint64_t> bits;
  for (const PolicyId policy : visible) {
    const uint64_t p = Raw(policy);
    if (bits.size() <= p / 64) bits.resize(p / 64 + 1, 0);
    bits[p / 64] |= uint64_t{1} << (p % 64);
  }
  // Policy 0 is visible to all: set or not, the key below must be the same.
  if (!bits.empty()) bits[0] &= ~uint64_t{1};
  while (!bits.empty() && bits.back() == 0) bits.pop_back();
  auto policies = std::make_shared<Policies>();
  policies->key = "=";
  for (const uint64_t word : bits) {
    for (int shift = 0; shift < 64; shift += 8) {
      policies->key.push_back(static_cast<char>(word >> shift & 0xff));
    }
  }
  policies->bits = std::move(bits);
  return Viewer(false, std::move(policies));
}

Viewer::Viewer(bool all, std::shared_ptr<const Policies> policies)
    : all_(all), policies_(std::move(policies)) {
  if (policies_ == nullptr) return;
  words_ = policies_->bits.size();
  bits_ = policies_->bits.data();
}

std::string_view Viewer::CacheKey() const {
  return all_ ? std::string_view("*") : std::string_view(policies_->key);
}

absl::StatusOr<std::unique_ptr<IdCursor>> Reader::ScanNodesWithin(const Viewer& /*viewer*/,
                                                                  std::optional<LabelId> /*label*/,
                                                                  NodeId /*from*/, NodeId /*to*/,
                                                                  Budget& /*budget*/) const {
  return InvalidArgument("this reader scans all nodes or none");
}

absl::Status Budget::Check() const {
  if (cancelled.load(std::memory_order_relaxed)) return Cancelled("the query was cancelled");
  if (expired.load(std::memory_order_relaxed)) {
    return DeadlineExceeded("the query's time is up");
  }
  return absl::OkStatus();
}

absl::Status Budget::TakeRows(int64_t n) {
  if (rows_left.fetch_sub(n, std::memory_order_relaxed) >= n) return absl::OkStatus();
  return ResourceExhausted("the query may not read more rows: its row budget is spent");
}

absl::Status Budget::TakeBytes(int64_t n) {
  if (bytes_left.fetch_sub(n, std::memory_order_relaxed) < n) {
    bytes_left.fetch_add(n, std::memory_order_relaxed);
    return ResourceExhausted("the query may not take ", n,
                             " bytes more: its memory budget is spent");
  }
  if (process == nullptr || n <= 0) return absl::OkStatus();
  if (process->TryTake(static_cast<size_t>(n))) {
    charged.fetch_add(n, std::memory_order_relaxed);
    return absl::OkStatus();
  }
  bytes_left.fetch_add(n, std::memory_order_relaxed);
  return ResourceExhausted("the query may not take ", n, " bytes more: all queries together have ",
                           process->taken(), " of the ", process->taken_max(),
                           " bytes that the process (--memory) has for them");
}

void Budget::GiveBackBytes(int64_t n) {
  bytes_left.fetch_add(n, std::memory_order_relaxed);
  if (process == nullptr || n <= 0) return;
  // Never more than was charged: what was taken before the process was named is its owner's own.
  int64_t had = charged.load(std::memory_order_relaxed);
  while (!charged.compare_exchange_weak(had, had - std::min(had, n), std::memory_order_relaxed)) {
  }
  process->Give(static_cast<size_t>(std::min(had, n)));
}

Budget::~Budget() {
  const int64_t left = charged.load(std::memory_order_relaxed);
  if (process != nullptr && left > 0) process->Give(static_cast<size_t>(left));
}

}  // namespace skein
