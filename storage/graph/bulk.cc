#include "storage/graph/bulk.h"

#include <algorithm>
#include <map>
#include <tuple>

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
// Sightings held against stored ones in one expansion.
constexpr size_t kSightingsPerProbe = 4096;
// Groups of equal ends and time up to this size are compared pair by pair.
constexpr size_t kPairsMax = 8;
// An identity's first two bytes name its bucket, the next six are kept.
constexpr size_t kKeptBytes = 6;

uint64_t BigEndian(std::string_view bytes) {
  uint64_t v = 0;
  for (size_t i = 0; i < 8; ++i) v = v << 8 | static_cast<uint8_t>(bytes[i]);
  return v;
}

}  // namespace

absl::Status BulkLinksImpl::Add(const NewLink& link, std::string_view identity) {
  if (Raw(link.type) >= core_->catalog->link_type_count()) {
    return InvalidArgument("no relationship type ", Raw(link.type));
  }
  if (link.valid.from > link.valid.to) {
    return InvalidArgument("valid time ends (", link.valid.to, " us) before it begins (",
                           link.valid.from, " us)");
  }
  if (!identity.empty() && identity.size() < 8) {
    return InvalidArgument("an identity has 8 bytes or more, not ", identity.size());
  }
  Row row{link.from,          link.to,   link.valid,
          properties_.size(), link.type, link.policy.value_or(context_.policy),
          link.row,           false};
  LinkRecord record;
  record.valid = link.valid;
  record.properties.reserve(link.properties.size());
  for (const auto& [key, value] : link.properties) {
    if (value.is_null()) continue;
    const absl::Status storable = CheckStorable(value);
    if (!storable.ok()) return Annotate(storable, std::string(core_->catalog->Name(key)));
    record.properties.push_back({key, value, {}});
  }
  std::sort(record.properties.begin(), record.properties.end(),
            [](const PropertyEntry& a, const PropertyEntry& b) { return a.key < b.key; });
  AppendVarint(&properties_, record.properties.size());
  for (const PropertyEntry& property : record.properties) {
    AppendVarint(&properties_, Raw(property.key));
    SKEIN_RETURN_IF_ERROR(AppendValue(property.value, &properties_));
  }
  const auto [it, fresh] = time_keys_.try_emplace(link.type);
  if (fresh) {
    const std::optional<TimeKey> key = core_->catalog->GetTimeKey(link.type);
    it->second = {key.value_or(TimeKey{}), key.has_value()};
  }
  it->second.second = it->second.second && FitsTimeKey(it->second.first, record);
  if (!identity.empty()) identities_.push_back(BigEndian(identity));
  rows_.push_back(row);
  return absl::OkStatus();
}

size_t BulkLinksImpl::bytes() const {
  // A row and its two halves while they are sorted.
  return rows_.size() * (sizeof(Row) + 2 * sizeof(Half)) + properties_.size() +
         identities_.size() * sizeof(uint64_t);
}

std::string_view BulkLinksImpl::PropertiesOf(size_t row) const {
  const size_t end = row + 1 < rows_.size() ? rows_[row + 1].properties : properties_.size();
  return std::string_view(properties_).substr(rows_[row].properties, end - rows_[row].properties);
}

StoredLink BulkLinksImpl::Stored(size_t row) const {
  const Row& r = rows_[row];
  StoredLink stored;
  LinkRecord& link = stored.record;
  link.id = IdOf(row);
  link.type = r.type;
  link.from = r.from;
  link.to = r.to;
  link.valid = r.valid;
  link.policy = r.policy;
  link.source = {context_.batch, r.source_row};
  stored.from_policy = ends_.policies[ends_.Place(r.from)];
  stored.to_policy = ends_.policies[ends_.Place(r.to)];
  ByteReader in(PropertiesOf(row));
  const uint64_t n = in.Varint();
  link.properties.reserve(n);
  for (uint64_t i = 0; i < n; ++i) {
    const KeyId key{in.Varint32()};
    link.properties.push_back({key, *ReadValue(&in), link.source});  // written by Add
  }
  return stored;
}

