#include "storage/fusion/fused_reader.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "storage/base/status.h"
#include "storage/fusion/cluster.h"
#include "storage/fusion/fused_cursors.h"
#include "storage/schema/catalog.h"

namespace skein {
namespace {

class FusedReader final : public Reader, public ReaderView, public FusionReader {
 public:
  FusedReader(std::shared_ptr<const Reader> below, Viewer viewer)
      : below_(std::move(below)), entities_(*below_, std::move(viewer)) {}

  const Catalog& catalog() const override { return below_->catalog(); }
  Version version() const override { return below_->version(); }

  absl::StatusOr<std::unique_ptr<ExpandCursor>> Expand(const Viewer& viewer,
                                                       std::span<const NodeId> frontier,
                                                       const ExpandOptions& options,
                                                       Budget& budget) const override {
    if (entities_.none()) return below_->Expand(viewer, frontier, options, budget);
    return OpenFusedExpand(entities_, viewer, frontier, options, budget);
  }

  absl::Status Degrees(const Viewer& viewer, std::span<const NodeId> frontier,
                       const ExpandOptions& options, Budget& budget,
                       std::vector<uint64_t>* out) const override {
    MemberRows rows;
    SKEIN_RETURN_IF_ERROR(entities_.Spread(frontier, &rows));
    if (!rows.fused) return below_->Degrees(viewer, frontier, options, budget, out);
    // Links within an entity show at two members: only walking tells.
    out->assign(frontier.size(), 0);
    SKEIN_ASSIGN_OR_RETURN(auto cursor, Expand(viewer, frontier, options, budget));
    ExpandBatch batch;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&batch));
      if (!more) return absl::OkStatus();
      for (const uint32_t source : batch.source) ++(*out)[source];
    }
  }

  absl::StatusOr<std::vector<NeighbourCount>> CountNeighbours(const Viewer& viewer, NodeId node,
                                                              const ValidTime& window,
                                                              Budget& budget) const override {
    std::vector<NodeId> members;
    SKEIN_RETURN_IF_ERROR(entities_.Members(node, &members));
    std::vector<NeighbourCount> out;
    for (const NodeId member : members) {
      SKEIN_ASSIGN_OR_RETURN(const std::vector<NeighbourCount> some,
                             below_->CountNeighbours(viewer, member, window, budget));
      for (const NeighbourCount& count : some) {
        const auto it = std::find_if(out.begin(), out.end(), [&count](const NeighbourCount& c) {
          return c.type == count.type && c.outgoing == count.outgoing && c.label == count.label;
        });
        if (it == out.end()) {
          out.push_back(count);
        } else {
          it->count += count.count;
        }
      }
    }
    std::sort(out.begin(), out.end(), [](const NeighbourCount& a, const NeighbourCount& b) {
      return std::tuple(a.type, !a.outgoing, a.label) < std::tuple(b.type, !b.outgoing, b.label);
    });
    return out;
  }

  absl::Status GetNodes(const Viewer& viewer, std::span<const NodeId> ids,
                        std::vector<std::optional<NodeRecord>>* out) const override {
    MemberRows rows;
    SKEIN_RETURN_IF_ERROR(entities_.Spread(ids, &rows));
    if (!rows.fused) return below_->GetNodes(viewer, ids, out);
    std::vector<std::optional<NodeRecord>> records;
    SKEIN_RETURN_IF_ERROR(below_->GetNodes(viewer, rows.members, &records));
    out->assign(ids.size(), std::nullopt);
    PropertyPreference preference(catalog());
    for (size_t i = 0; i < records.size(); ++i) {
      if (!records[i].has_value()) continue;
      std::optional<NodeRecord>& entity = (*out)[rows.owner[i]];
      if (entity.has_value()) {
        Merge(*std::move(records[i]), &*entity, preference);
      } else {
        entity = std::move(records[i]);
      }
    }
    return absl::OkStatus();
  }

  absl::Status GetLinks(const Viewer& viewer, std::span<const LinkId> ids,
                        std::vector<std::optional<LinkRecord>>* out) const override {
    SKEIN_RETURN_IF_ERROR(below_->GetLinks(viewer, ids, out));
    if (entities_.none()) return absl::OkStatus();
    std::vector<NodeId> ends;
    for (const auto& link : *out) {
      if (link.has_value()) ends.insert(ends.end(), {link->from, link->to});
    }
    SKEIN_RETURN_IF_ERROR(entities_.Name(&ends));
    size_t next = 0;
    for (auto& link : *out) {
      if (!link.has_value()) continue;
      link->from = ends[next++];
      link->to = ends[next++];
    }
    return absl::OkStatus();
  }

  absl::Status GetNodeProperty(const Viewer& viewer, std::span<const NodeId> ids, KeyId key,
                               std::vector<Value>* out) const override {
    MemberRows rows;
    SKEIN_RETURN_IF_ERROR(entities_.Spread(ids, &rows));
    SKEIN_RETURN_IF_ERROR(below_->GetNodeProperty(viewer, ids, key, out));
    if (!rows.fused) return absl::OkStatus();
    // Whole records, but only of the entities: values alone do not say where they come from.
    std::vector<NodeId> entities;
    std::vector<size_t> places;
    for (size_t i = 0; i < ids.size(); ++i) {
      if (!rows.is_entity[i]) continue;
      entities.push_back(ids[i]);
      places.push_back(i);
    }
    std::vector<std::optional<NodeRecord>> records;
    SKEIN_RETURN_IF_ERROR(GetNodes(viewer, entities, &records));
    for (size_t i = 0; i < places.size(); ++i) {
      Value& value = (*out)[places[i]];
      value = Value::Null();
      if (!records[i].has_value()) continue;
      for (const PropertyEntry& entry : records[i]->properties) {
        if (entry.key == key) value = entry.value;
      }
    }
    return absl::OkStatus();
  }

  absl::Status GetLinkProperty(const Viewer& viewer, std::span<const LinkId> ids, KeyId key,
                               std::vector<Value>* out) const override {
    return below_->GetLinkProperty(viewer, ids, key, out);
  }

  absl::Status GetLabels(const Viewer& viewer, std::span<const NodeId> ids,
                         std::vector<std::vector<LabelId>>* out) const override {
    MemberRows rows;
    SKEIN_RETURN_IF_ERROR(entities_.Spread(ids, &rows));
    if (!rows.fused) return below_->GetLabels(viewer, ids, out);
    std::vector<std::vector<LabelId>> labels;
    SKEIN_RETURN_IF_ERROR(below_->GetLabels(viewer, rows.members, &labels));
    out->assign(ids.size(), {});
    for (size_t i = 0; i < labels.size(); ++i) {
      std::vector<LabelId>& all = (*out)[rows.owner[i]];
      all.insert(all.end(), labels[i].begin(), labels[i].end());
    }
    for (auto& all : *out) {
      std::sort(all.begin(), all.end());
      all.erase(std::unique(all.begin(), all.end()), all.end());
    }
    return absl::OkStatus();
  }

  absl::Status FilterLabels(const Viewer& viewer, std::span<const NodeId> ids,
                            std::span<const LabelId> labels,
                            std::vector<uint8_t>* out) const override {
    SKEIN_RETURN_IF_ERROR(below_->FilterLabels(viewer, ids, labels, out));
    if (labels.empty() || entities_.none()) return absl::OkStatus();
    std::vector<std::vector<LabelId>> have;
    SKEIN_RETURN_IF_ERROR(GetLabels(viewer, ids, &have));
    for (size_t i = 0; i < ids.size(); ++i) {
      (*out)[i] = std::all_of(labels.begin(), labels.end(), [&have, i](LabelId label) {
        return std::binary_search(have[i].begin(), have[i].end(), label);
      });
    }
    return absl::OkStatus();
  }

  absl::Status GetLinkEnds(const Viewer& viewer, std::span<const LinkId> ids,
                           std::vector<LinkEnds>* out) const override {
    SKEIN_RETURN_IF_ERROR(below_->GetLinkEnds(viewer, ids, out));
    if (entities_.none()) return absl::OkStatus();
    std::vector<NodeId> ends;
    for (const LinkEnds& link : *out) ends.insert(ends.end(), {link.from, link.to});
    SKEIN_RETURN_IF_ERROR(entities_.Name(&ends));
    for (size_t i = 0; i < out->size(); ++i) {
      (*out)[i].from = ends[2 * i];
      (*out)[i].to = ends[2 * i + 1];
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<IdCursor>> ScanNodes(const Viewer& viewer,
                                                      std::optional<LabelId> label,
                                                      Budget& budget) const override {
    SKEIN_ASSIGN_OR_RETURN(auto cursor, below_->ScanNodes(viewer, label, budget));
    return OpenNamed(std::move(cursor));
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> ScanLinks(const Viewer& viewer,
                                                      std::span<const LinkTypeId> types,
                                                      Budget& budget) const override {
    return below_->ScanLinks(viewer, types, budget);
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndex(const Viewer& viewer, uint32_t index,
                                                      std::span<const Value> equal,
                                                      Budget& budget) const override {
    SKEIN_ASSIGN_OR_RETURN(auto cursor, below_->SeekIndex(viewer, index, equal, budget));
    return OpenNamed(std::move(cursor));
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndexRange(const Viewer& viewer, uint32_t index,
                                                           const IndexRange& range,
                                                           Budget& budget) const override {
    SKEIN_ASSIGN_OR_RETURN(auto cursor, below_->SeekIndexRange(viewer, index, range, budget));
    return OpenNamed(std::move(cursor));
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndexArea(const Viewer& viewer, uint32_t index,
                                                          const PointArea& area,
                                                          Budget& budget) const override {
    SKEIN_ASSIGN_OR_RETURN(auto cursor, below_->SeekIndexArea(viewer, index, area, budget));
    return OpenNamed(std::move(cursor));
  }

  absl::StatusOr<std::vector<TextHit>> SearchText(const Viewer& viewer, std::string_view text,
                                                  std::optional<LabelId> label, size_t limit,
                                                  Budget& budget) const override {
    SKEIN_ASSIGN_OR_RETURN(std::vector<TextHit> hits,
                           below_->SearchText(viewer, text, label, limit, budget));
    if (entities_.none()) return hits;
    std::vector<NodeId> nodes;
    for (const TextHit& hit : hits) nodes.push_back(hit.node);
    SKEIN_RETURN_IF_ERROR(entities_.Name(&nodes));
    // Best first: the first hit of an entity and key is its best.
    absl::flat_hash_set<std::pair<NodeId, KeyId>> seen;
    std::vector<TextHit> out;
    for (size_t i = 0; i < hits.size(); ++i) {
      hits[i].node = nodes[i];
      if (seen.insert({nodes[i], hits[i].key}).second) out.push_back(hits[i]);
    }
    return out;
  }

  absl::StatusOr<uint64_t> CountNodes(const Viewer& viewer,
                                      std::optional<LabelId> label) const override {
    SKEIN_ASSIGN_OR_RETURN(const uint64_t all, below_->CountNodes(viewer, label));
    if (entities_.none()) return all;
    SKEIN_ASSIGN_OR_RETURN(const uint64_t surplus, entities_.Surplus(label));
    return all - surplus;
  }
  absl::StatusOr<uint64_t> CountLinks(const Viewer& viewer,
                                      std::optional<LinkTypeId> type) const override {
    return below_->CountLinks(viewer, type);
  }

  absl::Status FusionRows(std::span<const NodeId> ids,
                          std::vector<std::vector<FusionRow>>* out) const override {
    return FusionOf(*below_).FusionRows(ids, out);
  }
  FusedNodes& fused_nodes() const override { return entities_.fused_nodes(); }
  absl::StatusOr<std::string> FusionToken() const override {
    return FusionOf(*below_).FusionToken();
  }
  const Reader& below() const override { return *below_; }

 private:
  std::unique_ptr<IdCursor> OpenNamed(std::unique_ptr<IdCursor> cursor) const {
    if (entities_.none()) return cursor;
    return OpenEntityCursor(entities_, std::move(cursor));
  }

  // Takes in another member, whose id is higher.
  static void Merge(NodeRecord member, NodeRecord* entity, PropertyPreference& preference) {
    std::vector<LabelId>& labels = entity->labels;
    labels.insert(labels.end(), member.labels.begin(), member.labels.end());
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    entity->valid.from = std::min(entity->valid.from, member.valid.from);
    entity->valid.to = std::max(entity->valid.to, member.valid.to);
    for (PropertyEntry& entry : member.properties) {
      const auto it =
          std::lower_bound(entity->properties.begin(), entity->properties.end(), entry.key,
                           [](const PropertyEntry& e, KeyId key) { return e.key < key; });
      if (it == entity->properties.end() || it->key != entry.key) {
        entity->properties.insert(it, std::move(entry));
      } else if (preference.Prefers(entry.source, it->source)) {
        *it = std::move(entry);
      }
    }
  }

  std::shared_ptr<const Reader> below_;
  Entities entities_;
};

}  // namespace

bool PropertyPreference::Prefers(const Provenance& a, const Provenance& b) {
  return std::pair(a.row == 0, Received(a.batch)) > std::pair(b.row == 0, Received(b.batch));
}

int64_t PropertyPreference::Received(BatchId id) {
  const auto [it, fresh] = received_.try_emplace(id, INT64_MIN);
  if (fresh) {
    // Of a batch that is not known, nothing is: it comes last.
    const absl::StatusOr<Batch> batch = catalog_.GetBatch(id);
    if (batch.ok()) it->second = batch->received_us;
  }
  return it->second;
}

std::shared_ptr<const Reader> MakeFusedReader(std::shared_ptr<const Reader> below, Viewer viewer) {
  return std::make_shared<const FusedReader>(std::move(below), std::move(viewer));
}

const Reader& Unfused(const Reader& reader) {
  const Reader* at = &reader;
  while (const auto* const view = dynamic_cast<const ReaderView*>(at)) at = &view->below();
  return *at;
}

absl::Status MembersOf(const Reader& reader, const Viewer& viewer, NodeId node,
                       std::vector<NodeId>* out) {
  out->assign(1, node);
  std::vector<ClusterPtr> clusters;
  SKEIN_RETURN_IF_ERROR(ClustersOf(Unfused(reader), viewer, {&node, 1}, &clusters));
  if (clusters[0] != nullptr) *out = *clusters[0];
  return absl::OkStatus();
}

}  // namespace skein
