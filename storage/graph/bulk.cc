#include "storage/graph/bulk.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "storage/base/status.h"
#include "storage/graph/page_reader.h"
#include "storage/graph/read_ops.h"
#include "storage/graph/sightings.h"
#include "storage/graph/time_key.h"
#include "storage/keys/value_codec.h"

namespace skein {
namespace {

// Ends looked up in one round trip.
constexpr size_t kEndsPerRead = 4096;
// From one node in so many on, the table of nodes is read through.
constexpr uint64_t kSparse = 16;
// Sightings held against stored ones in one expansion.
constexpr size_t kSightingsPerProbe = 4096;
// How far ahead rows are fetched that lie anywhere in memory.
constexpr ptrdiff_t kRowsAhead = 32;
// Groups of equal ends and time up to this size are compared pair by pair.
constexpr size_t kPairsMax = 8;

absl::Status EndGone() {
  return absl::AbortedError(
      "an entity was deleted while links to it were being loaded; repeat the load");
}

void Unpack(std::string_view packed, const Provenance& source,
            std::vector<PropertyEntry>* properties) {
  ByteReader in(packed);
  const uint64_t n = in.Varint();
  properties->clear();
  properties->reserve(n);
  for (uint64_t i = 0; i < n; ++i) {
    const KeyId key{in.Varint32()};
    properties->push_back({key, *ReadValue(&in), source});  // checked when it was packed
  }
}

bool PackedFits(const TimeKey& key, std::string_view packed, TimeUs from) {
  ByteReader in(packed);
  for (uint64_t left = in.Varint(); left > 0; --left) {
    const KeyId at{in.Varint32()};
    const std::optional<Value> value = ReadValue(&in);
    if (at == key.key) return FitsTimeKey(key, &*value, from);
  }
  return FitsTimeKey(key, nullptr, from);
}

}  // namespace

absl::Status PackProperties(std::vector<std::pair<KeyId, Value>> properties, std::string* packed) {
  std::erase_if(properties, [](const auto& property) { return property.second.is_null(); });
  std::stable_sort(properties.begin(), properties.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  AppendVarint(packed, properties.size());
  for (const auto& [key, value] : properties) {
    SKEIN_RETURN_IF_ERROR(CheckStorable(value));
    AppendVarint(packed, Raw(key));
    SKEIN_RETURN_IF_ERROR(AppendValue(value, packed));
  }
  return absl::OkStatus();
}

absl::Status BulkLinksImpl::Add(const NewLink& link, std::string_view identity) {
  if (!identity.empty() && identity.size() < 8) {
    return InvalidArgument("an identity has 8 bytes or more, not ", identity.size());
  }
  for (const auto& [key, value] : link.properties) {
    if (value.is_null()) continue;
    const absl::Status storable = CheckStorable(value);
    if (!storable.ok()) return Annotate(storable, std::string(core_->catalog->Name(key)));
  }
  packed_.clear();
  SKEIN_RETURN_IF_ERROR(PackProperties(link.properties, &packed_));
  PackedLink packed;
  packed.from = link.from;
  packed.to = link.to;
  packed.valid = link.valid;
  packed.type = link.type;
  packed.policy = link.policy.value_or(batches_.back().context.policy);
  packed.row = link.row;
  packed.properties = packed_;
  if (!identity.empty()) packed.identity = IdentityNumber(identity);
  return AddPacked(packed);
}

BulkLinksImpl::Promise& BulkLinksImpl::PromiseOf(LinkTypeId type) {
  if (promises_.size() <= Raw(type)) promises_.resize(Raw(type) + 1);
  std::optional<Promise>& promise = promises_[Raw(type)];
  if (!promise) {
    const std::optional<TimeKey> key = core_->catalog->GetTimeKey(type);
    promise = {key.value_or(TimeKey{}), key.has_value(), core_->catalog->IsSightingType(type)};
  }
  return *promise;
}

absl::Status BulkLinksImpl::AddPacked(const PackedLink& link) {
  if (Raw(link.type) >= core_->catalog->link_type_count()) {
    return InvalidArgument("no relationship type ", Raw(link.type));
  }
  if (link.valid.from > link.valid.to) {
    return InvalidArgument("valid time ends (", link.valid.to, " us) before it begins (",
                           link.valid.from, " us)");
  }
  if (rows_.size() >= BulkRows::kRowsMax) {
    return ResourceExhausted("a bulk load has at most ", BulkRows::kRowsMax, " links");
  }
  Promise& promise = PromiseOf(link.type);
  if (promise.kept) promise.kept = PackedFits(promise.key, link.properties, link.valid.from);
  if (link.identity) {
    identities_.Add(*link.identity, static_cast<uint32_t>(rows_.size()), link.identity_known);
  }
  BulkRow& row = rows_.Add(link.properties);
  row.from = link.from;
  row.to = link.to;
  row.valid = link.valid;
  row.type = link.type;
  row.policy = link.policy;
  row.source_row = link.row;
  return absl::OkStatus();
}

absl::Status BulkLinksImpl::NextBatch(const WriteContext& context) {
  SKEIN_RETURN_IF_ERROR(core_->catalog->GetBatch(context.batch).status());
  if (batches_.back().begin == rows_.size()) {
    // Nothing of the last batch is here: what it had in earlier parts is of no use.
    if (batches_.size() == 1) identities_.ForgetCarried();
    batches_.back().context = context;
    return absl::OkStatus();
  }
  batches_.push_back({context, rows_.size(), 0});
  return absl::OkStatus();
}

size_t BulkLinksImpl::bytes() const {
  // A row and its two halves while they are sorted.
  return rows_.bytes() + rows_.size() * 2 * sizeof(uint32_t) + identities_.bytes();
}

const BulkLinksImpl::OfBatch& BulkLinksImpl::BatchOf(size_t row) const {
  auto batch = batches_.end() - 1;
  while (row < batch->begin) --batch;
  return *batch;
}

size_t BulkLinksImpl::EndOf(const OfBatch& batch) const {
  return &batch == &batches_.back() ? rows_.size() : (&batch + 1)->begin;
}

LinkId BulkLinksImpl::IdOf(size_t row) const {
  const OfBatch& batch = BatchOf(row);
  const size_t number = numbers_.empty() ? row : numbers_[row];
  return LinkId{Raw(batch.context.batch) << 32 | (batch.first_row + (number - batch.begin))};
}

void BulkLinksImpl::FillStored(size_t row, LinkId id, StoredLink* stored) const {
  const BulkRow& r = rows_[row];
  LinkRecord& link = stored->record;
  link.id = id;
  link.type = r.type;
  link.from = r.from;
  link.to = r.to;
  link.valid = r.valid;
  link.policy = r.policy;
  link.source = {BatchId{static_cast<uint32_t>(Raw(id) >> 32)}, r.source_row};
  stored->from_policy = ends_->PolicyOf(r.from);
  stored->to_policy = ends_->PolicyOf(r.to);
  Unpack(r.packed(), link.source, &link.properties);
}

StoredLink BulkLinksImpl::Stored(size_t row) const {
  StoredLink stored;
  FillStored(row, IdOf(row), &stored);
  return stored;
}

// Every end must be there; its policy is repeated in its links.
absl::Status BulkLinksImpl::CheckEnds(BulkEnds* ends) const {
  SKEIN_ASSIGN_OR_RETURN(const auto view, core_->store.Latest());
  std::vector<PolicyId> policies;
  policies.reserve(ends->size());
  bool all_open = true;
  const auto take = [&](NodeId id, std::string_view row) -> absl::Status {
    const std::optional<PolicyId> policy = DecodeNodePolicy(row);
    if (!policy) return DamagedRow(Table::kNodes, Raw(id));
    policies.push_back(*policy);
    all_open = all_open && Raw(*policy) == 0;
    return absl::OkStatus();
  };
  std::vector<NodeId> ids;
  ids.reserve(ends->size());
  ends->ForEach([&ids](NodeId id) { ids.push_back(id); });
  if ((Raw(ends->last()) - Raw(ends->first())) / kSparse < ids.size()) {
    std::string begin = core_->layout.Node(ends->first());
    const std::string end = NextKey(core_->layout.Node(ends->last()));
    size_t at = 0;
    std::vector<ScanPage> pages;
    for (bool more = true; more;) {
      const ScanRange range{Table::kNodes, begin, end, kScanRowsMax, false};
      SKEIN_RETURN_IF_ERROR(core_->store.MultiScan(*view, {&range, 1}, &pages));
      more = pages[0].more;
      for (const auto& [key, row] : pages[0].rows) {
        const NodeId id{TrailingId(key)};
        if (at == ids.size() || id < ids[at]) continue;
        if (id != ids[at]) return EndGone();
        SKEIN_RETURN_IF_ERROR(take(id, row));
        ++at;
      }
      if (more) begin = NextKey(pages[0].rows.back().first);
    }
    if (at != ids.size()) return EndGone();
  } else {
    std::vector<std::string> keys;
    std::vector<KeyRef> refs;
    std::vector<std::optional<std::string>> rows;
    for (size_t begin = 0; begin < ids.size(); begin += kEndsPerRead) {
      const size_t end = std::min(ids.size(), begin + kEndsPerRead);
      keys.clear();
      refs.clear();
      for (size_t i = begin; i < end; ++i) keys.push_back(core_->layout.Node(ids[i]));
      for (const std::string& key : keys) refs.push_back({Table::kNodes, key});
      SKEIN_RETURN_IF_ERROR(core_->store.MultiGet(*view, refs, &rows));
      for (size_t i = begin; i < end; ++i) {
        if (!rows[i - begin]) return EndGone();
        SKEIN_RETURN_IF_ERROR(take(ids[i], *rows[i - begin]));
      }
    }
  }
  if (!all_open) ends->policies = std::move(policies);
  return absl::OkStatus();
}

// Links get their ids in the order of their times: then times say nearly what ids they go with.
absl::Status BulkLinksImpl::Number() {
  std::vector<uint32_t> order;
  order.reserve(rows_.size());
  bool as_they_came = true;
  for (OfBatch& batch : batches_) {
    const size_t end = EndOf(batch);
    SKEIN_ASSIGN_OR_RETURN(
        batch.first_row,
        core_->TakeLinkRows(batch.context.batch, static_cast<uint32_t>(end - batch.begin)));
    if (OrderByTime(rows_, batch.begin, end, &order)) {
      as_they_came = false;
    } else {
      for (size_t r = batch.begin; r < end; ++r) order.push_back(static_cast<uint32_t>(r));
    }
  }
  if (as_they_came) return absl::OkStatus();
  order_ = std::move(order);
  numbers_.resize(rows_.size());
  for (size_t n = 0; n < order_.size(); ++n) numbers_[order_[n]] = static_cast<uint32_t>(n);
  return absl::OkStatus();
}

absl::Status BulkLinksImpl::SettleIdentities() {
  SKEIN_ASSIGN_OR_RETURN(const auto view, core_->store.Latest());
  std::vector<size_t> begins;
  for (const OfBatch& batch : batches_) begins.push_back(batch.begin);
  return identities_.Settle(*core_, *view, begins, &rows_);
}

// Sightings are a set: of equal ones the first stays. Equal ones are neighbours in the list of
// their entity but for others of the same moment.
void BulkLinksImpl::DropRepeats() {
  const auto same = [this](size_t a, size_t b) {
    const BulkRow &x = rows_[a], &y = rows_[b];
    return x.from == y.from && x.to == y.to && x.valid == y.valid && x.policy == y.policy &&
           x.packed() == y.packed();
  };
  // As they stand in their files: rows of one batch may come in another order.
  const auto before = [this](size_t a, size_t b) {
    const OfBatch &x = BatchOf(a), &y = BatchOf(b);
    return &x == &y ? std::tie(rows_[a].source_row, a) < std::tie(rows_[b].source_row, b)
                    : x.begin < y.begin;
  };
  const auto settle = [&](std::vector<size_t>* group) {
    std::sort(group->begin(), group->end(), before);
    if (group->size() > kPairsMax) {
      std::stable_sort(group->begin(), group->end(), [this](size_t a, size_t b) {
        const auto key = [this](size_t r) {
          return std::tuple(rows_[r].to, rows_[r].valid.to, rows_[r].policy, rows_[r].packed());
        };
        return key(a) < key(b);
      });
      size_t first = (*group)[0];
      for (size_t i = 1; i < group->size(); ++i) {
        const size_t next = (*group)[i];
        if (same(first, next)) {
          rows_[next].dropped = true;
        } else {
          first = next;
        }
      }
    } else {
      for (size_t i = 1; i < group->size(); ++i) {
        BulkRow& row = rows_[(*group)[i]];
        for (size_t k = 0; k < i && !row.dropped; ++k) {
          row.dropped = !rows_[(*group)[k]].dropped && same((*group)[k], (*group)[i]);
        }
      }
    }
    group->clear();
  };
  // Each sighting is outgoing in one page only.
  InParallel(halves_->pages(), [&](size_t begin, size_t end) {
    std::vector<size_t> group;
    for (size_t page = begin; page < end; ++page) {
      // The next page's halves follow on this one's.
      const uint32_t* all_end = halves_->end(halves_->pages() - 1);
      for (const uint32_t* half = halves_->begin(page); half < halves_->end(page); ++half) {
        if (all_end - half > kRowsAhead && (half[kRowsAhead] & 1) == 0) {
          rows_.Prefetch(half[kRowsAhead] >> 1);
        }
        if ((*half & 1) != 0) continue;
        const size_t r = *half >> 1;
        const BulkRow& row = rows_[r];
        if (!IsSighting(row)) continue;
        if (!group.empty()) {
          const BulkRow& first = rows_[group[0]];
          if (first.from != row.from || first.type != row.type ||
              first.valid.from != row.valid.from) {
            settle(&group);
          }
        }
        group.push_back(r);
      }
      if (!group.empty()) settle(&group);
    }
  });
}

// The same against those that were stored before.
absl::Status BulkLinksImpl::DropStored() {
  SKEIN_ASSIGN_OR_RETURN(GraphView latest, core_->Latest());
  const SnapshotSource source(core_, std::move(latest));
  absl::flat_hash_map<LinkTypeId, bool> probed;
  std::vector<size_t> rows;
  const auto probe = [&]() -> absl::Status {
    std::vector<SightingProbe> probes;
    for (const size_t r : rows) probes.push_back({Stored(r), std::nullopt});
    SKEIN_RETURN_IF_ERROR(FindStoredSightings(source, &probes));
    for (size_t i = 0; i < rows.size(); ++i) {
      if (probes[i].found) rows_[rows[i]].dropped = true;
    }
    rows.clear();
    return absl::OkStatus();
  };
  for (size_t r = 0; r < rows_.size(); ++r) {
    if (rows_[r].dropped) continue;
    const auto [it, fresh] = probed.try_emplace(rows_[r].type, false);
    if (fresh && core_->catalog->IsSightingType(rows_[r].type)) {
      SKEIN_ASSIGN_OR_RETURN(const uint64_t stored,
                             read_ops::CountLinks(source, Viewer::All(), rows_[r].type));
      it->second = stored > 0;
    }
    if (!it->second) continue;
    rows.push_back(r);
    if (rows.size() == kSightingsPerProbe) SKEIN_RETURN_IF_ERROR(probe());
  }
  return probe();
}

AdjacencyEntry BulkLinksImpl::EntryOf(uint32_t half) const {
  const BulkRow& row = rows_[half >> 1];
  AdjacencyEntry entry;
  entry.outgoing = (half & 1) == 0;
  entry.neighbour = entry.outgoing ? row.to : row.from;
  entry.neighbour_policy = ends_->PolicyOf(entry.neighbour);
  entry.link = IdOf(half >> 1);
  entry.valid = row.valid;
  entry.type = row.type;
  entry.policy = row.policy;
  return entry;
}

SortedRun BulkLinksImpl::LinkRun() const {
  struct State {
    std::vector<const OfBatch*> batches;  // those left, by the ids of their links, descending
    size_t number = 0;
    std::vector<StoredLink> links = std::vector<StoredLink>(kLinksPerPage);
    std::string key, value;
  };
  auto state = std::make_shared<State>();
  for (const OfBatch& batch : batches_) state->batches.push_back(&batch);
  std::sort(state->batches.begin(), state->batches.end(), [](const OfBatch* a, const OfBatch* b) {
    return std::pair(a->context.batch, a->first_row) > std::pair(b->context.batch, b->first_row);
  });
  state->number = state->batches.back()->begin;
  return {Table::kLinks, [this, state](std::string_view* key, std::string_view* value) {
            constexpr size_t kAhead = 64;
            size_t n = 0;
            uint64_t page = 0;
            while (!state->batches.empty()) {
              if (state->number == EndOf(*state->batches.back())) {
                state->batches.pop_back();
                if (!state->batches.empty()) state->number = state->batches.back()->begin;
                continue;
              }
              size_t row = state->number;
              if (!order_.empty()) {
                row = order_[row];
                if (state->number + kAhead < order_.size()) {
                  rows_.Prefetch(order_[state->number + kAhead]);
                }
              }
              const LinkId id = IdOf(row);
              if (n > 0 && LinkPage(id) != page) break;
              ++state->number;
              if (rows_[row].dropped) continue;
              page = LinkPage(id);
              FillStored(row, id, &state->links[n++]);
            }
            if (n == 0) return absl::StatusOr<bool>(false);
            LinkChanges changes;
            changes.reserve(n);
            for (size_t i = 0; i < n; ++i) {
              changes.emplace_back(state->links[i].record.id, &state->links[i]);
            }
            state->key = core_->layout.Page(page, chunk_);
            state->value = EncodeLinkChunk(changes, LoadStamp(chunk_));
            *key = state->key;
            *value = state->value;
            return absl::StatusOr<bool>(true);
          }};
}

SortedRun BulkLinksImpl::AdjacencyRun() const {
  struct State {
    size_t page = 0;
    std::vector<VertexEntries> spare;  // with the memory of pages before
    std::string key, value;
  };
  auto state = std::make_shared<State>();
  return {Table::kAdjacency, [this, state](std::string_view* key, std::string_view* value) {
            std::vector<VertexEntries>& vertices = state->spare;
            size_t n = 0;
            for (; n == 0 && state->page < halves_->pages(); ++state->page) {
              const uint32_t* end = halves_->end(state->page);
              for (const uint32_t* half = halves_->begin(state->page); half < end; ++half) {
                if (end - half > kRowsAhead) rows_.Prefetch(half[kRowsAhead] >> 1);
                const BulkRow& row = rows_[*half >> 1];
                if (row.dropped) continue;
                const NodeId vertex = (*half & 1) == 0 ? row.from : row.to;
                if (n == 0 || vertices[n - 1].vertex != vertex) {
                  if (vertices.size() == n) vertices.emplace_back();
                  vertices[n].vertex = vertex;
                  vertices[n].policy = ends_->PolicyOf(vertex);
                  vertices[n++].entries.clear();
                }
                vertices[n - 1].entries.push_back(EntryOf(*half));
              }
              if (n == 0) continue;
              state->key = core_->layout.Adjacency(halves_->page(state->page), chunk_);
            }
            if (n == 0) return absl::StatusOr<bool>(false);
            state->value = EncodeAdjacencyChunk(std::span(vertices).first(n), LoadStamp(chunk_));
            *key = state->key;
            *value = state->value;
            return absl::StatusOr<bool>(true);
          }};
}

SortedRun BulkLinksImpl::CountRun() const {
  auto counts = std::make_shared<std::map<std::string, std::string>>();
  absl::flat_hash_map<std::tuple<LinkTypeId, PolicyId, PolicyId, PolicyId>, int64_t> links;
  int64_t properties = 0;
  for (size_t r = 0; r < rows_.size(); ++r) {
    const BulkRow& row = rows_[r];
    if (row.dropped) continue;
    ++links[{row.type, row.policy, ends_->PolicyOf(row.from), ends_->PolicyOf(row.to)}];
    properties += static_cast<int64_t>(ByteReader(row.packed()).Varint());
  }
  std::map<std::string, int64_t> sums;
  for (const auto& [of, n] : links) {
    const auto& [type, policy, from, to] = of;
    sums[core_->layout.LinkCount(static_cast<uint32_t>(Raw(type)), policy, from, to)] += n;
    sums[core_->layout.LinkCount(kAllNames, policy, from, to)] += n;
  }
  if (properties != 0) sums[core_->layout.PropertyCount()] += properties;
  for (const auto& [name, n] : sums) (*counts)[name] = EncodeCounter(n);
  auto at = std::make_shared<std::map<std::string, std::string>::const_iterator>(counts->begin());
  return {Table::kStats, [counts, at](std::string_view* key, std::string_view* value) {
            if (*at == counts->end()) return absl::StatusOr<bool>(false);
            *key = (*at)->first;
            *value = (*at)->second;
            ++*at;
            return absl::StatusOr<bool>(true);
          }};
}

// Drawn last: from here to the end of the ingest others' commits wait.
SortedRun BulkLinksImpl::LastRun(uint64_t deletions, bool* locked) {
  return {Table::kMeta,
          [this, deletions, locked, load = std::string()](
              std::string_view* key, std::string_view* value) mutable -> absl::StatusOr<bool> {
            if (*locked) return false;
            core_->index_mu.Lock();
            *locked = true;
            SKEIN_RETURN_IF_ERROR(KeepTimeKeys());
            if (core_->node_deletions.load() != deletions) {
              BulkEnds again(rows_);
              SKEIN_RETURN_IF_ERROR(CheckEnds(&again));
            }
            load = core_->layout.Load(chunk_);
            *key = load;
            *value = {};  // the store puts the version here
            return true;
          }};
}

absl::Status BulkLinksImpl::KeepTimeKeys() {
  for (size_t i = 0; i < promises_.size(); ++i) {
    if (!promises_[i]) continue;
    const LinkTypeId type{static_cast<uint32_t>(i)};
    const std::optional<TimeKey> now = core_->catalog->GetTimeKey(type);
    if (now && !(promises_[i]->kept && promises_[i]->key == *now)) {
      SKEIN_RETURN_IF_ERROR(core_->catalog->BreakTimeKey(type));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Version> BulkLinksImpl::Ingest(uint64_t deletions) {
  std::vector<uint64_t> link_pages, pages;
  for (const OfBatch& batch : batches_) {
    const size_t end = EndOf(batch);
    if (end == batch.begin) continue;
    const uint64_t first = Raw(batch.context.batch) << 32 | batch.first_row;
    const uint64_t last = first + (end - batch.begin) - 1;
    for (uint64_t page = LinkPage(LinkId{first}); page <= LinkPage(LinkId{last}); ++page) {
      if (link_pages.empty() || link_pages.back() != page) link_pages.push_back(page);
    }
  }
  for (size_t i = 0; i < halves_->pages(); ++i) {
    if (halves_->begin(i) != halves_->end(i)) pages.push_back(halves_->page(i));
  }
  for (const uint64_t page : link_pages) core_->pages.BeginChange(page);
  for (const uint64_t page : pages) core_->adjacency.BeginChange(page);
  core_->single_chunks.Adding(Table::kLinks);
  core_->single_chunks.Adding(Table::kAdjacency);
  bool locked = false;
  SortedRun runs[] = {LinkRun(), AdjacencyRun(), identities_.Run(core_->layout, chunk_), CountRun(),
                      LastRun(deletions, &locked)};
  const absl::StatusOr<Version> version = core_->store.Ingest(runs);
  const Version at = version.ok() ? *version : Version{0};
  for (const uint64_t page : link_pages) core_->pages.EndChange(page, at);
  for (const uint64_t page : pages) core_->adjacency.EndChange(page, at);
  if (locked) core_->index_mu.Unlock();
  return version;
}

BulkResult BulkLinksImpl::Result(Version version) const {
  BulkResult result;
  result.version = version;
  for (const OfBatch& batch : batches_) {
    BulkCounts counts;
    for (size_t r = batch.begin; r < EndOf(batch); ++r) {
      const BulkRow& row = rows_[r];
      if (IsSighting(row)) {
        ++(row.dropped ? counts.sightings_unchanged : counts.sightings);
      } else {
        ++(row.dropped ? counts.links_unchanged : counts.links);
      }
    }
    result.links += counts.links;
    result.links_unchanged += counts.links_unchanged;
    result.sightings += counts.sightings;
    result.sightings_unchanged += counts.sightings_unchanged;
    result.batches.push_back(counts);
  }
  return result;
}

absl::StatusOr<BulkResult> BulkLinksImpl::Commit() {
  BulkResult result;
  if (rows_.size() > 0) {
    uint64_t deletions = 0;
    {
      // Deletions counted until here are visible to CheckEnds.
      absl::MutexLock none_under_way(&core_->index_mu);
      deletions = core_->node_deletions.load();
    }
    ends_ = std::make_unique<BulkEnds>(rows_);
    SKEIN_RETURN_IF_ERROR(CheckEnds(ends_.get()));
    SKEIN_RETURN_IF_ERROR(SettleIdentities());
    SKEIN_RETURN_IF_ERROR(Number());
    SKEIN_ASSIGN_OR_RETURN(chunk_, core_->chunk_ids.Take());
    halves_ = std::make_unique<BulkHalves>(rows_, *ends_, numbers_);
    DropRepeats();
    SKEIN_RETURN_IF_ERROR(DropStored());
    SKEIN_ASSIGN_OR_RETURN(const Version version, Ingest(deletions));
    core_->has_bulk.store(true);
    result = Result(version);
  }
  identities_.Carry(batches_.size());
  batches_ = {{batches_.back().context, 0, 0}};
  rows_ = {};
  promises_.clear();
  order_ = {};
  numbers_ = {};
  halves_ = nullptr;
  ends_ = nullptr;
  return result;
}

}  // namespace skein
