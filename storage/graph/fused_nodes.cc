// Fusion rows: how snapshots and transactions read them, and the bits of the nodes that have some.
#include "storage/graph/fused_nodes.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "storage/base/status.h"
#include "storage/graph/transaction_impl.h"

namespace skein {

namespace {

constexpr size_t kSpaceBytes = 1;
constexpr size_t kKeyBytes = kSpaceBytes + 3 * sizeof(uint64_t);

absl::StatusOr<FusionRow> RowOf(std::string_view key, std::string value) {
  if (key.size() != kKeyBytes) return DataLoss("table fusion: a key of ", key.size(), " bytes");
  ByteReader in(key.substr(kSpaceBytes));
  FusionRow row;
  row.node = NodeId{in.Be64()};
  row.other = NodeId{in.Be64()};
  row.id = in.Be64();
  row.value = std::move(value);
  return row;
}

}  // namespace

const FusionReader& FusionOf(const Reader& reader) {
  const auto* const fusion = dynamic_cast<const FusionReader*>(&reader);
  SKEIN_CHECK(fusion != nullptr);
  return *fusion;
}

FusionWriter& FusionOf(Transaction& transaction) {
  auto* const fusion = dynamic_cast<FusionWriter*>(&transaction);
  SKEIN_CHECK(fusion != nullptr);
  return *fusion;
}

void FusedNodes::Set(NodeId node) {
  absl::MutexLock lock(&mu_);
  const uint64_t id = Raw(node);
  if (words_.size() <= id / 64) words_.resize(std::max(id / 64 + 1, words_.size() * 3 / 2), 0);
  words_[id / 64] |= uint64_t{1} << (id % 64);
  any_.store(true, std::memory_order_release);
}

void FusedNodes::Get(std::span<const NodeId> ids, std::vector<uint8_t>* out) const {
  out->assign(ids.size(), 0);
  if (none()) return;
  absl::ReaderMutexLock lock(&mu_);
  for (size_t i = 0; i < ids.size(); ++i) (*out)[i] = Test(Raw(ids[i])) ? 1 : 0;
}

bool FusedNodes::Get(NodeId node) const {
  if (none()) return false;
  absl::ReaderMutexLock lock(&mu_);
  return Test(Raw(node));
}

std::vector<NodeId> FusedNodes::All() const {
  absl::ReaderMutexLock lock(&mu_);
  std::vector<NodeId> out;
  for (size_t i = 0; i < words_.size(); ++i) {
    for (uint64_t bits = words_[i]; bits != 0; bits &= bits - 1) {
      out.push_back(NodeId{i * 64 + static_cast<uint64_t>(std::countr_zero(bits))});
    }
  }
  return out;
}

ClusterPtr FusedNodes::FindCluster(const std::string& token, NodeId node) const {
  absl::ReaderMutexLock lock(&clusters_mu_);
  if (token != token_) return nullptr;
  const auto it = clusters_.find(node);
  return it == clusters_.end() ? nullptr : it->second;
}

void FusedNodes::RememberCluster(const std::string& token, NodeId node, ClusterPtr cluster) {
  absl::MutexLock lock(&clusters_mu_);
  if (token != token_ || clusters_.size() >= kClustersMax) clusters_.clear();
  token_ = token;
  clusters_[node] = std::move(cluster);
}

absl::Status SnapshotSource::FusionRows(std::span<const NodeId> ids,
                                        std::vector<std::vector<FusionRow>>* out) const {
  out->assign(ids.size(), {});
  std::vector<uint8_t> may;
  core_->fused.Get(ids, &may);
  std::vector<std::string> prefixes;
  std::vector<size_t> places;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (may[i] == 0) continue;
    prefixes.push_back(core_->layout.Fusion(ids[i]));
    places.push_back(i);
  }
  if (prefixes.empty()) return absl::OkStatus();
  std::vector<Rows> found;
  SKEIN_RETURN_IF_ERROR(ScanAll(Table::kFusion, prefixes, &found));
  for (size_t k = 0; k < places.size(); ++k) {
    for (auto& [key, value] : found[k]) {
      SKEIN_ASSIGN_OR_RETURN(FusionRow row, RowOf(key, std::move(value)));
      (*out)[places[k]].push_back(std::move(row));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SnapshotSource::FusionToken() const {
  SKEIN_ASSIGN_OR_RETURN(std::optional<std::string> token,
                         GetOne(core_->store, *view_, Table::kMeta, core_->layout.FusionToken()));
  return token.value_or("none");
}

absl::Status TransactionImpl::FusionRows(std::span<const NodeId> ids,
                                         std::vector<std::vector<FusionRow>>* out) const {
  SKEIN_RETURN_IF_ERROR(base_.FusionRows(ids, out));
  if (overlay_.fusion().empty()) return absl::OkStatus();
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::string prefix = core_->layout.Fusion(ids[i]);
    for (auto it = overlay_.fusion().lower_bound(prefix);
         it != overlay_.fusion().end() && it->first.starts_with(prefix); ++it) {
      SKEIN_ASSIGN_OR_RETURN(FusionRow row, RowOf(it->first, it->second));
      std::vector<FusionRow>& rows = (*out)[i];
      const auto at = std::lower_bound(
          rows.begin(), rows.end(), row, [](const FusionRow& a, const FusionRow& b) {
            return a.other != b.other ? a.other < b.other : a.id < b.id;
          });
      if (at != rows.end() && at->other == row.other && at->id == row.id) {
        *at = std::move(row);
      } else {
        rows.insert(at, std::move(row));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> TransactionImpl::FusionToken() const {
  if (!overlay_.fusion().empty()) return std::string();
  return base_.FusionToken();
}

absl::Status TransactionImpl::PutFusionRow(const FusionRow& row) {
  SKEIN_RETURN_IF_ERROR(CheckOpen());
  // A node that is deleted beside this leaves a row that means nothing: members must be there.
  for (const auto& [node, other] : {std::pair(row.node, row.other), {row.other, row.node}}) {
    SKEIN_RETURN_IF_ERROR(NodeNow(node).status());
    core_->fused.Set(node);
    overlay_.SetFusion(core_->layout.Fusion(node, other, row.id), row.value);
  }
  return absl::OkStatus();
}

absl::Status LoadFusedNodes(GraphCore& core) {
  SKEIN_ASSIGN_OR_RETURN(const auto view, core.store.Latest());
  const std::string end = PrefixEnd(core.layout.Space());
  std::string begin = core.layout.Space();
  for (;;) {
    const ScanRange range{Table::kFusion, begin, end, kScanRowsMax, true};
    std::vector<ScanPage> pages;
    SKEIN_RETURN_IF_ERROR(core.store.MultiScan(*view, {&range, 1}, &pages));
    for (const auto& [key, value] : pages[0].rows) {
      SKEIN_ASSIGN_OR_RETURN(const FusionRow row, RowOf(key, {}));
      core.fused.Set(row.node);
    }
    if (!pages[0].more) return absl::OkStatus();
    begin = NextKey(pages[0].rows.back().first);
  }
}

}  // namespace skein
