#include "storage/graph/read_ops.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "storage/base/status.h"
#include "storage/index/point_index.h"
#include "storage/index/text.h"

namespace skein::read_ops {
namespace {

// Postings looked at for one search: beyond, the query is too common to be exhaustive.
constexpr size_t kPostingsMax = 20'000;
constexpr size_t kNodesPerFetch = 1024;

class NodeScan final : public IdCursor {
 public:
  NodeScan(const Source& source, const Viewer& viewer, std::optional<LabelId> label, NodeId from,
           NodeId to, Budget& budget)
      : source_(source), viewer_(viewer), label_(label), budget_(budget), to_(to), next_(from) {}

  absl::StatusOr<bool> Next(size_t max, std::vector<uint64_t>* out) override {
    out->clear();
    SKEIN_RETURN_IF_ERROR(budget_.Check());
    while (out->size() < max) {
      if (at_ == page_.size()) {
        if (!next_) break;
        SKEIN_RETURN_IF_ERROR(budget_.Check());
        const NodeId from = *next_;
        SKEIN_RETURN_IF_ERROR(source_.NodePage(label_, from, &page_, &next_));
        at_ = 0;
        continue;
      }
      const ScannedNode& node = page_[at_++];
      if (node.id >= to_) {
        at_ = page_.size();
        next_.reset();
        break;
      }
      if (viewer_.Sees(node.policy)) out->push_back(Raw(node.id));
    }
    if (out->empty()) return false;
    SKEIN_RETURN_IF_ERROR(budget_.TakeRows(static_cast<int64_t>(out->size())));
    return true;
  }

 private:
  const Source& source_;
  const Viewer& viewer_;
  std::optional<LabelId> label_;
  Budget& budget_;
  const NodeId to_;
  std::optional<NodeId> next_;
  std::vector<ScannedNode> page_;
  size_t at_ = 0;
};

class LinkScan final : public IdCursor {
 public:
  LinkScan(const Source& source, const Viewer& viewer, std::span<const LinkTypeId> types,
           Budget& budget)
      : source_(source), viewer_(viewer), types_(types.begin(), types.end()), budget_(budget) {
    std::sort(types_.begin(), types_.end());
  }

  absl::StatusOr<bool> Next(size_t max, std::vector<uint64_t>* out) override {
    out->clear();
    SKEIN_RETURN_IF_ERROR(budget_.Check());
    while (out->size() < max) {
      if (at_ == page_.size()) {
        if (!next_) break;
        SKEIN_RETURN_IF_ERROR(budget_.Check());
        const LinkId from = *next_;
        SKEIN_RETURN_IF_ERROR(source_.LinkPageFrom(from, &page_, &next_));
        at_ = 0;
        continue;
      }
      const StoredLink& link = *page_[at_++];
      const bool wanted =
          types_.empty() || std::binary_search(types_.begin(), types_.end(), link.record.type);
      if (wanted && link.VisibleTo(viewer_)) out->push_back(Raw(link.record.id));
    }
    if (out->empty()) return false;
    SKEIN_RETURN_IF_ERROR(budget_.TakeRows(static_cast<int64_t>(out->size())));
    return true;
  }

 private:
  const Source& source_;
  const Viewer& viewer_;
  std::vector<LinkTypeId> types_;
  Budget& budget_;
  std::optional<LinkId> next_ = LinkId{0};
  std::vector<LinkPtr> page_;
  size_t at_ = 0;
};

class IndexScan final : public IdCursor {
 public:
  IndexScan(const Source& source, const Viewer& viewer, uint32_t index,
            std::vector<KeyRange> ranges, Budget& budget)
      : source_(source),
        viewer_(viewer),
        index_(index),
        ranges_(std::move(ranges)),
        budget_(budget) {}

