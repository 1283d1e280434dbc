#include "storage/fusion/fused_cursors.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "storage/base/status.h"
#include "storage/fusion/cluster.h"

namespace skein {

absl::Status Entities::Name(std::vector<NodeId>* nodes) const {
  std::vector<ClusterPtr> clusters;
  SKEIN_RETURN_IF_ERROR(ClustersOf(below_, viewer_, *nodes, &clusters));
  for (size_t i = 0; i < nodes->size(); ++i) {
    if (clusters[i] != nullptr) (*nodes)[i] = clusters[i]->front();
  }
  return absl::OkStatus();
}

absl::Status Entities::Members(NodeId node, std::vector<NodeId>* out) const {
  std::vector<ClusterPtr> clusters;
  SKEIN_RETURN_IF_ERROR(ClustersOf(below_, viewer_, {&node, 1}, &clusters));
  if (clusters[0] != nullptr) {
    *out = *clusters[0];
  } else {
    out->assign(1, node);
  }
  return absl::OkStatus();
}

absl::Status Entities::Spread(std::span<const NodeId> nodes, MemberRows* out) const {
  std::vector<ClusterPtr> clusters;
  SKEIN_RETURN_IF_ERROR(ClustersOf(below_, viewer_, nodes, &clusters));
  out->is_entity.assign(nodes.size(), 0);
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (clusters[i] == nullptr) {
      out->members.push_back(nodes[i]);
      out->owner.push_back(static_cast<uint32_t>(i));
      continue;
    }
    out->fused = true;
    out->is_entity[i] = 1;
    for (const NodeId member : *clusters[i]) {
      out->members.push_back(member);
      out->owner.push_back(static_cast<uint32_t>(i));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Entities::Surplus(std::optional<LabelId> label) const {
  constexpr size_t kBatch = 4096;
  const std::vector<NodeId> all = fused_nodes().All();
  uint64_t surplus = 0;
  for (size_t first = 0; first < all.size(); first += kBatch) {
    const std::span<const NodeId> nodes(all.data() + first, std::min(kBatch, all.size() - first));
    std::vector<ClusterPtr> clusters;
    SKEIN_RETURN_IF_ERROR(ClustersOf(below_, viewer_, nodes, &clusters));
    std::vector<NodeId> members;
    std::vector<size_t> ends;
    for (size_t i = 0; i < nodes.size(); ++i) {
      // Each cluster is counted at the member that names it.
      if (clusters[i] == nullptr || clusters[i]->front() != nodes[i]) continue;
      members.insert(members.end(), clusters[i]->begin(), clusters[i]->end());
      ends.push_back(members.size());
    }
    std::vector<uint8_t> counts;
    const std::span<const LabelId> wanted(label.has_value() ? &*label : nullptr,
                                          label.has_value() ? 1 : 0);
    SKEIN_RETURN_IF_ERROR(below_.FilterLabels(viewer_, members, wanted, &counts));
    size_t at = 0;
    for (const size_t end : ends) {
      uint64_t n = 0;
      for (; at < end; ++at) n += counts[at];
      if (n > 1) surplus += n - 1;
    }
  }
  return surplus;
}

namespace {

class FusedExpandCursor final : public ExpandCursor {
 public:
  FusedExpandCursor(const Entities& entities, MemberRows rows, std::vector<NodeId> names,
                    const ExpandOptions& options)
      : entities_(entities), rows_(std::move(rows)), names_(std::move(names)), options_(options) {}

  absl::Status Open(const Viewer& viewer, Budget& budget) {
    ExpandOptions options = options_;
    // To tell the two ends of a link within an entity.
    options.source = options.outgoing = true;
    if (!options.windows.empty()) {
      for (const uint32_t owner : rows_.owner) windows_.push_back(options.windows[owner]);
      options.windows = windows_;
    }
    SKEIN_ASSIGN_OR_RETURN(cursor_,
                           entities_.below().Expand(viewer, rows_.members, options, budget));
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Next(ExpandBatch* batch) override {
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor_->Next(batch));
      if (!more) return false;
      const std::vector<NodeId> before = batch->neighbour;
      SKEIN_RETURN_IF_ERROR(entities_.Name(&batch->neighbour));
      size_t kept = 0;
      for (size_t i = 0; i < batch->size(); ++i) {
        const NodeId member = rows_.members[batch->source[i]];
        const uint32_t source = rows_.owner[batch->source[i]];
        const bool loop = batch->neighbour[i] == names_[source] && before[i] != member;
        // A link between two members is met from both; where a loop is one row, from one.
        if (loop && options_.direction == Direction::kBoth && options_.loops_once &&
            batch->outgoing[i] == 0) {
          continue;
        }
        batch->source[kept] = source;
        batch->neighbour[kept] = batch->neighbour[i];
        Keep(&batch->link, kept, i);
        Keep(&batch->type, kept, i);
        Keep(&batch->outgoing, kept, i);
        Keep(&batch->valid, kept, i);
        ++kept;
      }
      batch->source.resize(kept);
      batch->neighbour.resize(kept);
      Cut(&batch->link, kept);
      Cut(&batch->type, kept);
      Cut(&batch->valid, kept);
      Cut(&batch->outgoing, kept);
      if (!options_.source) batch->source.clear();
      if (!options_.outgoing) batch->outgoing.clear();
      if (kept > 0) return true;
    }
  }

 private:
  template <typename T>
  static void Keep(std::vector<T>* column, size_t to, size_t from) {
    if (!column->empty()) (*column)[to] = (*column)[from];
  }
  template <typename T>
  static void Cut(std::vector<T>* column, size_t n) {
    if (!column->empty()) column->resize(n);
  }

  const Entities& entities_;
  const MemberRows rows_;
  const std::vector<NodeId> names_;
  const ExpandOptions options_;
  std::vector<ValidTime> windows_;  // by member; borrowed by the cursor below
  std::unique_ptr<ExpandCursor> cursor_;
};

class EntityCursor final : public IdCursor {
 public:
  EntityCursor(const Entities& entities, std::unique_ptr<IdCursor> nodes)
      : entities_(entities), nodes_(std::move(nodes)) {}

  absl::StatusOr<bool> Next(size_t max, std::vector<uint64_t>* out) override {
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, nodes_->Next(max, out));
      if (!more) return false;
      std::vector<NodeId> nodes;
      for (const uint64_t id : *out) nodes.push_back(NodeId{id});
      std::vector<ClusterPtr> clusters;
      SKEIN_RETURN_IF_ERROR(ClustersOf(entities_.below(), entities_.viewer(), nodes, &clusters));
      out->clear();
      for (size_t i = 0; i < nodes.size(); ++i) {
        const NodeId name = clusters[i] == nullptr ? nodes[i] : clusters[i]->front();
        // Only entities of several nodes can come twice.
        if (clusters[i] != nullptr && !seen_.insert(name).second) continue;
        out->push_back(Raw(name));
      }
      if (!out->empty()) return true;
    }
  }

 private:
  const Entities& entities_;
  std::unique_ptr<IdCursor> nodes_;
  absl::flat_hash_set<NodeId> seen_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ExpandCursor>> OpenFusedExpand(const Entities& entities,
                                                              const Viewer& viewer,
                                                              std::span<const NodeId> frontier,
                                                              const ExpandOptions& options,
                                                              Budget& budget) {
  MemberRows rows;
  SKEIN_RETURN_IF_ERROR(entities.Spread(frontier, &rows));
  std::vector<NodeId> names(frontier.begin(), frontier.end());
  SKEIN_RETURN_IF_ERROR(entities.Name(&names));
  auto cursor =
      std::make_unique<FusedExpandCursor>(entities, std::move(rows), std::move(names), options);
  SKEIN_RETURN_IF_ERROR(cursor->Open(viewer, budget));
  return std::unique_ptr<ExpandCursor>(std::move(cursor));
}

std::unique_ptr<IdCursor> OpenEntityCursor(const Entities& entities,
                                           std::unique_ptr<IdCursor> nodes) {
  return std::make_unique<EntityCursor>(entities, std::move(nodes));
}

}  // namespace skein