uint32_t BulkLinksImpl::Ends::Place(NodeId id) const {
  // Ids of one load are mostly dense: the first guess is right.
  const uint64_t guess = Raw(id) - Raw(ids.front());
  if (guess < ids.size() && ids[guess] == id) return static_cast<uint32_t>(guess);
  return static_cast<uint32_t>(std::lower_bound(ids.begin(), ids.end(), id) - ids.begin());
}

absl::Status BulkLinksImpl::FindEnds() {
  ends_.ids.clear();
  ends_.ids.reserve(rows_.size() * 2);
  for (const Row& row : rows_) {
    ends_.ids.push_back(row.from);
    ends_.ids.push_back(row.to);
  }
  std::sort(ends_.ids.begin(), ends_.ids.end());
  ends_.ids.erase(std::unique(ends_.ids.begin(), ends_.ids.end()), ends_.ids.end());
  ends_.ids.shrink_to_fit();
  return CheckEnds(&ends_.policies);
}

absl::Status BulkLinksImpl::CheckEnds(std::vector<PolicyId>* policies) const {
  SKEIN_ASSIGN_OR_RETURN(const auto view, core_->store.Latest());
  policies->clear();
  policies->reserve(ends_.ids.size());
  std::vector<std::string> keys;
  std::vector<KeyRef> refs;
  std::vector<std::optional<std::string>> rows;
  for (size_t begin = 0; begin < ends_.ids.size(); begin += kEndsPerRead) {
    const size_t end = std::min(ends_.ids.size(), begin + kEndsPerRead);
    keys.clear();
    refs.clear();
    for (size_t i = begin; i < end; ++i) keys.push_back(core_->layout.Node(ends_.ids[i]));
    for (const std::string& key : keys) refs.push_back({Table::kNodes, key});
    SKEIN_RETURN_IF_ERROR(core_->store.MultiGet(*view, refs, &rows));
    for (size_t i = begin; i < end; ++i) {
      if (!rows[i - begin]) {
        return absl::AbortedError(
            "an entity was deleted while links to it were being loaded; repeat the load");
      }
      const std::optional<PolicyId> policy = DecodeNodePolicy(*rows[i - begin]);
      if (!policy) return DamagedRow(Table::kNodes, Raw(ends_.ids[i]));
      policies->push_back(*policy);
    }
  }
  return absl::OkStatus();
}

bool BulkLinksImpl::HalfLess(Half a, Half b) const {
  const Row &x = rows_[a >> 1], &y = rows_[b >> 1];
  return std::tuple(a & 1, x.type, x.valid.from, a >> 1) <
         std::tuple(b & 1, y.type, y.valid.from, b >> 1);
}

void BulkLinksImpl::SortHalves() {
  half_begin_.assign(ends_.ids.size() + 1, 0);
  for (const Row& row : rows_) {
    ++half_begin_[ends_.Place(row.from) + 1];
    ++half_begin_[ends_.Place(row.to) + 1];
  }
  for (size_t i = 1; i < half_begin_.size(); ++i) half_begin_[i] += half_begin_[i - 1];
  halves_.resize(rows_.size() * 2);
  std::vector<uint64_t> next(half_begin_.begin(), half_begin_.end() - 1);
  for (size_t r = 0; r < rows_.size(); ++r) {
    halves_[next[ends_.Place(rows_[r].from)]++] = r << 1;
    halves_[next[ends_.Place(rows_[r].to)]++] = r << 1 | 1;
  }
  for (size_t i = 0; i + 1 < half_begin_.size(); ++i) {
    std::sort(halves_.begin() + static_cast<ptrdiff_t>(half_begin_[i]),
              halves_.begin() + static_cast<ptrdiff_t>(half_begin_[i + 1]),
              [this](Half a, Half b) { return HalfLess(a, b); });
  }
}

