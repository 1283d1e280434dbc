#include "query/engine/explore.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "query/procedures/visible_names.h"
#include "query/syntax/error.h"
#include "storage/base/memory_budget.h"
#include "storage/base/status.h"
#include "storage/schema/catalog.h"

namespace skein {
namespace {

// Rows that one Expand or Trajectory reads at most: ~1 s of a warm store.
constexpr int64_t kRowsMax = 4'000'000;
constexpr size_t kBatch = 1000;

// Keys that name an element, best first; the spelling of sources differs in case and underscores.
constexpr std::array<std::string_view, 24> kNameKeys = {
    "name",    "fullname",      "displayname", "姓名",    "名称", "title", "plate",    "车牌",
    "number",  "phone",         "msisdn",      "imei",    "imsi", "mac",   "idnumber", "document",
    "account", "accountnumber", "iban",        "address", "code", "vin",   "username", "id"};

std::string Folded(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '_' || c == '-' || c == ' ') continue;
    out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

std::optional<std::string> NameText(const Value& value) {
  if (value.kind() == ValueKind::kString && !value.string().empty()) {
    std::string text = value.string();
    if (text.size() > 120) {
      size_t n = 120;
      while (n > 0 && (text[n] & 0xC0) == 0x80) --n;
      text.resize(n);
    }
    return text;
  }
  if (value.kind() == ValueKind::kInteger) return std::to_string(value.integer());
  return std::nullopt;
}

std::optional<double> Number(const ValueMap& properties, std::span<const std::string_view> keys) {
  for (const auto& [key, value] : properties) {
    if (value.is_number() && std::find(keys.begin(), keys.end(), Folded(key)) != keys.end()) {
      return value.number();
    }
  }
  return std::nullopt;
}

// A WGS-84 position among the properties: a point, or latitude and longitude.
std::optional<std::pair<double, double>> PositionOf(const ValueMap& properties) {
  for (const auto& [key, value] : properties) {
    if (value.kind() == ValueKind::kPoint &&
        (value.point().srid == 4326 || value.point().srid == 4979)) {
      return std::pair(value.point().y, value.point().x);
    }
  }
  static constexpr std::array<std::string_view, 2> kLat = {"lat", "latitude"};
  static constexpr std::array<std::string_view, 4> kLon = {"lon", "lng", "long", "longitude"};
  const auto lat = Number(properties, kLat);
  const auto lon = Number(properties, kLon);
  if (!lat || !lon || std::fabs(*lat) > 90 || std::fabs(*lon) > 180) return std::nullopt;
  return std::pair(*lat, *lon);
}

// The values a search text may stand for in an exact look-up.
std::vector<Value> ExactValues(std::string_view text) {
  std::vector<Value> values = {Value::String(std::string(text))};
  int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error == std::errc() && end == text.data() + text.size()) {
    values.push_back(Value::Integer(n));
  }
  return values;
}

class ExplorerImpl final : public Explorer {
 public:
  ExplorerImpl(Engine& engine, std::shared_ptr<const Reader> reader, Viewer viewer,
               const QueryLimits& limits, Clock& clock)
      : clock_(clock),
        graph_(engine.users()),
        reader_(std::move(reader)),
        viewer_(std::move(viewer)),
        catalog_(reader_->catalog()) {
    budget_.rows_left = std::min<int64_t>(limits.rows_read, kRowsMax);
    budget_.bytes_left = limits.bytes;
    budget_.process = &MemoryBudget::Process();
    budget_.deadline = clock_.Now() + limits.time;
  }

