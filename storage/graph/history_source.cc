#include "storage/graph/history_source.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "storage/base/status.h"
#include "storage/graph/overlay.h"
#include "storage/graph/page_reader.h"
#include "storage/graph/read_ops.h"

namespace skein {
namespace {

constexpr size_t kStampBytes = sizeof(uint64_t);
// Nodes gone through to make up for an index that was built later.
constexpr size_t kIndexScanMax = 10'000'000;

std::string_view WithoutStamp(std::string_view key) {
  return key.substr(0, key.size() - kStampBytes);
}

// First key under `prefix` of a version after `at`.
std::string After(std::string prefix, Version at) {
  AppendBe64(&prefix, Raw(at) + 1);
  return prefix;
}

template <typename T>
void SortUnique(std::vector<T>* values) {
  std::sort(values->begin(), values->end());
  values->erase(std::unique(values->begin(), values->end()), values->end());
}

}  // namespace

absl::Status HistorySource::FirstAfter(const std::vector<std::string>& prefixes,
                                       std::vector<std::string>* values) const {
  values->assign(prefixes.size(), {});
  std::vector<std::string> begins, ends;
  for (const std::string& prefix : prefixes) {
    begins.push_back(After(prefix, at_));
    ends.push_back(PrefixEnd(prefix));
  }
  std::vector<ScanRange> ranges;
  for (size_t i = 0; i < prefixes.size(); ++i) {
    ranges.push_back({Table::kVersions, begins[i], ends[i], 1, false});
  }
  std::vector<ScanPage> pages;
  SKEIN_RETURN_IF_ERROR(core_->store.MultiScan(base_.view(), ranges, &pages));
  for (size_t i = 0; i < prefixes.size(); ++i) {
    if (!pages[i].rows.empty()) (*values)[i] = std::move(pages[i].rows[0].second);
  }
  return absl::OkStatus();
}

absl::Status HistorySource::EndedAfter(const std::string& begin, const std::string& end,
                                       std::vector<std::string>* keys, bool* more) const {
  keys->clear();
  const ScanRange range{Table::kVersions, begin, end, kScanRowsMax, true};
  std::vector<ScanPage> pages;
  SKEIN_RETURN_IF_ERROR(core_->store.MultiScan(base_.view(), {&range, 1}, &pages));
  *more = pages[0].more;
  for (size_t i = 0; i < pages[0].rows.size(); ++i) {
    const std::string& key = pages[0].rows[i].first;
    if (key.size() < kStampBytes) return DataLoss("table versions: a key is too short");
    const bool last = *more && i + 1 == pages[0].rows.size();
    // The last one tells where the page ends, so it is always among them.
    if (last || TrailingId(key) > Raw(at_)) keys->emplace_back(WithoutStamp(key));
  }
  keys->erase(std::unique(keys->begin(), keys->end()), keys->end());
  return absl::OkStatus();
}

template <typename Id, typename Ptr, typename Decode>
absl::Status HistorySource::AsTheyWere(char kind, std::span<const Id> ids, const Decode& decode,
                                       std::vector<Ptr>* found) const {
  std::vector<size_t> places;
  std::vector<std::string> prefixes, values;
  for (size_t i = 0; i < ids.size(); ++i) {
    Ptr& element = (*found)[i];
    if (element != nullptr && Existed(element->since)) continue;
    element = nullptr;
    places.push_back(i);
    prefixes.push_back(core_->layout.Was(kind, Raw(ids[i])));
  }
  SKEIN_RETURN_IF_ERROR(FirstAfter(prefixes, &values));
  for (size_t k = 0; k < places.size(); ++k) {
    if (values[k].empty()) continue;
    const Id id = ids[places[k]];
    Ptr was = decode(id, values[k]);
    if (was == nullptr) return DamagedRow(Table::kVersions, Raw(id));
    if (Existed(was->since)) (*found)[places[k]] = std::move(was);
  }
  return absl::OkStatus();
}

absl::Status HistorySource::Nodes(std::span<const NodeId> ids, std::vector<NodePtr>* out) const {
  std::vector<NodePtr> found;
  SKEIN_RETURN_IF_ERROR(base_.Nodes(ids, &found));
  const auto decode = [](NodeId id, std::string_view value) -> NodePtr {
    std::optional<NodeRecord> node = DecodeNode(id, value);
    return node ? std::make_shared<const NodeRecord>(*std::move(node)) : nullptr;
  };
  SKEIN_RETURN_IF_ERROR(AsTheyWere('n', ids, decode, &found));
  *out = std::move(found);
  return absl::OkStatus();
}

absl::Status HistorySource::Links(std::span<const LinkId> ids, std::vector<LinkPtr>* out) const {
  std::vector<LinkPtr> found;
  SKEIN_RETURN_IF_ERROR(base_.Links(ids, &found));
  const auto decode = [](LinkId id, std::string_view value) -> LinkPtr {
    const auto chunk = LinkChunk::Read(LinkPage(id), value);
    if (chunk == nullptr || chunk->size() != 1) return nullptr;
    std::vector<StoredLink> link;
    const uint32_t first = 0;
    chunk->Decode({&first, 1}, &link);
    return std::make_shared<const StoredLink>(std::move(link[0]));
  };
  SKEIN_RETURN_IF_ERROR(AsTheyWere('l', ids, decode, &found));
  *out = std::move(found);
  return absl::OkStatus();
}

namespace {

// What the chunks of a page say of a vertex, split by whether it was so at a version.
struct SplitList {
  AdjacencyList old;           // entries that no later chunk changes
  std::vector<LinkId> unsure;  // those of later chunks, or that they change
};

SplitList Split(const AdjacencyPage& page, NodeId id, Version at) {
  const uint32_t vertex = VertexOf(id);
  SplitList split;
  // By chunks after the one at hand: of the time after `at`, and of before.
  std::vector<std::pair<LinkId, bool>> voids, replaced;
  bool tells = true;
  for (auto chunk = page.chunks.rbegin(); chunk != page.chunks.rend(); ++chunk) {
    if (!(*chunk)->Has(vertex)) continue;
    std::vector<AdjacencyEntry> entries;
    (*chunk)->AllEntries(id, &entries);
    split.old.policy = (*chunk)->Block(vertex).policy;  // never changes
    const bool old = (*chunk)->stamp() <= Raw(at) && tells;
    std::sort(voids.begin(), voids.end());
    std::sort(replaced.begin(), replaced.end());
    for (const AdjacencyEntry& entry : entries) {
      const std::pair link(entry.link, entry.outgoing);
      if (!old) {
        split.unsure.push_back(entry.link);
      } else if (!entry.gone && !std::binary_search(replaced.begin(), replaced.end(), link)) {
        if (std::binary_search(voids.begin(), voids.end(), link)) {
          split.unsure.push_back(entry.link);
        } else {
          split.old.entries.push_back(entry);
        }
      }
    }
    (*chunk)->Voids(vertex, old ? &replaced : &voids);
    // Before it, entries may have been replaced without a word.
    tells = tells && (*chunk)->voids_what_it_replaces();
  }
  return split;
}

}  // namespace

// Of a node's list: nothing, if its page was not written since; else all of it.
absl::Status HistorySource::TouchedList(NodeId id, std::optional<AdjacencyList>* out) const {
  out->reset();
  SplitList split;
  PageReader pages(base_);
  {
    const EpochGuard guard;
    const AdjacencyPage* page = pages.Find(id);
    if (page == nullptr) {
      SKEIN_RETURN_IF_ERROR(pages.Load({&id, 1}));
      page = pages.Find(id);
    }
    // A page of which nothing is left does not tell when it lost the last.
    const bool old = !page->chunks.empty() &&
                     std::all_of(page->chunks.begin(), page->chunks.end(),
                                 [this](const auto& chunk) { return chunk->stamp() <= Raw(at_); });
    if (old) return absl::OkStatus();
    split = Split(*page, id, at_);
  }
  std::vector<LinkId>& candidates = split.unsure;
  std::string begin = core_->layout.WasLinked(id);
  const std::string end = PrefixEnd(begin);
  for (bool more = true; more;) {
    std::vector<std::string> keys;
    SKEIN_RETURN_IF_ERROR(EndedAfter(begin, end, &keys, &more));
    for (const std::string& key : keys) candidates.push_back(LinkId{TrailingId(key)});
    if (more) begin = After(keys.back(), Version{UINT64_MAX - 1});
  }
  SortUnique(&candidates);
  std::vector<LinkPtr> links;
  SKEIN_RETURN_IF_ERROR(Links(candidates, &links));
  AdjacencyList& list = split.old;
  for (const LinkPtr& link : links) {
    if (link == nullptr) continue;
    for (const bool outgoing : {true, false}) {
      if ((outgoing ? link->record.from : link->record.to) != id) continue;
      list.policy = outgoing ? link->from_policy : link->to_policy;
      list.entries.push_back(EntryOf(*link, outgoing));
    }
  }
  std::sort(list.entries.begin(), list.entries.end(), AdjacencyLess);
  *out = std::move(list);
  return absl::OkStatus();
}

absl::Status HistorySource::NodePage(std::optional<LabelId> label, NodeId from,
                                     std::vector<ScannedNode>* out,
                                     std::optional<NodeId>* next) const {
  std::vector<ScannedNode> present;
  SKEIN_RETURN_IF_ERROR(base_.NodePage(label, from, &present, next));
  const Layout& layout = core_->layout;
  const auto key = [&](NodeId id) {
    return label ? layout.WasRow(static_cast<char>(Table::kLabels), layout.Label(*label, id))
                 : layout.Was('n', Raw(id));
  };
  const std::string all =
      label ? layout.WasRow(static_cast<char>(Table::kLabels), layout.Label(*label))
            : layout.Was('n');
  std::vector<std::string> ended;
  bool more = false;
  SKEIN_RETURN_IF_ERROR(EndedAfter(key(from), *next ? key(**next) : PrefixEnd(all), &ended, &more));
  if (more) *next = NodeId{TrailingId(ended.back()) + 1};
  std::vector<NodeId> ids;
  for (const ScannedNode& node : present) {
    if (!*next || node.id < **next) ids.push_back(node.id);
  }
  for (const std::string& was : ended) ids.push_back(NodeId{TrailingId(was)});
  SortUnique(&ids);
  std::vector<NodePtr> nodes;
  SKEIN_RETURN_IF_ERROR(Nodes(ids, &nodes));
  out->clear();
  for (const NodePtr& node : nodes) {
    if (node == nullptr || (label && !read_ops::HasLabel(*node, *label))) continue;
    out->push_back({node->id, node->policy});
  }
  return absl::OkStatus();
}

absl::Status HistorySource::LinkPageFrom(LinkId from, std::vector<LinkPtr>* out,
                                         std::optional<LinkId>* next) const {
  std::vector<LinkPtr> present;
  SKEIN_RETURN_IF_ERROR(base_.LinkPageFrom(from, &present, next));
  const Layout& layout = core_->layout;
  std::vector<std::string> ended;
  bool more = false;
  SKEIN_RETURN_IF_ERROR(
      EndedAfter(layout.Was('l', Raw(from)),
                 *next ? layout.Was('l', Raw(**next)) : PrefixEnd(layout.Was('l')), &ended, &more));
  if (more) *next = LinkId{TrailingId(ended.back()) + 1};
  std::vector<LinkId> ids;
  for (const LinkPtr& link : present) {
    if (!*next || link->record.id < **next) ids.push_back(link->record.id);
  }
  for (const std::string& was : ended) ids.push_back(LinkId{TrailingId(was)});
  SortUnique(&ids);
  SKEIN_RETURN_IF_ERROR(Links(ids, out));
  std::erase(*out, nullptr);
  return absl::OkStatus();
}

absl::StatusOr<Version> HistorySource::IndexBuilt(uint32_t index) const {
  SKEIN_ASSIGN_OR_RETURN(const auto value, GetOne(core_->store, base_.view(), Table::kVersions,
                                                  core_->layout.IndexBuilt(index)));
  if (!value) return Version{0};
  ByteReader in(*value);
  in.Byte();
  const Version built{in.Be64()};
  if (!in.ok()) return DamagedRow(Table::kVersions, index);
  return built;
}

// What the index would have had.
absl::Status HistorySource::IndexByScan(const IndexInfo& index, const std::string& begin,
                                        const std::string& end, std::vector<IndexHit>* out) const {
  std::vector<ScannedNode> page;
  std::vector<NodePtr> nodes;
  std::optional<NodeId> next = NodeId{0};
  size_t seen = 0;
  while (next) {
    const NodeId from = *next;
    SKEIN_RETURN_IF_ERROR(NodePage(index.label, from, &page, &next));
    seen += page.size();
    if (seen > kIndexScanMax) {
      return ResourceExhausted("index '", index.name, "' was built after that version, and ",
                               "more than ", kIndexScanMax, " nodes would have to be read");
    }
    std::vector<NodeId> ids;
    for (const ScannedNode& node : page) ids.push_back(node.id);
    SKEIN_RETURN_IF_ERROR(Nodes(ids, &nodes));
    for (const NodePtr& node : nodes) {
      std::optional<std::string> key = IndexEntryKey(core_->layout, index, *node);
      if (!key || *key < begin || (!end.empty() && *key >= end)) continue;
      out->push_back({*std::move(key), node->id, node->policy});
    }
  }
  std::sort(out->begin(), out->end(),
            [](const IndexHit& a, const IndexHit& b) { return a.key < b.key; });
  return absl::OkStatus();
}

absl::Status HistorySource::IndexPage(uint32_t index, const std::string& begin,
                                      const std::string& end, std::vector<IndexHit>* out,
                                      std::optional<std::string>* next) const {
  out->clear();
  next->reset();
  const auto indexes = core_->catalog->Indexes();
  const auto info = std::find_if(indexes.begin(), indexes.end(),
                                 [index](const IndexInfo& i) { return i.id == index; });
  if (info == indexes.end()) return NotFound("no index ", index);
  SKEIN_ASSIGN_OR_RETURN(const Version built, IndexBuilt(index));
  if (built > at_) return IndexByScan(*info, begin, end, out);
  std::vector<IndexHit> present;
  SKEIN_RETURN_IF_ERROR(base_.IndexPage(index, begin, end, &present, next));
  const auto key = [this](const std::string& of) {
    return core_->layout.WasRow(static_cast<char>(Table::kIndex), of);
  };
  std::vector<std::string> ended;
  bool more = false;
  SKEIN_RETURN_IF_ERROR(EndedAfter(key(begin), key(*next ? **next : end), &ended, &more));
  const size_t head = key({}).size();
  if (more) *next = NextKey(ended.back().substr(head));
  std::set<std::string> keys;
  for (IndexHit& hit : present) {
    if (!*next || hit.key < **next) keys.insert(std::move(hit.key));
  }
  for (const std::string& was : ended) keys.insert(was.substr(head));
  std::vector<NodeId> ids;
  for (const std::string& k : keys) ids.push_back(NodeId{TrailingId(k)});
  std::vector<NodePtr> nodes;
  SKEIN_RETURN_IF_ERROR(Nodes(ids, &nodes));
  size_t i = 0;
  for (const std::string& k : keys) {
    const NodePtr& node = nodes[i++];
    if (node != nullptr && IndexEntryKey(core_->layout, *info, *node) == k) {
      out->push_back({k, node->id, node->policy});
    }
  }
  return absl::OkStatus();
}

absl::Status HistorySource::CountAll() const {
  if (counts_) return absl::OkStatus();
  Counts counts;
  std::vector<ScannedNode> page;
  std::vector<NodePtr> nodes;
  for (std::optional<NodeId> next = NodeId{0}; next;) {
    const NodeId from = *next;
    SKEIN_RETURN_IF_ERROR(NodePage(std::nullopt, from, &page, &next));
    std::vector<NodeId> ids;
    for (const ScannedNode& node : page) ids.push_back(node.id);
    SKEIN_RETURN_IF_ERROR(Nodes(ids, &nodes));
    for (const NodePtr& node : nodes) {
      ++counts.nodes[kAllNames][node->policy];
      for (const LabelId label : node->labels) {
        ++counts.nodes[static_cast<uint32_t>(Raw(label))][node->policy];
      }
    }
  }
  std::vector<LinkPtr> links;
  for (std::optional<LinkId> next = LinkId{0}; next;) {
    const LinkId from = *next;
    SKEIN_RETURN_IF_ERROR(LinkPageFrom(from, &links, &next));
    for (const LinkPtr& link : links) {
      for (const uint32_t type : {kAllNames, static_cast<uint32_t>(Raw(link->record.type))}) {
        ++counts.links[type][{link->record.policy, link->from_policy, link->to_policy}];
      }
    }
  }
  counts_ = std::move(counts);
  return absl::OkStatus();
}

absl::Status HistorySource::NodeCounts(uint32_t label, std::vector<NodeCountRow>* out) const {
  absl::MutexLock lock(&mu_);
  // NodePage and LinkPageFrom do not take the lock.
  SKEIN_RETURN_IF_ERROR(CountAll());
  out->clear();
  for (const auto& [policy, n] : counts_->nodes[label]) out->push_back({policy, n});
  return absl::OkStatus();
}

absl::Status HistorySource::LinkCounts(uint32_t type, std::vector<LinkCountRow>* out) const {
  absl::MutexLock lock(&mu_);
  SKEIN_RETURN_IF_ERROR(CountAll());
  out->clear();
  for (const auto& [of, n] : counts_->links[type]) {
    const auto& [link, from, to] = of;
    out->push_back({link, from, to, n});
  }
  return absl::OkStatus();
}

absl::Status HistorySource::FusionRows(std::span<const NodeId> ids,
                                       std::vector<std::vector<FusionRow>>* out) const {
  SKEIN_RETURN_IF_ERROR(base_.FusionRows(ids, out));
  for (size_t i = 0; i < ids.size(); ++i) {
    std::vector<FusionRow> then;
    for (FusionRow& row : (*out)[i]) {
      const std::string key = core_->layout.Fusion(row.node, row.other, row.id);
      SKEIN_ASSIGN_OR_RETURN(
          const Rows rows,
          ScanPrefix(core_->store, base_.view(), Table::kVersions, core_->layout.WasFusion(key)));
      const auto after = std::partition_point(rows.begin(), rows.end(), [this](const auto& was) {
        return TrailingId(was.first) <= Raw(at_);
      });
      if (after == rows.begin() && !rows.empty()) continue;  // asserted later
      if (!rows.empty()) row.value = std::prev(after)->second;
      then.push_back(std::move(row));
    }
    (*out)[i] = std::move(then);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> HistorySource::FusionToken() const {
  return "as of " + std::to_string(Raw(at_));
}

}  // namespace skein
