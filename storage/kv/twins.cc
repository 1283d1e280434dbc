#include "storage/kv/twins.h"

#include <utility>

#include "storage/base/status.h"

namespace skein {
namespace {

class FaultyStore final : public Store {
 public:
  FaultyStore(std::unique_ptr<Store> store, std::shared_ptr<FaultPlan> plan)
      : store_(std::move(store)), plan_(std::move(plan)) {}

  absl::StatusOr<std::shared_ptr<const View>> Latest() override {
    SKEIN_RETURN_IF_ERROR(Read());
    return store_->Latest();
  }
  absl::Status MultiGet(const View& view, std::span<const KeyRef> keys,
                        std::vector<std::optional<std::string>>* out) override {
    SKEIN_RETURN_IF_ERROR(Read());
    return store_->MultiGet(view, keys, out);
  }
  absl::Status MultiScan(const View& view, std::span<const ScanRange> ranges,
                         std::vector<ScanPage>* out) override {
    SKEIN_RETURN_IF_ERROR(Read());
    return store_->MultiScan(view, ranges, out);
  }
  absl::StatusOr<Version> Commit(const WriteBatch& batch, Durability durability) override {
    return Write([&] { return store_->Commit(batch, durability); });
  }
  absl::StatusOr<Version> Ingest(std::span<SortedRun> runs) override {
    return Write([&] { return store_->Ingest(runs); });
  }
  absl::Status Checkpoint(const std::string& dir) override {
    SKEIN_RETURN_IF_ERROR(Read());
    return store_->Checkpoint(dir);
  }
  absl::Status Verify() override {
    SKEIN_RETURN_IF_ERROR(Read());
    return store_->Verify();
  }
  absl::Status Compact() override {
    SKEIN_RETURN_IF_ERROR(Read());
    return store_->Compact();
  }
  absl::StatusOr<StoreStats> Stats() override { return store_->Stats(); }

 private:
  absl::Status Read() {
    if (!plan_->Hits() || plan_->kind != FaultPlan::Kind::kUnavailable) return absl::OkStatus();
    return Unavailable("injected fault");
  }

  absl::StatusOr<Version> Write(const std::function<absl::StatusOr<Version>()>& write) {
    const bool hit = plan_->Hits();
    if (plan_->stopped) return Unavailable("the store takes no more writes after a failed one");
    if (!hit) return write();
    switch (plan_->kind.load()) {
      case FaultPlan::Kind::kUnavailable:
        return Unavailable("injected fault");
      case FaultPlan::Kind::kNoSpace:
        return ResourceExhausted("injected fault: no space");
      case FaultPlan::Kind::kUnknownApplied: {
        plan_->stopped = true;
        absl::StatusOr<Version> applied = write();
        if (applied.status().code() == absl::StatusCode::kAborted) return applied;
        return absl::UnknownError("injected fault: fsync failed");
      }
      case FaultPlan::Kind::kUnknownLost:
        plan_->stopped = true;
        return absl::UnknownError("injected fault: fsync failed");
    }
    return Internal("no such fault");
  }

  std::unique_ptr<Store> store_;
  std::shared_ptr<FaultPlan> plan_;
};

class SlowStore final : public Store {
 public:
  SlowStore(std::unique_ptr<Store> store, std::function<void()> delay)
      : store_(std::move(store)), delay_(std::move(delay)) {}

  absl::StatusOr<std::shared_ptr<const View>> Latest() override { return store_->Latest(); }
  absl::Status MultiGet(const View& view, std::span<const KeyRef> keys,
                        std::vector<std::optional<std::string>>* out) override {
    delay_();
    return store_->MultiGet(view, keys, out);
  }
  absl::Status MultiScan(const View& view, std::span<const ScanRange> ranges,
                         std::vector<ScanPage>* out) override {
    delay_();
    return store_->MultiScan(view, ranges, out);
  }
  absl::StatusOr<Version> Commit(const WriteBatch& batch, Durability durability) override {
    delay_();
    return store_->Commit(batch, durability);
  }
  absl::StatusOr<Version> Ingest(std::span<SortedRun> runs) override {
    delay_();
    return store_->Ingest(runs);
  }
  absl::Status Checkpoint(const std::string& dir) override { return store_->Checkpoint(dir); }
  absl::Status Verify() override { return store_->Verify(); }
  absl::Status Compact() override { return store_->Compact(); }
  absl::StatusOr<StoreStats> Stats() override { return store_->Stats(); }

 private:
  std::unique_ptr<Store> store_;
  std::function<void()> delay_;
};

}  // namespace

bool FaultPlan::Hits() {
  const int64_t call = calls.fetch_add(1);
  const int64_t at = fail_at.load();
  return at >= 0 && (sticky.load() ? call >= at : call == at);
}

std::unique_ptr<Store> MakeFaultyStore(std::unique_ptr<Store> store,
                                       std::shared_ptr<FaultPlan> plan) {
  return std::make_unique<FaultyStore>(std::move(store), std::move(plan));
}

std::unique_ptr<Store> MakeSlowStore(std::unique_ptr<Store> store, std::function<void()> delay) {
  return std::make_unique<SlowStore>(std::move(store), std::move(delay));
}

}  // namespace skein
