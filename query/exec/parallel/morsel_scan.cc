#include "query/exec/parallel/morsel_scan.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "storage/base/status.h"

namespace skein::exec {

namespace {

constexpr size_t kMorselsPerThread = 8;  // of a round: enough that threads end at about one time
constexpr uint64_t kBatchesPerMorsel = 4;

}  // namespace

absl::Status MorselScan::Open(How how) {
  how_ = how;
  morsels_.clear();
  next_ = 0;
  SKEIN_ASSIGN_OR_RETURN(bound_, context_.reader().NodeIdBound());
  if (bound_ > 0) {
    // As many ids as give the rows of a few batches, if they lie evenly.
    const double ids = static_cast<double>(bound_) / std::max(1.0, rows_);
    const auto rows = static_cast<double>(kBatchesPerMorsel * context_.batch_rows());
    size_ = static_cast<uint64_t>(std::max(1.0, ids * rows));
    return absl::OkStatus();
  }
  if (alone_ == nullptr) {
    SKEIN_ASSIGN_OR_RETURN(alone_, MakeChain());
  }
  return alone_->root->Open();
}

absl::StatusOr<std::unique_ptr<MorselScan::Chain>> MorselScan::MakeChain() const {
  auto chain = std::make_unique<Chain>();
  chain->context = context_.ForThread();
  chain->build = std::make_unique<BuildContext>(*chain->context);
  SKEIN_ASSIGN_OR_RETURN(chain->root, BuildOperator(root_, *chain->build));
  return chain;
}

absl::StatusOr<std::unique_ptr<MorselScan::Chain>> MorselScan::TakeChain() {
  {
    absl::MutexLock lock(&mu_);
    if (!idle_.empty()) {
      std::unique_ptr<Chain> chain = std::move(idle_.back());
      idle_.pop_back();
      return chain;
    }
  }
  return MakeChain();
}

absl::Status MorselScan::Round() {
  SKEIN_RETURN_IF_ERROR(context_.Check());
  const size_t most = how_ == How::kShared ? kMorselsPerThread * workers_.threads() : 1;
  while (morsels_.size() < most && next_ < bound_) {
    const uint64_t end = size_ < bound_ - next_ ? next_ + size_ : bound_;
    morsels_.emplace_back().part = {NodeId{next_}, NodeId{end}};
    next_ = end;
  }
  if (how_ == How::kOneByOne) {
    Morsel& morsel = morsels_.front();
    morsel.status = Fill(&morsel);
    morsel.done |= !morsel.status.ok();
    return absl::OkStatus();
  }
  std::atomic<size_t> claimed{0};
  std::atomic<bool> failed{false};
  workers_.Run([&](size_t) {
    // Claimed in order: when one fails, all before it are done or under way.
    while (!failed.load(std::memory_order_relaxed)) {
      const size_t i = claimed.fetch_add(1, std::memory_order_relaxed);
      if (i >= morsels_.size()) return;
      Morsel& morsel = morsels_[i];
      if (morsel.done || morsel.waits) continue;
      morsel.status = Fill(&morsel);
      if (morsel.status.ok()) continue;
      morsel.done = true;
      failed.store(true, std::memory_order_relaxed);
    }
  });
  return absl::OkStatus();
}

// Goes on with a morsel until it is done or has to wait.
absl::Status MorselScan::Fill(Morsel* morsel) {
  if (morsel->chain == nullptr) {
    SKEIN_ASSIGN_OR_RETURN(morsel->chain, TakeChain());
    SKEIN_ASSIGN_OR_RETURN(morsel->sink, make_sink_(*morsel->chain->context));
    morsel->chain->context->set_scan_part(morsel->part);
    SKEIN_RETURN_IF_ERROR(morsel->chain->root->Open());
  }
  while (!morsel->waits) {
    Batch batch;
    SKEIN_ASSIGN_OR_RETURN(const bool more, morsel->chain->root->Next(&batch));
    if (!more) {
      morsel->done = true;
      absl::MutexLock lock(&mu_);
      idle_.push_back(std::move(morsel->chain));
      return absl::OkStatus();
    }
    SKEIN_RETURN_IF_ERROR(morsel->sink->Take(std::move(batch), &morsel->waits));
  }
  return absl::OkStatus();
}

}  // namespace skein::exec
