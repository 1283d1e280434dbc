// MorselScan: a chain of operators over one scan, run by several threads, a part of the scan each;
// private to query/exec/parallel.
//
// Shape     The scan is cut into ranges of ids, morsels. Each that is under way has the chain built
//           for itself, with a Context of its own on the same reader and budget, and a sink that
//           takes what the chain gives. In a round threads take one morsel after the other; between
//           rounds the owner empties the sink of the first and lets it go when it is done.
// Order     Morsels are in the order of the scan.
// Errors    A morsel's status is for the owner to return when it is the first.
// Bounds    A sink may ask to be emptied before it takes more (Morsel::waits): what is before it
//           must go up first, so memory of what waits is bounded.
// Threads   All methods on one; helpers come and go within Round(). Cancel and deadline are seen by
//           each at every batch.
// Alone     One thread goes through all where the reader cannot scan a part: transactions, fused
//           views, the past.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "query/exec/operator.h"
#include "query/exec/parallel/workers.h"

namespace skein::exec {

class MorselScan {
 public:
  // The operators of one thread.
  struct Chain {
    std::unique_ptr<Context> context;
    std::unique_ptr<BuildContext> build;
    OperatorPtr root;
  };
  // What becomes of a morsel's batches.
  class Sink {
   public:
    virtual ~Sink() = default;
    // On the thread at work; *waits: it must be emptied before the next.
    virtual absl::Status Take(Batch batch, bool* waits) = 0;
  };
  struct Morsel {
    ScanPart part;
    std::unique_ptr<Chain> chain;  // while it is under way
    std::unique_ptr<Sink> sink;
    bool waits = false;
    bool done = false;
    absl::Status status;
  };
  using MakeSink = std::function<absl::StatusOr<std::unique_ptr<Sink>>(Context&)>;

  // `root` is the top of the chain, `rows` what its scan is expected to give.
  MorselScan(const plan::Node& root, double rows, Context& context, Workers& workers, MakeSink sink)
      : root_(root),
        rows_(rows),
        context_(context),
        workers_(workers),
        make_sink_(std::move(sink)) {}

  enum class How : uint8_t { kShared, kOneByOne };  // kOneByOne: on this thread, a morsel a round
  absl::Status Open(How how = How::kShared);
  // Not null: there are no morsels; this chain gives all.
  Operator* alone() { return bound_ == 0 ? alone_->root.get() : nullptr; }
  Morsel* first() { return morsels_.empty() ? nullptr : &morsels_.front(); }
  void Pop() { morsels_.pop_front(); }
  bool AtEnd() const { return morsels_.empty() && next_ >= bound_; }
  absl::Status Round();

 private:
  absl::StatusOr<std::unique_ptr<Chain>> MakeChain() const;
  absl::StatusOr<std::unique_ptr<Chain>> TakeChain();
  absl::Status Fill(Morsel* morsel);

  const plan::Node& root_;
  const double rows_;
  Context& context_;
  Workers& workers_;
  const MakeSink make_sink_;
  How how_ = How::kShared;
  uint64_t bound_ = 0, size_ = 1;
  uint64_t next_ = 0;  // ids from here on are in no morsel yet
  std::unique_ptr<Chain> alone_;
  absl::Mutex mu_;
  std::vector<std::unique_ptr<Chain>> idle_ ABSL_GUARDED_BY(mu_);
  std::deque<Morsel> morsels_;  // after the chains: sinks use what those own
};

}  // namespace skein::exec