bool BulkLinksImpl::SameContent(const Row& a, const Row& b) const {
  return a.type == b.type && a.from == b.from && a.to == b.to && a.valid == b.valid &&
         a.policy == b.policy &&
         PropertiesOf(static_cast<size_t>(&a - rows_.data())) ==
             PropertiesOf(static_cast<size_t>(&b - rows_.data()));
}

// Sightings are a set: of equal ones the first stays. Equal ones are neighbours in the list of
// their entity but for others of the same moment.
void BulkLinksImpl::DropRepeats() {
  std::vector<size_t> group;
  const auto settle = [&] {
    if (group.size() > kPairsMax) {
      std::sort(group.begin(), group.end(), [this](size_t a, size_t b) {
        const auto key = [this](size_t r) {
          return std::tuple(rows_[r].to, rows_[r].valid.to, rows_[r].policy, PropertiesOf(r), r);
        };
        return key(a) < key(b);
      });
      size_t first = group[0];
      for (size_t i = 1; i < group.size(); ++i) {
        if (SameContent(rows_[first], rows_[group[i]])) {
          rows_[group[i]].dropped = true;
        } else {
          first = group[i];
        }
      }
    } else {
      for (size_t i = 1; i < group.size(); ++i) {
        for (size_t k = 0; k < i && !rows_[group[i]].dropped; ++k) {
          rows_[group[i]].dropped =
              !rows_[group[k]].dropped && SameContent(rows_[group[k]], rows_[group[i]]);
        }
      }
    }
    group.clear();
  };
  for (size_t e = 0; e + 1 < half_begin_.size(); ++e) {
    for (uint64_t h = half_begin_[e]; h < half_begin_[e + 1]; ++h) {
      if ((halves_[h] & 1) != 0) break;  // out comes first
      const size_t r = halves_[h] >> 1;
      if (!core_->catalog->IsSightingType(rows_[r].type)) continue;
      if (!group.empty() && (rows_[group[0]].type != rows_[r].type ||
                             rows_[group[0]].valid.from != rows_[r].valid.from)) {
        settle();
      }
      group.push_back(r);
    }
    settle();
  }
}

