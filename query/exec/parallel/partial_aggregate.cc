// Aggregation of what a chain of operators over a scan gives, each morsel's rows grouped by the
// thread that made them; then the groupings are merged in the order of the scan.
//
// Order     Groups, and what aggregates see, as of one thread: Grouping::Merge() is exact.
// Cost      Where grouping a morsel leaves more than a third of its rows, later ones hand up rows.
// Errors    The first in the order of the scan.
// Bounds    A morsel's groups are charged as they grow. Where the memory does not suffice, or they
//           hold kBytesHeld, the morsel waits until those before it are merged, and then is itself.
//           Where that is not enough all begins again, one morsel at a time: what one thread could
//           do, several can.
#include <atomic>
#include <utility>

#include "query/exec/grouping.h"
#include "query/exec/operators.h"
#include "query/exec/parallel/morsel_scan.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

constexpr size_t kBytesHeld = size_t{1} << 20;
// Of so many rows one must be left for grouping in parts to pay: each entry is hashed again when it
// is merged, on one thread.
constexpr size_t kRowsPerEntry = 3;
// A first batch that leaves more than this share of its rows tells that the rest would too.
constexpr double kHopelessShare = 0.75;

// The rows of a morsel, grouped; or as they came, where that is as much.
class GroupSink final : public MorselScan::Sink {
 public:
  GroupSink(const plan::Node& node, Context& context, bool groups)
      : budget_(context.budget()),
        grouping_(node, context, Grouping::Use::kPart),
        groups_(groups) {}
  ~GroupSink() override { GiveBack(); }
  absl::Status Compile() {
    compiled_ = groups_;
    return groups_ ? grouping_.Compile() : absl::OkStatus();
  }

  absl::Status Take(Batch batch, bool* waits) override {
    rows_ += batch.rows;
    size_t bytes = charged_ + (groups_ ? 0 : batch.Bytes());
    if (groups_) {
      int64_t held = 0;  // none: rewrite/morsels.cc lets only aggregates by that charge nothing
      SKEIN_RETURN_IF_ERROR(grouping_.Take(batch, &held));
      bytes = grouping_.Bytes();
      const auto entries = static_cast<double>(grouping_.Entries());
      hopeless_ = entries > kHopelessShare * static_cast<double>(rows_);
      groups_ = !hopeless_;
    } else {
      batches_.push_back(std::move(batch));
    }
    if (bytes <= charged_) return absl::OkStatus();
    // What one batch adds may be held without a charge until it is merged.
    const bool charged = budget_.TakeBytes(static_cast<int64_t>(bytes - charged_)).ok();
    if (charged) charged_ = bytes;
    *waits = !charged || bytes >= kBytesHeld;
    return absl::OkStatus();
  }

  // Whether grouping has left few enough entries.
  bool Pays() const {
    return !hopeless_ && (!groups_ || grouping_.Entries() * kRowsPerEntry <= rows_);
  }

  // Hands over what is there; the sink is empty then.
  absl::Status MergeInto(Grouping* whole, int64_t* held) {
    if (compiled_) SKEIN_RETURN_IF_ERROR(whole->Merge(grouping_, held));
    for (const Batch& batch : batches_) SKEIN_RETURN_IF_ERROR(whole->Take(batch, held));
    batches_.clear();
    rows_ = 0;
    GiveBack();
    return absl::OkStatus();
  }

 private:
  void GiveBack() { budget_.GiveBackBytes(static_cast<int64_t>(std::exchange(charged_, 0))); }

  Budget& budget_;
  Grouping grouping_;
  bool groups_;  // what comes next
  bool compiled_ = false;
  bool hopeless_ = false;
  std::vector<Batch> batches_;
  size_t rows_ = 0;
  size_t charged_ = 0;
};

class PartialAggregateOperator final : public Operator {
 public:
  PartialAggregateOperator(const plan::Node& node, Context& context, Workers& workers)
      : Operator(node, context),
        charge_(context.budget()),
        grouping_(node, context, Grouping::Use::kWhole),
        scan_(*node.children[0], node.morsel_rows, context, workers,
              [this](Context& c) { return MakeSink(c); }) {}

  absl::Status Compile() { return grouping_.Compile(); }

  absl::Status Open() override {
    Forget();
    done_ = false;
    return scan_.Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    if (!done_) {
      SKEIN_RETURN_IF_ERROR(scan_.alone() != nullptr ? FillAlone() : FillShared());
      Batch result;
      SKEIN_RETURN_IF_ERROR(grouping_.Result(&result));
      held_.Set(std::move(result));
      done_ = true;
    }
    return held_.Next(context_.batch_rows(), out);
  }

 private:
  absl::StatusOr<std::unique_ptr<MorselScan::Sink>> MakeSink(Context& context) const {
    auto sink = std::make_unique<GroupSink>(node_, context, groups_.load());
    SKEIN_RETURN_IF_ERROR(sink->Compile());
    return std::unique_ptr<MorselScan::Sink>(std::move(sink));
  }

  void Forget() {
    groups_ = true;
    grouping_.Clear();
    charge_.Release();
    charged_ = 0;
  }

  absl::Status FillShared() {
    // Nothing else of the statement reads meanwhile.
    std::atomic<int64_t>& rows_left = context_.budget().rows_left;
    const int64_t rows = rows_left.load();
    const absl::Status filled = Fill();
    if (!absl::IsResourceExhausted(filled)) return filled;
    Forget();
    SKEIN_RETURN_IF_ERROR(scan_.Open(MorselScan::How::kOneByOne));
    rows_left.store(rows);
    return Fill();
  }

  absl::Status Charge(int64_t held) {
    if (held > 0) SKEIN_RETURN_IF_ERROR(charge_.Take(static_cast<size_t>(held)));
    const size_t bytes = grouping_.Bytes();
    if (bytes <= charged_) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(charge_.Take(bytes - charged_));
    charged_ = bytes;
    return absl::OkStatus();
  }

  absl::Status FillAlone() {
    Batch batch;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, scan_.alone()->Next(&batch));
      if (!more) return absl::OkStatus();
      int64_t held = 0;
      SKEIN_RETURN_IF_ERROR(grouping_.Take(batch, &held));
      SKEIN_RETURN_IF_ERROR(Charge(held));
    }
  }

  absl::Status Fill() {
    while (!scan_.AtEnd()) {
      SKEIN_RETURN_IF_ERROR(scan_.Round());
      for (MorselScan::Morsel* first = scan_.first(); first != nullptr; first = scan_.first()) {
        if (auto* sink = static_cast<GroupSink*>(first->sink.get()); sink != nullptr) {
          if (!sink->Pays()) groups_ = false;
          int64_t held = 0;
          SKEIN_RETURN_IF_ERROR(sink->MergeInto(&grouping_, &held));
          SKEIN_RETURN_IF_ERROR(Charge(held));
        }
        first->waits = false;
        if (!first->done) break;
        SKEIN_RETURN_IF_ERROR(first->status);
        scan_.Pop();
      }
    }
    return absl::OkStatus();
  }

  MemoryCharge charge_;
  size_t charged_ = 0;
  Grouping grouping_;
  HeldRows held_;
  bool done_ = false;
  std::atomic<bool> groups_{true};  // false: new morsels keep their rows
  MorselScan scan_;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakePartialAggregate(const plan::Node& node, Context& c,
                                                 Workers& workers) {
  auto out = std::make_unique<PartialAggregateOperator>(node, c, workers);
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace skein::exec
