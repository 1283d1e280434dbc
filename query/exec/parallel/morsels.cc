// Morsels: what a chain of operators over a scan gives, made by several threads (morsel_scan.h).
//
// Order     That of the scan: the same rows in the same order as without, whoever made them.
// Errors    The first in that order. What was found before it goes up first.
// Bounds    A morsel that gave kBytesHeld waits until those before it have gone up, and so do all
//           while the query's memory does not suffice: what one thread could do, several can.
#include <deque>
#include <utility>

#include "query/exec/operators.h"
#include "query/exec/parallel/morsel_scan.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

constexpr int64_t kBytesHeld = int64_t{1} << 20;

// Batches that have not gone up yet.
class BatchSink final : public MorselScan::Sink {
 public:
  explicit BatchSink(Budget& budget) : budget_(budget) {}
  ~BatchSink() override { GiveBack(); }

  absl::Status Take(Batch batch, bool* waits) override {
    const auto bytes = static_cast<int64_t>(batch.Bytes());
    // One batch that is not charged for is what an operator hands up anyway.
    const bool charged = budget_.TakeBytes(bytes).ok();
    if (charged) bytes_ += bytes;
    batches_.push_back(std::move(batch));
    *waits = !charged || bytes_ >= kBytesHeld;
    return absl::OkStatus();
  }

  bool Next(Batch* out) {
    if (batches_.empty()) return false;
    *out = std::move(batches_.front());
    batches_.pop_front();
    return true;
  }
  void GiveBack() { budget_.GiveBackBytes(std::exchange(bytes_, 0)); }

 private:
  Budget& budget_;
  std::deque<Batch> batches_;
  int64_t bytes_ = 0;  // charged for them
};

class MorselsOperator final : public Operator {
 public:
  MorselsOperator(const plan::Node& node, Context& context, Workers& workers)
      : Operator(node, context), scan_(node, node.morsel_rows, context, workers, [this](Context&) {
          return absl::StatusOr<std::unique_ptr<MorselScan::Sink>>(
              std::make_unique<BatchSink>(context_.budget()));
        }) {}

  absl::Status Open() override { return scan_.Open(); }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    if (Operator* alone = scan_.alone(); alone != nullptr) return alone->Next(out);
    for (;;) {
      if (MorselScan::Morsel* first = scan_.first(); first != nullptr) {
        if (auto* sink = static_cast<BatchSink*>(first->sink.get()); sink != nullptr) {
          if (sink->Next(out)) return true;
          sink->GiveBack();
        }
        first->waits = false;
        if (first->done) {
          SKEIN_RETURN_IF_ERROR(first->status);
          scan_.Pop();
          continue;
        }
      }
      if (scan_.AtEnd()) return false;
      SKEIN_RETURN_IF_ERROR(scan_.Round());
    }
  }

 private:
  MorselScan scan_;
};

}  // namespace

OperatorPtr MakeMorsels(const plan::Node& node, Context& c, Workers& workers) {
  return std::make_unique<MorselsOperator>(node, c, workers);
}

}  // namespace skein::exec