  absl::StatusOr<bool> Next(size_t max, std::vector<uint64_t>* out) override {
    out->clear();
    SKEIN_RETURN_IF_ERROR(budget_.Check());
    while (out->size() < max) {
      if (at_ == page_.size()) {
        if (!next_ && !NextRange()) break;
        SKEIN_RETURN_IF_ERROR(budget_.Check());
        const std::string from = *next_;
        SKEIN_RETURN_IF_ERROR(
            source_.IndexPage(index_, from, ranges_[range_ - 1].end, &page_, &next_));
        at_ = 0;
        continue;
      }
      const IndexHit& hit = page_[at_++];
      if (viewer_.Sees(hit.policy)) out->push_back(Raw(hit.node));
    }
    if (out->empty()) return false;
    SKEIN_RETURN_IF_ERROR(budget_.TakeRows(static_cast<int64_t>(out->size())));
    return true;
  }

 private:
  bool NextRange() {
    while (range_ < ranges_.size()) {
      if (ranges_[range_++].none) continue;
      next_ = ranges_[range_ - 1].begin;
      return true;
    }
    return false;
  }

  const Source& source_;
  const Viewer& viewer_;
  uint32_t index_;
  std::vector<KeyRange> ranges_;
  size_t range_ = 0;  // begun
  Budget& budget_;
  std::optional<std::string> next_;
  std::vector<IndexHit> page_;
  size_t at_ = 0;
};

// Gives what was found already.
class FoundHits final : public IdCursor {
 public:
  FoundHits(std::shared_ptr<const IndexHits> hits, const Viewer& viewer, Budget& budget)
      : hits_(std::move(hits)), viewer_(viewer), budget_(budget) {}

  absl::StatusOr<bool> Next(size_t max, std::vector<uint64_t>* out) override {
    out->clear();
    SKEIN_RETURN_IF_ERROR(budget_.Check());
    for (; at_ < hits_->size() && out->size() < max; ++at_) {
      const IndexHit& hit = (*hits_)[at_];
      if (viewer_.Sees(hit.policy)) out->push_back(Raw(hit.node));
    }
    if (out->empty()) return false;
    SKEIN_RETURN_IF_ERROR(budget_.TakeRows(static_cast<int64_t>(out->size())));
    return true;
  }

 private:
  const std::shared_ptr<const IndexHits> hits_;
  const Viewer& viewer_;
  Budget& budget_;
  size_t at_ = 0;
};

std::vector<KeyRange> OneRange(KeyRange range) {
  std::vector<KeyRange> ranges;
  ranges.push_back(std::move(range));
  return ranges;
}

absl::Status CheckIndex(const Source& source, uint32_t index, bool points = false) {
  const auto state = source.stored_catalog().GetIndexState(index);
  if (!state) return NotFound("no index ", index);
  const bool fits = points ? state->kind == IndexKind::kPoint
                           : state->kind == IndexKind::kRange || state->kind == IndexKind::kUnique;
  if (!fits) return InvalidArgument("index ", index, " is of another kind");
  if (!state->online) return FailedPrecondition("index ", index, " is still being built");
  if (source.source_version() < source.IndexSince(index)) {
    return Aborted("index ", index, " was built after this snapshot was taken; try again");
  }
  return absl::OkStatus();
}

// Of a group whose tokens must all match, the candidates of the rarest token suffice.
const TextPostings* Rarest(std::span<const TextPostings> group) {
  const TextPostings* best = nullptr;
  for (const TextPostings& one : group) {
    const bool better =
        best == nullptr || (one.complete && !best->complete) ||
        (one.complete == best->complete && one.postings.size() < best->postings.size());
    if (better) best = &one;
  }
  return best;
}

}  // namespace

const PropertyEntry* FindProperty(const std::vector<PropertyEntry>& properties, KeyId key) {
  const auto it =
      std::lower_bound(properties.begin(), properties.end(), key,
                       [](const PropertyEntry& entry, KeyId k) { return entry.key < k; });
  return it != properties.end() && it->key == key ? &*it : nullptr;
}

bool HasLabel(const NodeRecord& node, LabelId label) {
  return std::binary_search(node.labels.begin(), node.labels.end(), label);
}

absl::Status VisibleNodes(const Source& source, const Viewer& viewer, std::span<const NodeId> ids,
                          std::vector<NodePtr>* out) {
  SKEIN_RETURN_IF_ERROR(source.Nodes(ids, out));
  if (viewer.sees_all()) return absl::OkStatus();
  for (NodePtr& node : *out) {
    if (node != nullptr && !viewer.Sees(node->policy)) node = nullptr;
  }
  return absl::OkStatus();
}

absl::Status VisibleLinks(const Source& source, const Viewer& viewer, std::span<const LinkId> ids,
                          std::vector<LinkPtr>* out) {
  SKEIN_RETURN_IF_ERROR(source.Links(ids, out));
  for (LinkPtr& link : *out) {
    if (link != nullptr && !link->VisibleTo(viewer)) link = nullptr;
  }
  return absl::OkStatus();
}

absl::Status GetNodes(const Source& source, const Viewer& viewer, std::span<const NodeId> ids,
                      std::vector<std::optional<NodeRecord>>* out) {
  std::vector<NodePtr> nodes;
  SKEIN_RETURN_IF_ERROR(VisibleNodes(source, viewer, ids, &nodes));
  out->assign(ids.size(), std::nullopt);
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i] != nullptr) (*out)[i] = *nodes[i];
  }
  return absl::OkStatus();
}

