// The transaction as a Source: the snapshot's answers, corrected by the overlay.
#include <algorithm>
#include <iterator>
#include <utility>

#include "storage/base/status.h"
#include "storage/graph/page_reader.h"
#include "storage/graph/transaction_impl.h"
#include "storage/index/text.h"

namespace skein {
absl::Status TransactionImpl::Nodes(std::span<const NodeId> ids, std::vector<NodePtr>* out) const {
  if (overlay_.nodes().empty()) return base_.Nodes(ids, out);
  std::vector<NodePtr> found(ids.size());
  std::vector<NodeId> rest;
  std::vector<size_t> places;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (const Change<NodePtr>* change = overlay_.Find(ids[i])) {
      found[i] = change->now;
    } else {
      rest.push_back(ids[i]);
      places.push_back(i);
    }
  }
  if (!rest.empty()) {
    std::vector<NodePtr> stored;
    SKEIN_RETURN_IF_ERROR(base_.Nodes(rest, &stored));
    for (size_t k = 0; k < places.size(); ++k) found[places[k]] = std::move(stored[k]);
  }
  *out = std::move(found);
  return absl::OkStatus();
}

absl::Status TransactionImpl::Links(std::span<const LinkId> ids, std::vector<LinkPtr>* out) const {
  if (overlay_.links().empty()) return base_.Links(ids, out);
  std::vector<LinkPtr> found(ids.size());
  std::vector<LinkId> rest;
  std::vector<size_t> places;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (const Change<LinkPtr>* change = overlay_.Find(ids[i])) {
      found[i] = change->now;
    } else {
      rest.push_back(ids[i]);
      places.push_back(i);
    }
  }
  if (!rest.empty()) {
    std::vector<LinkPtr> stored;
    SKEIN_RETURN_IF_ERROR(base_.Links(rest, &stored));
    for (size_t k = 0; k < places.size(); ++k) found[places[k]] = std::move(stored[k]);
  }
  *out = std::move(found);
  return absl::OkStatus();
}

absl::Status TransactionImpl::TouchedList(NodeId id, std::optional<AdjacencyList>* out) const {
  out->reset();
  const std::vector<LinkId>* touched = overlay_.TouchedLinks(id);
  if (touched == nullptr) return absl::OkStatus();
  std::vector<LinkId> links = *touched;
  std::sort(links.begin(), links.end());
  links.erase(std::unique(links.begin(), links.end()), links.end());
  // What a rolled-back statement touched is no longer in the overlay.
  std::erase_if(links, [this](LinkId link) { return overlay_.Find(link) == nullptr; });
  std::vector<AdjacencyList> stored;
  SKEIN_RETURN_IF_ERROR(ReadLists(base_, {&id, 1}, &stored));
  AdjacencyList& list = out->emplace(std::move(stored[0]));
  std::erase_if(list.entries, [&links](const AdjacencyEntry& entry) {
    return std::binary_search(links.begin(), links.end(), entry.link);
  });
  for (const LinkId link : links) {
    const Change<LinkPtr>* change = overlay_.Find(link);
    if (change->now == nullptr && change->base == nullptr) continue;  // made and deleted
    const StoredLink& any = change->now != nullptr ? *change->now : *change->base;
    list.policy = any.record.from == id ? any.from_policy : any.to_policy;
    if (change->now == nullptr) continue;
    if (any.record.from == id) list.entries.push_back(EntryOf(any, true));
    if (any.record.to == id) list.entries.push_back(EntryOf(any, false));
  }
  std::sort(list.entries.begin(), list.entries.end(), AdjacencyLess);
  return absl::OkStatus();
}

absl::Status TransactionImpl::NodePage(std::optional<LabelId> label, NodeId from,
                                       std::vector<ScannedNode>* out,
                                       std::optional<NodeId>* next) const {
  SKEIN_RETURN_IF_ERROR(base_.NodePage(label, from, out, next));
  if (overlay_.nodes().empty()) return absl::OkStatus();
  std::erase_if(*out,
                [this](const ScannedNode& node) { return overlay_.Find(node.id) != nullptr; });
  const size_t stored = out->size();
  for (auto it = overlay_.nodes().lower_bound(from); it != overlay_.nodes().end(); ++it) {
    if (*next && it->first >= **next) break;  // belongs to a later page
    const NodePtr& now = it->second.now;
    if (now == nullptr || (label && !read_ops::HasLabel(*now, *label))) continue;
    out->push_back({it->first, now->policy});
  }
  std::inplace_merge(out->begin(), out->begin() + static_cast<ptrdiff_t>(stored), out->end(),
                     [](const ScannedNode& a, const ScannedNode& b) { return a.id < b.id; });
  return absl::OkStatus();
}