  absl::StatusOr<SearchHits> Search(std::string_view text, const std::optional<std::string>& label,
                                    size_t limit) override;
  absl::StatusOr<Cards> GetCards(std::span<const int64_t> nodes,
                                 std::span<const int64_t> links) override;
  absl::StatusOr<ElementFacts> GetNode(int64_t id) override;
  absl::StatusOr<ElementFacts> GetLink(int64_t id) override;
  absl::StatusOr<std::vector<NeighbourKind>> CountNeighbours(int64_t node,
                                                             const ValidTime& window) override;
  absl::StatusOr<ExpandAnswer> Expand(const ExpandRequest& request) override;
  absl::StatusOr<TrajectoryAnswer> Trajectory(int64_t node, const ValidTime& window,
                                              size_t limit) override;
  absl::StatusOr<GraphNames> Names() override;
  absl::Status Visible(std::span<const int64_t> nodes, std::span<const int64_t> links,
                       std::vector<uint8_t>* node_out, std::vector<uint8_t>* link_out) override;
  void Cancel() override { budget_.cancelled = true; }

 private:
  struct Found {
    NodeId node{};
    KeyId key{};
  };
  struct Expansion {
    std::vector<LinkId> shown;
    absl::flat_hash_set<LinkId> links;
    absl::flat_hash_set<NodeId> neighbours;
  };

  // Looked at once a batch: the budget compares with the clock only here.
  absl::Status Check() {
    if (clock_.Now() >= budget_.deadline) budget_.expired = true;
    return budget_.Check();
  }

  absl::StatusOr<NodeId> VisibleNode(int64_t id);
  absl::Status SeekExact(std::string_view text, std::optional<LabelId> label, size_t limit,
                         std::vector<Found>* found);
  absl::Status NodeCards(std::span<const NodeId> ids,
                         absl::flat_hash_map<NodeId, NodeCard>* cards) const;
  absl::Status LinkCards(std::span<const LinkId> ids, std::vector<LinkRecord>* records) const;
  NodeCard ToCard(const NodeRecord& record) const;
  LinkCard ToCard(const LinkRecord& record) const;
  ValueMap ToMap(const std::vector<PropertyEntry>& properties) const;
  absl::StatusOr<FactSource> SourceOf(const Provenance& provenance) const;
  absl::Status Facts(const std::vector<PropertyEntry>& properties, ElementFacts* facts) const;
  absl::Status CountExpansion(const ExpandRequest& request, std::span<const NodeId> frontier,
                              const ExpandOptions& options, std::span<const LabelId> labels,
                              Expansion* expansion);
  absl::Status KeepLabelled(std::span<const LabelId> labels, const ExpandBatch& batch,
                            std::vector<uint8_t>* keep) const;