absl::Status GetLinks(const Source& source, const Viewer& viewer, std::span<const LinkId> ids,
                      std::vector<std::optional<LinkRecord>>* out) {
  std::vector<LinkPtr> links;
  SKEIN_RETURN_IF_ERROR(VisibleLinks(source, viewer, ids, &links));
  out->assign(ids.size(), std::nullopt);
  for (size_t i = 0; i < links.size(); ++i) {
    if (links[i] != nullptr) (*out)[i] = links[i]->record;
  }
  return absl::OkStatus();
}

absl::Status GetNodeProperty(const Source& source, const Viewer& viewer,
                             std::span<const NodeId> ids, KeyId key, std::vector<Value>* out) {
  std::vector<NodePtr> nodes;
  SKEIN_RETURN_IF_ERROR(VisibleNodes(source, viewer, ids, &nodes));
  out->assign(ids.size(), Value());
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i] == nullptr) continue;
    if (const PropertyEntry* found = FindProperty(nodes[i]->properties, key)) {
      (*out)[i] = found->value;
    }
  }
  return absl::OkStatus();
}

absl::Status GetLinkProperty(const Source& source, const Viewer& viewer,
                             std::span<const LinkId> ids, KeyId key, std::vector<Value>* out) {
  std::vector<LinkPtr> links;
  SKEIN_RETURN_IF_ERROR(VisibleLinks(source, viewer, ids, &links));
  out->assign(ids.size(), Value());
  for (size_t i = 0; i < links.size(); ++i) {
    if (links[i] == nullptr) continue;
    if (const PropertyEntry* found = FindProperty(links[i]->record.properties, key)) {
      (*out)[i] = found->value;
    }
  }
  return absl::OkStatus();
}

absl::Status GetLabels(const Source& source, const Viewer& viewer, std::span<const NodeId> ids,
                       std::vector<std::vector<LabelId>>* out) {
  std::vector<NodePtr> nodes;
  SKEIN_RETURN_IF_ERROR(VisibleNodes(source, viewer, ids, &nodes));
  out->assign(ids.size(), {});
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i] != nullptr) (*out)[i] = nodes[i]->labels;
  }
  return absl::OkStatus();
}

absl::Status FilterLabels(const Source& source, const Viewer& viewer, std::span<const NodeId> ids,
                          std::span<const LabelId> labels, std::vector<uint8_t>* out) {
  std::vector<NodePtr> nodes;
  SKEIN_RETURN_IF_ERROR(VisibleNodes(source, viewer, ids, &nodes));
  out->assign(ids.size(), 0);
  for (size_t i = 0; i < nodes.size(); ++i) {
    const NodePtr& node = nodes[i];
    if (node == nullptr) continue;
    (*out)[i] = std::all_of(labels.begin(), labels.end(),
                            [&node](LabelId label) { return HasLabel(*node, label); })
                    ? 1
                    : 0;
  }
  return absl::OkStatus();
}