// The same against those that were stored before.
absl::Status BulkLinksImpl::DropStored() {
  SKEIN_ASSIGN_OR_RETURN(auto view, core_->store.Latest());
  const SnapshotSource source(core_, std::move(view));
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

AdjacencyEntry BulkLinksImpl::EntryOf(Half half) const {
  const Row& row = rows_[half >> 1];
  AdjacencyEntry entry;
  entry.outgoing = (half & 1) == 0;
  entry.neighbour = entry.outgoing ? row.to : row.from;
  entry.neighbour_policy = ends_.policies[ends_.Place(entry.neighbour)];
  entry.link = IdOf(half >> 1);
  entry.valid = row.valid;
  entry.type = row.type;
  entry.policy = row.policy;
  return entry;
}

SortedRun BulkLinksImpl::LinkRun() {
  struct State {
    size_t row = 0;
    std::string key, value;
  };
  auto state = std::make_shared<State>();
  return {Table::kLinks, [this, state](std::string_view* key, std::string_view* value) {
            std::vector<StoredLink> links;
            uint64_t page = 0;
            for (; state->row < rows_.size(); ++state->row) {
              if (rows_[state->row].dropped) continue;
              const uint64_t its_page = LinkPage(IdOf(state->row));
              if (!links.empty() && its_page != page) break;
              page = its_page;
              links.push_back(Stored(state->row));
            }
            if (links.empty()) return absl::StatusOr<bool>(false);
            LinkChanges changes;
            for (const StoredLink& link : links) changes.emplace_back(link.record.id, &link);
            state->key = core_->layout.Page(page, chunk_);
            state->value = EncodeLinkChunk(changes, LoadStamp(chunk_));
            *key = state->key;
            *value = state->value;
            return absl::StatusOr<bool>(true);
          }};
}

SortedRun BulkLinksImpl::AdjacencyRun() {
  struct State {
    size_t end = 0;
    std::string key, value;
  };
  auto state = std::make_shared<State>();
  return {Table::kAdjacency, [this, state](std::string_view* key, std::string_view* value) {
            std::vector<VertexEntries> vertices;
            uint64_t page = 0;
            for (; state->end < ends_.ids.size(); ++state->end) {
              const NodeId id = ends_.ids[state->end];
              if (!vertices.empty() && AdjacencyPageOf(id) != page) break;
              VertexEntries vertex{id, ends_.policies[state->end], {}};
              for (uint64_t h = half_begin_[state->end]; h < half_begin_[state->end + 1]; ++h) {
                if (!rows_[halves_[h] >> 1].dropped) vertex.entries.push_back(EntryOf(halves_[h]));
              }
              if (vertex.entries.empty()) continue;
              page = AdjacencyPageOf(id);
              vertices.push_back(std::move(vertex));
            }
            if (vertices.empty()) return absl::StatusOr<bool>(false);
            state->key = core_->layout.Adjacency(page, chunk_);
            state->value = EncodeAdjacencyChunk(vertices, LoadStamp(chunk_));
            *key = state->key;
            *value = state->value;
            return absl::StatusOr<bool>(true);
          }};
}

SortedRun BulkLinksImpl::IdentityRun() {
  struct State {
    size_t at = 0;
    std::string key, value;
  };
  auto state = std::make_shared<State>();
  std::sort(identities_.begin(), identities_.end());
  return {Table::kImports, [this, state](std::string_view* key, std::string_view* value) {
            if (state->at == identities_.size()) return absl::StatusOr<bool>(false);
            const auto bucket = static_cast<uint16_t>(identities_[state->at] >> 48);
            state->key = core_->layout.BulkIdentities(bucket, chunk_);
            state->value.clear();
            while (state->at < identities_.size() && identities_[state->at] >> 48 == bucket) {
              const uint64_t kept = identities_[state->at++];
              for (int shift = 8 * (kKeptBytes - 1); shift >= 0; shift -= 8) {
                state->value.push_back(static_cast<char>(kept >> shift & 0xff));
              }
            }
            *key = state->key;
            *value = state->value;
            return absl::StatusOr<bool>(true);
          }};
}

SortedRun BulkLinksImpl::CountRun() {
  auto counts = std::make_shared<std::map<std::string, std::string>>();
  std::map<std::tuple<LinkTypeId, PolicyId, PolicyId, PolicyId>, int64_t> links;
  int64_t properties = 0;
  for (size_t r = 0; r < rows_.size(); ++r) {
    const Row& row = rows_[r];
    if (row.dropped) continue;
    ++links[{row.type, row.policy, ends_.policies[ends_.Place(row.from)],
             ends_.policies[ends_.Place(row.to)]}];
    properties += static_cast<int64_t>(ByteReader(PropertiesOf(r)).Varint());
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
              std::vector<PolicyId> policies;
              SKEIN_RETURN_IF_ERROR(CheckEnds(&policies));
            }
            load = core_->layout.Load(chunk_);
            *key = load;
            *value = {};  // the store puts the version here
            return true;
          }};
}