  Clock& clock_;
  Graph& graph_;
  const std::shared_ptr<const Reader> reader_;
  const Viewer viewer_;
  const Catalog& catalog_;
  Budget budget_;
};

ValueMap ExplorerImpl::ToMap(const std::vector<PropertyEntry>& properties) const {
  ValueMap map;
  for (const PropertyEntry& p : properties) {
    map.emplace_back(std::string(catalog_.Name(p.key)), p.value);
  }
  return Value::Map(std::move(map)).map();
}

NodeCard ExplorerImpl::ToCard(const NodeRecord& record) const {
  NodeCard card;
  card.id = graph_.EncodeElementId(record.id);
  for (const LabelId label : record.labels) card.labels.emplace_back(catalog_.Name(label));
  std::sort(card.labels.begin(), card.labels.end());
  card.properties = ToMap(record.properties);
  card.caption = CaptionOf(
      card.properties, (card.labels.empty() ? "" : card.labels[0] + " ") + std::to_string(card.id));
  card.valid = record.valid;
  return card;
}

LinkCard ExplorerImpl::ToCard(const LinkRecord& record) const {
  LinkCard card;
  card.id = graph_.EncodeElementId(record.id);
  card.from = graph_.EncodeElementId(record.from);
  card.to = graph_.EncodeElementId(record.to);
  card.type = std::string(catalog_.Name(record.type));
  card.sighting = catalog_.IsSightingType(record.type);
  card.properties = ToMap(record.properties);
  card.valid = record.valid;
  return card;
}

absl::Status ExplorerImpl::NodeCards(std::span<const NodeId> ids,
                                     absl::flat_hash_map<NodeId, NodeCard>* cards) const {
  std::vector<std::optional<NodeRecord>> records;
  for (size_t at = 0; at < ids.size(); at += kBatch) {
    const auto part = ids.subspan(at, std::min(kBatch, ids.size() - at));
    SKEIN_RETURN_IF_ERROR(reader_->GetNodes(viewer_, part, &records));
    for (const auto& record : records) {
      if (record) cards->insert_or_assign(record->id, ToCard(*record));
    }
  }
  return absl::OkStatus();
}

absl::Status ExplorerImpl::LinkCards(std::span<const LinkId> ids,
                                     std::vector<LinkRecord>* records) const {
  std::vector<std::optional<LinkRecord>> batch;
  for (size_t at = 0; at < ids.size(); at += kBatch) {
    const auto part = ids.subspan(at, std::min(kBatch, ids.size() - at));
    SKEIN_RETURN_IF_ERROR(reader_->GetLinks(viewer_, part, &batch));
    for (auto& record : batch) {
      if (record) records->push_back(*std::move(record));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<NodeId> ExplorerImpl::VisibleNode(int64_t id) {
  SKEIN_RETURN_IF_ERROR(Check());
  const absl::Status none = NotFound("there is no element n", id);
  const auto node = graph_.DecodeNodeId(id);
  if (!node.ok()) return none;
  std::vector<uint8_t> visible;
  SKEIN_RETURN_IF_ERROR(reader_->FilterLabels(viewer_, {&*node, 1}, {}, &visible));
  if (visible.empty() || visible[0] == 0) return none;
  return *node;
}

absl::Status ExplorerImpl::SeekExact(std::string_view text, std::optional<LabelId> label,
                                     size_t limit, std::vector<Found>* found) {
  const std::vector<Value> values = ExactValues(text);
  std::vector<uint64_t> ids;
  for (const IndexInfo& index : catalog_.Indexes()) {
    if (!index.online || index.kind == IndexKind::kText || index.kind == IndexKind::kPoint ||
        index.keys.size() != 1 || (label && index.label != *label)) {
      continue;
    }
    for (const Value& value : values) {
      SKEIN_ASSIGN_OR_RETURN(const auto cursor,
                             reader_->SeekIndex(viewer_, index.id, {&value, 1}, budget_));
      SKEIN_ASSIGN_OR_RETURN(const bool some, cursor->Next(limit + 1, &ids));
      if (!some) continue;
      for (const uint64_t id : ids) found->push_back({NodeId{id}, index.keys[0]});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<SearchHits> ExplorerImpl::Search(std::string_view text,
                                                const std::optional<std::string>& label,
                                                size_t limit) {
  SKEIN_RETURN_IF_ERROR(Check());
  std::optional<LabelId> label_id;
  if (label) {
    label_id = procedures::FindVisibleLabel(*reader_, viewer_, *label);
    if (!label_id) return SearchHits{};
  }
  std::vector<Found> found;
  SKEIN_RETURN_IF_ERROR(SeekExact(text, label_id, limit, &found));
  SKEIN_ASSIGN_OR_RETURN(const std::vector<TextHit> hits,
                         reader_->SearchText(viewer_, text, label_id, limit + 1, budget_));
  for (const TextHit& hit : hits) found.push_back({hit.node, hit.key});
  // The first time a node is found says by which property.
  std::vector<Found> once;
  std::vector<NodeId> nodes;
  absl::flat_hash_set<NodeId> seen;
  for (const Found& f : found) {
    if (!seen.insert(f.node).second) continue;
    once.push_back(f);
    nodes.push_back(f.node);
  }
  SearchHits answer;
  answer.truncated = once.size() > limit;
  if (answer.truncated) {
    once.resize(limit);
    nodes.resize(limit);
  }
  absl::flat_hash_map<NodeId, NodeCard> cards;
  SKEIN_RETURN_IF_ERROR(NodeCards(nodes, &cards));
  for (const Found& f : once) {
    const auto card = cards.find(f.node);
    if (card == cards.end()) continue;
    SearchHit hit{card->second, std::string(catalog_.Name(f.key)), {}};
    for (const auto& [key, value] : hit.node.properties) {
      if (key == hit.key) hit.value = value;
    }
    answer.hits.push_back(std::move(hit));
  }
  return answer;
}

absl::StatusOr<Cards> ExplorerImpl::GetCards(std::span<const int64_t> nodes,
                                             std::span<const int64_t> links) {
  SKEIN_RETURN_IF_ERROR(Check());
  std::vector<NodeId> node_ids;
  for (const int64_t id : nodes) {
    if (const auto node = graph_.DecodeNodeId(id); node.ok()) node_ids.push_back(*node);
  }
  std::vector<LinkId> link_ids;
  for (const int64_t id : links) {
    if (const auto link = graph_.DecodeLinkId(id); link.ok()) link_ids.push_back(*link);
  }
  Cards cards;
  absl::flat_hash_map<NodeId, NodeCard> found;
  SKEIN_RETURN_IF_ERROR(NodeCards(node_ids, &found));
  for (const NodeId id : node_ids) {  // in the order asked, each once
    const auto it = found.find(id);
    if (it == found.end()) continue;
    cards.nodes.push_back(std::move(it->second));
    found.erase(it);
  }
  std::vector<LinkRecord> records;
  SKEIN_RETURN_IF_ERROR(LinkCards(link_ids, &records));
  for (const LinkRecord& record : records) cards.links.push_back(ToCard(record));
  return cards;
}

absl::StatusOr<FactSource> ExplorerImpl::SourceOf(const Provenance& provenance) const {
  FactSource source;
  source.row = provenance.row;
  const auto batch = catalog_.GetBatch(provenance.batch);
  if (batch.ok()) source.batch = *batch;
  source.batch.id = provenance.batch;
  return source;
}

absl::Status ExplorerImpl::Facts(const std::vector<PropertyEntry>& properties,
                                 ElementFacts* facts) const {
  for (const PropertyEntry& p : properties) {
    SKEIN_ASSIGN_OR_RETURN(FactSource source, SourceOf(p.source));
    facts->facts.push_back({std::string(catalog_.Name(p.key)), p.value, std::move(source)});
  }
  std::sort(facts->facts.begin(), facts->facts.end(),
            [](const Fact& a, const Fact& b) { return a.key < b.key; });
  return absl::OkStatus();
}

absl::StatusOr<ElementFacts> ExplorerImpl::GetNode(int64_t id) {
  SKEIN_ASSIGN_OR_RETURN(const NodeId node, VisibleNode(id));
  std::vector<std::optional<NodeRecord>> records;
  SKEIN_RETURN_IF_ERROR(reader_->GetNodes(viewer_, {&node, 1}, &records));
  if (records.empty() || !records[0]) return NotFound("there is no element n", id);
  const NodeRecord& record = *records[0];
  NodeCard card = ToCard(record);
  ElementFacts facts;
  facts.id = id;
  facts.caption = std::move(card.caption);
  facts.labels = std::move(card.labels);
  facts.valid = record.valid;
  facts.policy = catalog_.GetPolicy(record.policy);
  SKEIN_RETURN_IF_ERROR(Facts(record.properties, &facts));
  SKEIN_ASSIGN_OR_RETURN(facts.source, SourceOf(record.source));
  return facts;
}

absl::StatusOr<ElementFacts> ExplorerImpl::GetLink(int64_t id) {
  SKEIN_RETURN_IF_ERROR(Check());
  const auto link = graph_.DecodeLinkId(id);
  std::vector<LinkRecord> records;
  if (link.ok()) SKEIN_RETURN_IF_ERROR(LinkCards({&*link, 1}, &records));
  if (records.empty()) return NotFound("there is no element l", id);
  const LinkRecord& record = records[0];
  ElementFacts facts;
  facts.node = false;
  facts.id = id;
  facts.type = std::string(catalog_.Name(record.type));
  facts.caption = facts.type;
  facts.sighting = catalog_.IsSightingType(record.type);
  facts.valid = record.valid;
  facts.policy = catalog_.GetPolicy(record.policy);
  SKEIN_RETURN_IF_ERROR(Facts(record.properties, &facts));
  SKEIN_ASSIGN_OR_RETURN(facts.source, SourceOf(record.source));
  absl::flat_hash_map<NodeId, NodeCard> ends;
  const std::array<NodeId, 2> ids = {record.from, record.to};
  SKEIN_RETURN_IF_ERROR(NodeCards(ids, &ends));
  facts.from = ends[record.from];
  facts.to = ends[record.to];
  return facts;
}

absl::StatusOr<std::vector<NeighbourKind>> ExplorerImpl::CountNeighbours(int64_t node,
                                                                         const ValidTime& window) {
  SKEIN_ASSIGN_OR_RETURN(const NodeId id, VisibleNode(node));
  SKEIN_ASSIGN_OR_RETURN(const std::vector<NeighbourCount> counts,
                         reader_->CountNeighbours(viewer_, id, window, budget_));
  std::vector<NeighbourKind> kinds;
  for (const NeighbourCount& count : counts) {
    NeighbourKind kind;
    kind.type = std::string(catalog_.Name(count.type));
    kind.outgoing = count.outgoing;
    if (count.label) kind.label = std::string(catalog_.Name(*count.label));
    kind.sighting = catalog_.IsSightingType(count.type);
    kind.count = count.count;
    kinds.push_back(std::move(kind));
  }
  return kinds;
}

absl::Status ExplorerImpl::KeepLabelled(std::span<const LabelId> labels, const ExpandBatch& batch,
                                        std::vector<uint8_t>* keep) const {
  keep->assign(batch.size(), labels.empty() ? 1 : 0);
  std::vector<uint8_t> with;
  for (const LabelId label : labels) {
    SKEIN_RETURN_IF_ERROR(reader_->FilterLabels(viewer_, batch.neighbour, {&label, 1}, &with));
    for (size_t i = 0; i < with.size(); ++i) (*keep)[i] |= with[i];
  }
  return absl::OkStatus();
}

absl::Status ExplorerImpl::CountExpansion(const ExpandRequest& request,
                                          std::span<const NodeId> frontier,
                                          const ExpandOptions& options,
                                          std::span<const LabelId> labels, Expansion* expansion) {
  SKEIN_ASSIGN_OR_RETURN(const auto cursor, reader_->Expand(viewer_, frontier, options, budget_));
  ExpandBatch batch;
  std::vector<uint8_t> keep;
  while (true) {
    SKEIN_RETURN_IF_ERROR(Check());
    SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&batch));
    if (!more) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(KeepLabelled(labels, batch, &keep));
    for (size_t i = 0; i < batch.size(); ++i) {
      // Two start nodes that are linked see the same link from both sides.
      if (keep[i] == 0 || !expansion->links.insert(batch.link[i]).second) continue;
      expansion->neighbours.insert(batch.neighbour[i]);
      if (expansion->shown.size() < request.limit) expansion->shown.push_back(batch.link[i]);
    }
  }
}

absl::StatusOr<ExpandAnswer> ExplorerImpl::Expand(const ExpandRequest& request) {
  SKEIN_RETURN_IF_ERROR(Check());
  std::vector<NodeId> frontier;
  for (const int64_t id : request.nodes) {
    if (const auto node = graph_.DecodeNodeId(id); node.ok()) frontier.push_back(*node);
  }
  ExpandOptions options;
  options.direction = request.direction;
  options.window = request.window;
  options.links = true;
  for (const std::string& type : request.types) {
    if (const auto id = catalog_.FindLinkType(type)) options.types.push_back(*id);
  }
  std::vector<LabelId> labels;
  for (const std::string& label : request.labels) {
    if (const auto id = catalog_.FindLabel(label)) labels.push_back(*id);
  }
  const bool nothing = (!request.types.empty() && options.types.empty()) ||
                       (!request.labels.empty() && labels.empty());
  Expansion expansion;
  ExpandAnswer answer;
  if (!nothing) {
    const absl::Status counted = CountExpansion(request, frontier, options, labels, &expansion);
    answer.lower_bound = counted.code() == absl::StatusCode::kResourceExhausted;
    if (!counted.ok() && !answer.lower_bound) return counted;
  }
  answer.total_links = expansion.links.size();
  answer.total_neighbours = expansion.neighbours.size();
  std::vector<LinkRecord> records;
  SKEIN_RETURN_IF_ERROR(LinkCards(expansion.shown, &records));
  std::vector<NodeId> nodes = frontier;
  for (const LinkRecord& record : records) {
    answer.cards.links.push_back(ToCard(record));
    nodes.push_back(record.from);
    nodes.push_back(record.to);
  }
  absl::flat_hash_map<NodeId, NodeCard> cards;
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  SKEIN_RETURN_IF_ERROR(NodeCards(nodes, &cards));
  for (const NodeId id : nodes) {
    if (const auto it = cards.find(id); it != cards.end()) {
      answer.cards.nodes.push_back(std::move(it->second));
    }
  }
  return answer;
}

absl::StatusOr<TrajectoryAnswer> ExplorerImpl::Trajectory(int64_t node, const ValidTime& window,
                                                          size_t limit) {
  SKEIN_ASSIGN_OR_RETURN(const NodeId id, VisibleNode(node));
  ExpandOptions options;
  options.window = window;
  options.links = options.valid = true;
  for (uint32_t type = 0; type < catalog_.link_type_count(); ++type) {
    if (catalog_.IsSightingType(LinkTypeId{type})) options.types.push_back(LinkTypeId{type});
  }
  TrajectoryAnswer answer;
  if (options.types.empty()) return answer;
  SKEIN_ASSIGN_OR_RETURN(const auto cursor, reader_->Expand(viewer_, {&id, 1}, options, budget_));
  struct Seen {
    TimeUs time;
    LinkId link;
    NodeId sensor;
  };
  // The earliest `limit`, kept as a heap: a hub's trajectory is not held whole.
  const auto later = [](const Seen& a, const Seen& b) {
    return std::tie(a.time, a.link) < std::tie(b.time, b.link);
  };
  std::vector<Seen> first;
  ExpandBatch batch;
  while (true) {
    SKEIN_RETURN_IF_ERROR(Check());
    SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&batch));
    if (!more) break;
    answer.total += batch.size();
    for (size_t i = 0; i < batch.size(); ++i) {
      first.push_back({batch.valid[i].from, batch.link[i], batch.neighbour[i]});
      std::push_heap(first.begin(), first.end(), later);
      if (first.size() <= limit) continue;
      std::pop_heap(first.begin(), first.end(), later);
      first.pop_back();
    }
  }
  std::sort(first.begin(), first.end(), later);
  std::vector<LinkId> links;
  std::vector<NodeId> sensors;
  for (const Seen& seen : first) {
    links.push_back(seen.link);
    sensors.push_back(seen.sensor);
  }
  std::sort(sensors.begin(), sensors.end());
  sensors.erase(std::unique(sensors.begin(), sensors.end()), sensors.end());
  absl::flat_hash_map<NodeId, NodeCard> cards;
  SKEIN_RETURN_IF_ERROR(NodeCards(sensors, &cards));
  std::vector<LinkRecord> records;
  SKEIN_RETURN_IF_ERROR(LinkCards(links, &records));
  for (const LinkRecord& record : records) {
    SightingCard sighting;
    sighting.link = ToCard(record);
    sighting.time_us = record.valid.from;
    const auto sensor = cards.find(record.from == id ? record.to : record.from);
    if (sensor == cards.end()) continue;
    sighting.sensor = sensor->second;
    sighting.position = PositionOf(sighting.link.properties);
    if (!sighting.position) sighting.position = PositionOf(sighting.sensor.properties);
    answer.sightings.push_back(std::move(sighting));
  }
  return answer;
}

absl::StatusOr<GraphNames> ExplorerImpl::Names() {
  SKEIN_RETURN_IF_ERROR(Check());
  GraphNames names;
  for (uint32_t i = 0; i < catalog_.label_count(); ++i) {
    SKEIN_ASSIGN_OR_RETURN(const uint64_t count, reader_->CountNodes(viewer_, LabelId{i}));
    if (count > 0) {
      names.labels.push_back({std::string(catalog_.Name(LabelId{i})), count, false});
    }
  }
  for (uint32_t i = 0; i < catalog_.link_type_count(); ++i) {
    const LinkTypeId type{i};
    SKEIN_ASSIGN_OR_RETURN(const uint64_t count, reader_->CountLinks(viewer_, type));
    if (count > 0) {
      names.link_types.push_back(
          {std::string(catalog_.Name(type)), count, catalog_.IsSightingType(type)});
    }
  }
  return names;
}

absl::Status ExplorerImpl::Visible(std::span<const int64_t> nodes, std::span<const int64_t> links,
                                   std::vector<uint8_t>* node_out, std::vector<uint8_t>* link_out) {
  std::vector<NodeId> node_ids;
  for (const int64_t id : nodes) {
    const auto node = graph_.DecodeNodeId(id);
    node_ids.push_back(node.ok() ? *node : kNoNode);
  }
  std::vector<LinkId> link_ids;
  for (const int64_t id : links) {
    const auto link = graph_.DecodeLinkId(id);
    link_ids.push_back(link.ok() ? *link : kNoLink);
  }
  SKEIN_RETURN_IF_ERROR(reader_->FilterLabels(viewer_, node_ids, {}, node_out));
  std::vector<LinkEnds> ends;
  SKEIN_RETURN_IF_ERROR(reader_->GetLinkEnds(viewer_, link_ids, &ends));
  link_out->clear();
  for (const LinkEnds& end : ends) link_out->push_back(end.from == kNoNode ? 0 : 1);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Explorer>> Explorer::Open(Engine& engine, Connection& connection,
                                                         const Viewer& viewer,
                                                         const QueryLimits& limits, Clock& clock) {
  SKEIN_ASSIGN_OR_RETURN(std::shared_ptr<const Reader> reader, connection.CurrentReader());
  return std::unique_ptr<Explorer>(
      std::make_unique<ExplorerImpl>(engine, std::move(reader), viewer, limits, clock));
}

std::string CaptionOf(const ValueMap& properties, std::string_view fallback) {
  std::optional<std::string> best;
  size_t best_place = kNameKeys.size();
  for (const auto& [key, value] : properties) {
    const auto place = static_cast<size_t>(
        std::find(kNameKeys.begin(), kNameKeys.end(), Folded(key)) - kNameKeys.begin());
    if (place >= best_place) continue;
    if (auto text = NameText(value)) {
      best = std::move(text);
      best_place = place;
    }
  }
  if (best) return *best;
  for (const auto& [key, value] : properties) {
    if (value.kind() == ValueKind::kString) {
      if (auto text = NameText(value)) return *text;
    }
  }
  return std::string(fallback);
}

std::optional<QueryErrorView> ViewQueryError(const absl::Status& status, std::string_view text) {
  const auto error = QueryErrorOf(status);
  if (!error) return std::nullopt;
  return QueryErrorView{std::string(ErrorClassName(error->error_class)),
                        std::string(ErrorDetailName(error->detail)),
                        error->message,
                        RenderError(*error, text),
                        error->position.line,
                        error->position.column};
}

}  // namespace skein