absl::Status GetLinkEnds(const Source& source, const Viewer& viewer, std::span<const LinkId> ids,
                         std::vector<LinkEnds>* out) {
  std::vector<LinkPtr> links;
  SKEIN_RETURN_IF_ERROR(VisibleLinks(source, viewer, ids, &links));
  out->assign(ids.size(), {});
  for (size_t i = 0; i < links.size(); ++i) {
    if (links[i] == nullptr) continue;
    (*out)[i] = {links[i]->record.from, links[i]->record.to, links[i]->record.type};
  }
  return absl::OkStatus();
}

std::unique_ptr<IdCursor> ScanNodes(const Source& source, const Viewer& viewer,
                                    std::optional<LabelId> label, Budget& budget) {
  return ScanNodesWithin(source, viewer, label, NodeId{0}, kNoNode, budget);
}

std::unique_ptr<IdCursor> ScanNodesWithin(const Source& source, const Viewer& viewer,
                                          std::optional<LabelId> label, NodeId from, NodeId to,
                                          Budget& budget) {
  return std::make_unique<NodeScan>(source, viewer, label, from, to, budget);
}

std::unique_ptr<IdCursor> ScanLinks(const Source& source, const Viewer& viewer,
                                    std::span<const LinkTypeId> types, Budget& budget) {
  return std::make_unique<LinkScan>(source, viewer, types, budget);
}

absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndex(const Source& source, const Viewer& viewer,
                                                    const Layout& layout, uint32_t index,
                                                    std::span<const Value> equal, Budget& budget) {
  SKEIN_RETURN_IF_ERROR(CheckIndex(source, index));
  // Most ids are numbers or texts, which equal themselves: where the prefix is known, the end of
  // the range is not made.
  const bool plain = std::all_of(equal.begin(), equal.end(), [](const Value& v) {
    return v.kind() == ValueKind::kInteger || v.kind() == ValueKind::kString;
  });
  if (plain) {
    const absl::StatusOr<std::string> prefix = IndexPrefix(layout, index, equal);
    auto hits = prefix.ok() ? source.KnownHits(index, *prefix) : nullptr;
    if (hits != nullptr) {
      return std::unique_ptr<IdCursor>(
          std::make_unique<FoundHits>(std::move(hits), viewer, budget));
    }
  }
  KeyRange range = EqualRange(layout, index, equal);
  return std::unique_ptr<IdCursor>(
      std::make_unique<IndexScan>(source, viewer, index, OneRange(std::move(range)), budget));
}

absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndexRange(const Source& source, const Viewer& viewer,
                                                         const Layout& layout, uint32_t index,
                                                         const IndexRange& range, Budget& budget) {
  SKEIN_RETURN_IF_ERROR(CheckIndex(source, index));
  KeyRange keys = ValueRange(layout, index, range.equal, range.low, range.low_inclusive, range.high,
                             range.high_inclusive);
  return std::unique_ptr<IdCursor>(
      std::make_unique<IndexScan>(source, viewer, index, OneRange(std::move(keys)), budget));
}

absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndexArea(const Source& source, const Viewer& viewer,
                                                        const Layout& layout, uint32_t index,
                                                        const PointArea& area, Budget& budget) {
  SKEIN_RETURN_IF_ERROR(CheckIndex(source, index, /*points=*/true));
  const auto state = source.stored_catalog().GetIndexState(index);
  if (!state) return NotFound("no index ", index);
  return std::unique_ptr<IdCursor>(std::make_unique<IndexScan>(
      source, viewer, index, AreaRanges(layout, index, state->keys > 1, area), budget));
}

