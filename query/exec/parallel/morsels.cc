// Morsels: what a chain of operators over a scan gives, made by several threads.
//
// Shape     The scan is cut into ranges of ids, morsels. Each that is under way has the chain built
//           for itself, with a Context of its own on the same reader and budget. In a round threads
//           take one morsel after the other; then the batches of the first go up.
// Order     That of the scan: the same rows in the same order as without, whoever made them.
// Errors    The first in that order. What was found before it goes up first.
// Bounds    A morsel that gave kBytesHeld waits until those before it have gone up, and so do all
//           while the query's memory does not suffice: what one thread could do, several can.
// Threads   Next() on one; helpers come and go within it. Cancel and deadline are seen by each at
//           every batch.
// Alone     One thread goes through all where the reader cannot scan a part: transactions, fused
//           views, the past.
#include <algorithm>
#include <atomic>
#include <deque>
#include <utility>

#include "query/exec/operators.h"
#include "query/exec/parallel/workers.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

constexpr size_t kMorselsPerThread = 8;  // of a round: enough that threads end at about one time
constexpr uint64_t kBatchesPerMorsel = 4;
constexpr int64_t kBytesHeld = int64_t{1} << 20;

class MorselsOperator final : public Operator {
 public:
  MorselsOperator(const plan::Node& node, Context& context, Workers& workers)
      : Operator(node, context), workers_(workers) {}
  ~MorselsOperator() override { Drop(); }

  absl::Status Open() override {
    Drop();
    next_ = 0;
    SKEIN_ASSIGN_OR_RETURN(bound_, context_.reader().NodeIdBound());
    if (bound_ > 0) {
      // As many ids as give the rows of a few batches, if they lie evenly.
      const double ids = static_cast<double>(bound_) / std::max(1.0, node_.morsel_rows);
      const auto rows = static_cast<double>(kBatchesPerMorsel * context_.batch_rows());
      size_ = static_cast<uint64_t>(std::max(1.0, ids * rows));
      return absl::OkStatus();
    }
    if (alone_ == nullptr) {
      SKEIN_ASSIGN_OR_RETURN(alone_, MakeChain());
    }
    return alone_->root->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    if (bound_ == 0) return alone_->root->Next(out);
    for (;;) {
      if (!morsels_.empty()) {
        Morsel& first = morsels_.front();
        if (!first.batches.empty()) {
          *out = std::move(first.batches.front());
          first.batches.pop_front();
          return true;
        }
        GiveBack(&first);
        if (first.done) {
          SKEIN_RETURN_IF_ERROR(first.status);
          morsels_.pop_front();
          continue;
        }
      } else if (next_ >= bound_) {
        return false;
      }
      SKEIN_RETURN_IF_ERROR(context_.Check());
      Round();
    }
  }

 private:
  // The operators of one thread.
  struct Chain {
    std::unique_ptr<Context> context;
    std::unique_ptr<BuildContext> build;
    OperatorPtr root;
  };
  struct Morsel {
    ScanPart part;
    std::unique_ptr<Chain> chain;  // while it is under way
    std::deque<Batch> batches;     // not gone up yet
    int64_t bytes = 0;             // charged for them
    bool waits = false;            // for what is before it to go up
    bool done = false;
    absl::Status status;
  };

  absl::StatusOr<std::unique_ptr<Chain>> MakeChain() const {
    auto chain = std::make_unique<Chain>();
    chain->context = context_.ForThread();
    chain->build = std::make_unique<BuildContext>(*chain->context);
    SKEIN_ASSIGN_OR_RETURN(chain->root, BuildOperator(node_, *chain->build));
    return chain;
  }

  void Round() {
    while (morsels_.size() < kMorselsPerThread * workers_.threads() && next_ < bound_) {
      const uint64_t end = size_ < bound_ - next_ ? next_ + size_ : bound_;
      morsels_.emplace_back().part = {NodeId{next_}, NodeId{end}};
      next_ = end;
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
  }

  // Goes on with a morsel until it is done or has to wait.
  absl::Status Fill(Morsel* morsel) {
    if (morsel->chain == nullptr) {
      SKEIN_ASSIGN_OR_RETURN(morsel->chain, TakeChain());
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
      const auto bytes = static_cast<int64_t>(batch.Bytes());
      // One batch that is not charged for is what an operator hands up anyway.
      const bool charged = context_.budget().TakeBytes(bytes).ok();
      if (charged) morsel->bytes += bytes;
      morsel->batches.push_back(std::move(batch));
      morsel->waits = !charged || morsel->bytes >= kBytesHeld;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<Chain>> TakeChain() {
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

  void GiveBack(Morsel* morsel) {
    context_.budget().GiveBackBytes(morsel->bytes);
    morsel->bytes = 0;
    morsel->waits = false;
  }

  void Drop() {
    for (Morsel& morsel : morsels_) GiveBack(&morsel);
    morsels_.clear();
  }

  Workers& workers_;
  uint64_t bound_ = 0, size_ = 1;
  uint64_t next_ = 0;  // ids from here on are in no morsel yet
  std::deque<Morsel> morsels_;
  std::unique_ptr<Chain> alone_;
  absl::Mutex mu_;
  std::vector<std::unique_ptr<Chain>> idle_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

OperatorPtr MakeMorsels(const plan::Node& node, Context& c, Workers& workers) {
  return std::make_unique<MorselsOperator>(node, c, workers);
}

}  // namespace skein::exec