absl::Status BulkLinksImpl::KeepTimeKeys() {
  for (const auto& [type, kept] : time_keys_) {
    const std::optional<TimeKey> now = core_->catalog->GetTimeKey(type);
    if (now && !(kept.second && kept.first == *now)) {
      SKEIN_RETURN_IF_ERROR(core_->catalog->BreakTimeKey(type));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Version> BulkLinksImpl::Ingest(uint64_t deletions) {
  std::vector<uint64_t> link_pages, pages;
  for (size_t r = 0; r < rows_.size(); ++r) {
    const uint64_t page = LinkPage(IdOf(r));
    if (link_pages.empty() || link_pages.back() != page) link_pages.push_back(page);
  }
  for (const NodeId id : ends_.ids) {
    if (pages.empty() || pages.back() != AdjacencyPageOf(id)) pages.push_back(AdjacencyPageOf(id));
  }
  for (const uint64_t page : link_pages) core_->pages.BeginChange(page);
  for (const uint64_t page : pages) core_->adjacency.BeginChange(page);
  bool locked = false;
  SortedRun runs[] = {LinkRun(), AdjacencyRun(), IdentityRun(), CountRun(),
                      LastRun(deletions, &locked)};
  const absl::StatusOr<Version> version = core_->store.Ingest(runs);
  const Version at = version.ok() ? *version : Version{0};
  for (const uint64_t page : link_pages) core_->pages.EndChange(page, at);
  for (const uint64_t page : pages) core_->adjacency.EndChange(page, at, nullptr);
  if (locked) core_->index_mu.Unlock();
  return version;
}

BulkResult BulkLinksImpl::Result(Version version) const {
  BulkResult result;
  result.version = version;
  for (const Row& row : rows_) {
    const bool sighting = core_->catalog->IsSightingType(row.type);
    if (!sighting) {
      ++result.links;
    } else if (row.dropped) {
      ++result.sightings_unchanged;
    } else {
      ++result.sightings;
    }
  }
  return result;
}

absl::StatusOr<BulkResult> BulkLinksImpl::Commit() {
  BulkResult result;
  if (!rows_.empty()) {
    uint64_t deletions = 0;
    {
      // Deletions counted until here are visible to FindEnds.
      absl::MutexLock none_under_way(&core_->index_mu);
      deletions = core_->node_deletions.load();
    }
    SKEIN_RETURN_IF_ERROR(FindEnds());
    SKEIN_ASSIGN_OR_RETURN(
        first_row_, core_->TakeLinkRows(context_.batch, static_cast<uint32_t>(rows_.size())));
    SKEIN_ASSIGN_OR_RETURN(chunk_, core_->chunk_ids.Take());
    SortHalves();
    DropRepeats();
    SKEIN_RETURN_IF_ERROR(DropStored());
    SKEIN_ASSIGN_OR_RETURN(const Version version, Ingest(deletions));
    core_->has_bulk.store(true);
    result = Result(version);
  }
  rows_ = {};
  properties_ = {};
  identities_ = {};
  time_keys_.clear();
  ends_ = {};
  half_begin_ = {};
  halves_ = {};
  return result;
}

absl::Status FindBulkIdentities(const GraphCore& core, const View& view,
                                std::span<const std::string> identities,
                                std::vector<uint8_t>* found) {
  found->assign(identities.size(), 0);
  std::vector<std::pair<uint64_t, size_t>> wanted;
  for (size_t i = 0; i < identities.size(); ++i) wanted.emplace_back(BigEndian(identities[i]), i);
  std::sort(wanted.begin(), wanted.end());
  std::vector<ScanPage> pages;
  for (size_t begin = 0; begin < wanted.size();) {
    const auto bucket = static_cast<uint16_t>(wanted[begin].first >> 48);
    size_t end = begin;
    while (end < wanted.size() && wanted[end].first >> 48 == bucket) ++end;
    const std::string prefix = core.layout.BulkIdentities(bucket);
    const std::string after = PrefixEnd(prefix);
    const ScanRange range{Table::kImports, prefix, after, kScanRowsMax, false};
    SKEIN_RETURN_IF_ERROR(core.store.MultiScan(view, {&range, 1}, &pages));
    for (const auto& [key, kept] : pages[0].rows) {
      for (size_t w = begin; w < end; ++w) {
        std::string tail;
        AppendBe64(&tail, wanted[w].first);
        tail.erase(0, 8 - kKeptBytes);
        size_t low = 0, high = kept.size() / kKeptBytes;
        while (low < high) {
          const size_t middle = low + (high - low) / 2;
          const int order = kept.compare(middle * kKeptBytes, kKeptBytes, tail);
          if (order == 0) (*found)[wanted[w].second] = 1;
          if (order == 0) break;
          order < 0 ? low = middle + 1 : high = middle;
        }
      }
    }
    begin = end;
  }
  return absl::OkStatus();
}

}  // namespace skein