absl::StatusOr<std::vector<TextHit>> SearchText(const Source& source, const Viewer& viewer,
                                                std::string_view text, std::optional<LabelId> label,
                                                size_t limit, Budget& budget) {
  std::vector<TextHit> hits;
  const TextQuery query(text);
  if (query.empty() || limit == 0) return hits;
  SKEIN_RETURN_IF_ERROR(budget.Check());
  std::vector<TextProbe> probes;
  for (const std::vector<TextToken>& group : query.groups()) {
    for (const TextToken& token : group) probes.push_back({token.kind, token.text, token.exact});
  }
  std::vector<TextPostings> found;
  SKEIN_RETURN_IF_ERROR(source.TextCandidates(probes, kPostingsMax, &found));
  std::set<std::pair<uint64_t, uint64_t>> candidates;  // (node, key), without repetition
  size_t first = 0;
  for (const std::vector<TextToken>& group : query.groups()) {
    const TextPostings* rarest = Rarest({found.data() + first, group.size()});
    first += group.size();
    if (rarest == nullptr) continue;
    for (const Posting& posting : rarest->postings) {
      candidates.emplace(Raw(posting.node), Raw(posting.key));
    }
  }
  std::vector<NodeId> ids;
  ids.reserve(candidates.size());
  for (const auto& [node, key] : candidates) ids.push_back(NodeId{node});
  std::vector<NodePtr> nodes;
  auto candidate = candidates.begin();
  for (size_t begin = 0; begin < ids.size(); begin += kNodesPerFetch) {
    SKEIN_RETURN_IF_ERROR(budget.Check());
    const std::span<const NodeId> part =
        std::span(ids).subspan(begin, std::min(kNodesPerFetch, ids.size() - begin));
    SKEIN_RETURN_IF_ERROR(VisibleNodes(source, viewer, part, &nodes));
    for (const NodePtr& node : nodes) {
      const KeyId key{static_cast<uint32_t>((candidate++)->second)};
      if (node == nullptr || (label && !HasLabel(*node, *label))) continue;
      const PropertyEntry* property = FindProperty(node->properties, key);
      if (property == nullptr) continue;
      double best = 0;
      for (const std::string& value : SearchableTexts(property->value)) {
        best = std::max(best, query.Score(FoldText(value)));
      }
      if (best > 0) hits.push_back({node->id, key, best});
    }
  }
  std::sort(hits.begin(), hits.end(), [](const TextHit& a, const TextHit& b) {
    if (a.score != b.score) return a.score > b.score;
    return std::pair(a.node, a.key) < std::pair(b.node, b.key);
  });
  if (hits.size() > limit) hits.resize(limit);
  SKEIN_RETURN_IF_ERROR(budget.TakeRows(static_cast<int64_t>(hits.size())));
  return hits;
}

absl::StatusOr<uint64_t> CountNodes(const Source& source, const Viewer& viewer,
                                    std::optional<LabelId> label) {
  std::vector<NodeCountRow> rows;
  SKEIN_RETURN_IF_ERROR(
      source.NodeCounts(label ? static_cast<uint32_t>(Raw(*label)) : kAllNames, &rows));
  int64_t sum = 0;
  for (const NodeCountRow& row : rows) {
    if (viewer.Sees(row.policy)) sum += row.count;
  }
  return static_cast<uint64_t>(std::max<int64_t>(sum, 0));
}

absl::StatusOr<uint64_t> CountLinks(const Source& source, const Viewer& viewer,
                                    std::optional<LinkTypeId> type) {
  std::vector<LinkCountRow> rows;
  SKEIN_RETURN_IF_ERROR(
      source.LinkCounts(type ? static_cast<uint32_t>(Raw(*type)) : kAllNames, &rows));
  int64_t sum = 0;
  for (const LinkCountRow& row : rows) {
    if (viewer.Sees(row.policy) && viewer.Sees(row.from) && viewer.Sees(row.to)) sum += row.count;
  }
  return static_cast<uint64_t>(std::max<int64_t>(sum, 0));
}

}  // namespace skein::read_ops