absl::Status TransactionImpl::LinkPageFrom(LinkId from, std::vector<LinkPtr>* out,
                                           std::optional<LinkId>* next) const {
  SKEIN_RETURN_IF_ERROR(base_.LinkPageFrom(from, out, next));
  if (overlay_.links().empty()) return absl::OkStatus();
  std::erase_if(*out,
                [this](const LinkPtr& link) { return overlay_.Find(link->record.id) != nullptr; });
  const size_t stored = out->size();
  for (auto it = overlay_.links().lower_bound(from); it != overlay_.links().end(); ++it) {
    if (*next && it->first >= **next) break;
    if (it->second.now != nullptr) out->push_back(it->second.now);
  }
  std::inplace_merge(
      out->begin(), out->begin() + static_cast<ptrdiff_t>(stored), out->end(),
      [](const LinkPtr& a, const LinkPtr& b) { return a->record.id < b->record.id; });
  return absl::OkStatus();
}

absl::Status TransactionImpl::IndexPage(uint32_t index, const std::string& begin,
                                        const std::string& end, std::vector<IndexHit>* out,
                                        std::optional<std::string>* next) const {
  SKEIN_RETURN_IF_ERROR(base_.IndexPage(index, begin, end, out, next));
  if (overlay_.nodes().empty()) return absl::OkStatus();
  std::erase_if(*out, [this](const IndexHit& hit) { return overlay_.Find(hit.node) != nullptr; });
  const size_t stored = out->size();
  for (const IndexInfo& info : Indexes()) {
    if (info.id != index) continue;
    const std::map<std::string, NodeId>& entries = overlay_.IndexEntries(info);
    for (auto it = entries.lower_bound(begin); it != entries.end(); ++it) {
      if (!end.empty() && it->first >= end) break;
      if (*next && it->first >= **next) break;
      out->push_back({it->first, it->second, overlay_.Find(it->second)->now->policy});
    }
  }
  std::inplace_merge(out->begin(), out->begin() + static_cast<ptrdiff_t>(stored), out->end(),
                     [](const IndexHit& a, const IndexHit& b) { return a.key < b.key; });
  return absl::OkStatus();
}

// Candidates may be wrong, so the overlay's nodes are simply all candidates of the first probe…
// and of every other one, because any probe of a group may be the one that is looked at.
absl::Status TransactionImpl::TextCandidates(std::span<const TextProbe> probes, size_t postings_max,
                                             std::vector<TextPostings>* out) const {
  SKEIN_RETURN_IF_ERROR(base_.TextCandidates(probes, postings_max, out));
  for (const auto& [id, change] : overlay_.nodes()) {
    if (change.now == nullptr) continue;
    for (const PropertyEntry& property : change.now->properties) {
      if (SearchableTexts(property.value).empty()) continue;
      for (TextPostings& found : *out) found.postings.push_back({id, property.key});
    }
  }
  return absl::OkStatus();
}

absl::Status TransactionImpl::NodeCounts(uint32_t label, std::vector<NodeCountRow>* out) const {
  SKEIN_RETURN_IF_ERROR(base_.NodeCounts(label, out));
  const auto counts = [label](const NodePtr& node) {
    return node != nullptr && (label == kAllNames || read_ops::HasLabel(*node, LabelId{label}));
  };
  for (const auto& [id, change] : overlay_.nodes()) {
    if (counts(change.base)) out->push_back({change.base->policy, -1});
    if (counts(change.now)) out->push_back({change.now->policy, 1});
  }
  return absl::OkStatus();
}

absl::Status TransactionImpl::LinkCounts(uint32_t type, std::vector<LinkCountRow>* out) const {
  SKEIN_RETURN_IF_ERROR(base_.LinkCounts(type, out));
  for (const auto& [id, change] : overlay_.links()) {
    for (const bool now : {false, true}) {
      const LinkPtr& link = now ? change.now : change.base;
      if (link == nullptr || (type != kAllNames && Raw(link->record.type) != type)) continue;
      out->push_back({link->record.policy, link->from_policy, link->to_policy, now ? 1 : -1});
    }
  }
  return absl::OkStatus();
}

}  // namespace skein
