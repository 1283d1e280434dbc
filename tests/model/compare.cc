#include "tests/model/compare.h"

#include <sstream>

#include "storage/index/text.h"

namespace skein {
namespace {

bool SameExactly(const Value& a, const Value& b) { return a.kind() == b.kind() && SameValue(a, b); }

bool SameProperties(const std::vector<PropertyEntry>& a, const std::vector<PropertyEntry>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.key == y.key && x.source == y.source && SameExactly(x.value, y.value);
  });
}

bool SameNode(const NodeRecord& a, const NodeRecord& b) {
  return a.id == b.id && a.labels == b.labels && SameProperties(a.properties, b.properties) &&
         a.valid == b.valid && a.policy == b.policy && a.source == b.source;
}

bool SameLink(const LinkRecord& a, const LinkRecord& b) {
  return a.id == b.id && a.type == b.type && a.from == b.from && a.to == b.to &&
         SameProperties(a.properties, b.properties) && a.valid == b.valid && a.policy == b.policy &&
         a.source == b.source;
}

template <typename T>
std::string List(const std::vector<T>& ids) {
  std::ostringstream out;
  for (const T& id : ids) out << ' ' << static_cast<uint64_t>(id);
  return out.str();
}

class Comparison {
 public:
  Comparison(const Reader& reader, const ReferenceGraph& reference, const Viewer& viewer,
             const World& world, Dice& dice)
      : reader_(reader), reference_(reference), viewer_(viewer), world_(world), dice_(dice) {
    for (const auto& [id, node] : reference.nodes) node_ids_.push_back(id);
    for (const auto& [id, link] : reference.links) link_ids_.push_back(id);
    node_ids_.push_back(NodeId{1'000'000'000});  // never there
    link_ids_.push_back(LinkId{1'000'000'000});
    std::shuffle(node_ids_.begin(), node_ids_.end(), dice_);
    std::shuffle(link_ids_.begin(), link_ids_.end(), dice_);
  }

  std::string Run() {
    for (const auto check :
         {&Comparison::Scans, &Comparison::Nodes, &Comparison::Links, &Comparison::Expansion,
          &Comparison::Neighbours, &Comparison::Counts, &Comparison::Indexes, &Comparison::Text}) {
      (this->*check)();
      if (!difference_.empty()) break;
    }
    return difference_;
  }

 private:
  template <typename... Parts>
  void Differs(const Parts&... parts) {
    if (difference_.empty()) difference_ = internal::Join(parts...);
  }
  bool Ok(const absl::Status& status, std::string_view what) {
    if (!status.ok()) Differs(what, ": ", status.ToString());
    return status.ok();
  }

  std::vector<uint64_t> Drain(absl::StatusOr<std::unique_ptr<IdCursor>> cursor,
                              std::string_view what) {
    std::vector<uint64_t> all, page;
    if (!Ok(cursor.status(), what)) return all;
    while (true) {
      const auto more = (*cursor)->Next(1 + dice_() % 7, &page);
      if (!Ok(more.status(), what) || !*more) return all;
      all.insert(all.end(), page.begin(), page.end());
    }
  }

  void Scans() {
    std::vector<std::optional<LabelId>> labels(world_.labels.begin(), world_.labels.end());
    labels.push_back(std::nullopt);
    for (const auto& label : labels) {
      const auto got = Drain(reader_.ScanNodes(viewer_, label, budget_), "ScanNodes");
      const auto expected = reference_.ScanNodes(viewer_, label);
      if (got != expected) Differs("ScanNodes gave", List(got), ", not", List(expected));
    }
    std::set<LinkTypeId> types;
    if (dice_() % 2 == 0) types.insert(world_.types[dice_() % world_.types.size()]);
    const std::vector<LinkTypeId> wanted(types.begin(), types.end());
    const auto got = Drain(reader_.ScanLinks(viewer_, wanted, budget_), "ScanLinks");
    const auto expected = reference_.ScanLinks(viewer_, types);
    if (got != expected) Differs("ScanLinks gave", List(got), ", not", List(expected));
  }

  void Nodes() {
    std::vector<std::optional<NodeRecord>> nodes;
    std::vector<Value> values;
    std::vector<std::vector<LabelId>> labels;
    std::vector<uint8_t> filtered;
    const KeyId key = world_.keys[dice_() % world_.keys.size()];
    const std::vector<LabelId> wanted = {world_.labels[dice_() % world_.labels.size()],
                                         world_.labels[dice_() % world_.labels.size()]};
    if (!Ok(reader_.GetNodes(viewer_, node_ids_, &nodes), "GetNodes") ||
        !Ok(reader_.GetNodeProperty(viewer_, node_ids_, key, &values), "GetNodeProperty") ||
        !Ok(reader_.GetLabels(viewer_, node_ids_, &labels), "GetLabels") ||
        !Ok(reader_.FilterLabels(viewer_, node_ids_, wanted, &filtered), "FilterLabels")) {
      return;
    }
    for (size_t i = 0; i < node_ids_.size(); ++i) {
      const NodeId id = node_ids_[i];
      const bool seen = reference_.Sees(viewer_, id);
      if (nodes[i].has_value() != seen) Differs("GetNodes: node ", Raw(id), " visible: ", !seen);
      if (!seen) {
        if (!values[i].is_null() || !labels[i].empty() || filtered[i] != 0) {
          Differs("something of the hidden node ", Raw(id), " shows");
        }
        continue;
      }
      const NodeRecord& node = reference_.nodes.at(id);
      if (nodes[i] && !SameNode(*nodes[i], node)) Differs("GetNodes: node ", Raw(id), " differs");
      const Value expected = ReferenceGraph::Property(node.properties, key).value_or(Value());
      if (!SameExactly(values[i], expected)) {
        Differs("GetNodeProperty: node ", Raw(id), " has ", ToLiteral(values[i]), ", not ",
                ToLiteral(expected));
      }
      if (labels[i] != node.labels) Differs("GetLabels: node ", Raw(id));
      const bool both =
          ReferenceGraph::HasLabel(node, wanted[0]) && ReferenceGraph::HasLabel(node, wanted[1]);
      if ((filtered[i] != 0) != both) Differs("FilterLabels: node ", Raw(id));
    }
  }

  void Links() {
    std::vector<std::optional<LinkRecord>> links;
    std::vector<Value> values;
    std::vector<LinkEnds> ends;
    const KeyId key = world_.keys[dice_() % world_.keys.size()];
    if (!Ok(reader_.GetLinks(viewer_, link_ids_, &links), "GetLinks") ||
        !Ok(reader_.GetLinkProperty(viewer_, link_ids_, key, &values), "GetLinkProperty") ||
        !Ok(reader_.GetLinkEnds(viewer_, link_ids_, &ends), "GetLinkEnds")) {
      return;
    }
    for (size_t i = 0; i < link_ids_.size(); ++i) {
      const LinkId id = link_ids_[i];
      const bool seen = reference_.Sees(viewer_, id);
      if (links[i].has_value() != seen) Differs("GetLinks: link ", Raw(id), " visible: ", !seen);
      if (!seen) {
        if (!values[i].is_null() || ends[i].from != kNoNode) Differs("hidden link ", Raw(id));
        continue;
      }
      const LinkRecord& link = reference_.links.at(id);
      if (links[i] && !SameLink(*links[i], link)) Differs("GetLinks: link ", Raw(id), " differs");
      const Value expected = ReferenceGraph::Property(link.properties, key).value_or(Value());
      if (!SameExactly(values[i], expected)) Differs("GetLinkProperty: link ", Raw(id));
      if (ends[i].from != link.from || ends[i].to != link.to || ends[i].type != link.type) {
        Differs("GetLinkEnds: link ", Raw(id));
      }
    }
  }

  ExpandOptions AnyOptions() {
    ExpandOptions options;
    options.direction = static_cast<Direction>(dice_() % 3);
    for (uint64_t i = dice_() % 3; i > 0; --i) {
      options.types.push_back(world_.types[dice_() % world_.types.size()]);
    }
    if (dice_() % 2 == 0) options.window = AnyValid(dice_);
    options.by_start = dice_() % 2 == 0;
    options.loops_once = dice_() % 2 == 0;
    options.rows_per_batch = static_cast<uint32_t>(1 + dice_() % 9);
    options.links = options.type = options.outgoing = options.valid = true;
    return options;
  }

  static std::string Spell(const ValidTime& valid) {
    return internal::Join(" [", valid.from, ", ", valid.to, ")");
  }
  static std::string Spell(const ExpandOptions& options) {
    std::string out = internal::Join("; direction ", static_cast<int>(options.direction),
                                     options.by_start ? ", by start" : "",
                                     options.loops_once ? ", loops once" : "", ", types");
    for (const LinkTypeId type : options.types) out += internal::Join(" ", Raw(type));
    out += ", window" + Spell(options.window);
    out += ", windows";
    for (const ValidTime& window : options.windows) out += Spell(window);
    return out;
  }
  static std::string Spell(const std::vector<ExpandedRow>& rows) {
    std::string out = ";";
    for (const ExpandedRow& row : rows) {
      out += internal::Join(" ", row.source, row.outgoing ? ">" : "<", Raw(row.neighbour), " link ",
                            Raw(row.link), Spell(row.valid));
    }
    return out;
  }

  std::vector<NodeId> AnyFrontier() {
    std::vector<NodeId> frontier;
    for (uint64_t i = dice_() % 12; i > 0; --i) {
      frontier.push_back(node_ids_[dice_() % node_ids_.size()]);  // may repeat
    }
    return frontier;
  }

  void Expansion() {
    const std::vector<NodeId> frontier = AnyFrontier();
    ExpandOptions options = AnyOptions();
    std::vector<ValidTime> windows;
    if (dice_() % 2 == 0) {
      for (size_t i = 0; i < frontier.size(); ++i) windows.push_back(AnyValid(dice_));
    }
    options.windows = windows;
    const auto expected = reference_.Expand(viewer_, frontier, options);
    auto cursor = reader_.Expand(viewer_, frontier, options, budget_);
    if (!Ok(cursor.status(), "Expand")) return;
    std::vector<ExpandedRow> got;
    ExpandBatch batch;
    while (true) {
      const auto more = (*cursor)->Next(&batch);
      if (!Ok(more.status(), "Expand") || !*more) break;
      for (size_t i = 0; i < batch.size(); ++i) {
        got.push_back({batch.source[i], batch.neighbour[i], batch.link[i], batch.type[i],
                       batch.outgoing[i] != 0, batch.valid[i]});
      }
    }
    if (got != expected) {
      Differs("Expand of", List(frontier), " gave ", got.size(), " rows, expected ",
              expected.size(), " (or another order)", Spell(options), Spell(got), Spell(expected));
    }
    std::vector<uint64_t> degrees, counted(frontier.size(), 0);
    for (const ExpandedRow& row : expected) ++counted[row.source];
    if (!Ok(reader_.Degrees(viewer_, frontier, options, budget_, &degrees), "Degrees")) return;
    if (degrees != counted) Differs("Degrees gave", List(degrees), ", not", List(counted));
  }

  void Neighbours() {
    const NodeId node = node_ids_[dice_() % node_ids_.size()];
    const ValidTime window = dice_() % 2 == 0 ? AnyValid(dice_) : ValidTime{};
    const auto got = reader_.CountNeighbours(viewer_, node, window, budget_);
    if (!Ok(got.status(), "CountNeighbours")) return;
    ExpandOptions options;
    options.window = window;
    options.loops_once = false;
    std::map<std::tuple<LinkTypeId, bool, std::optional<LabelId>>, uint64_t> counts, expected;
    for (const ExpandedRow& row : reference_.Expand(viewer_, {&node, 1}, options)) {
      const auto& labels = reference_.nodes.at(row.neighbour).labels;
      std::optional<LabelId> first;
      for (const LabelId label : labels) {  // the first by name
        if (!first || reader_.catalog().Name(label) < reader_.catalog().Name(*first)) first = label;
      }
      ++expected[{row.type, row.outgoing, first}];
    }
    for (const NeighbourCount& count : *got) {
      counts[{count.type, count.outgoing, count.label}] += count.count;
    }
    if (counts != expected) Differs("CountNeighbours of node ", Raw(node));
  }

  void Counts() {
    std::vector<std::optional<LabelId>> labels(world_.labels.begin(), world_.labels.end());
    labels.push_back(std::nullopt);
    for (const auto& label : labels) {
      const auto count = reader_.CountNodes(viewer_, label);
      if (!Ok(count.status(), "CountNodes")) return;
      const size_t expected = reference_.ScanNodes(viewer_, label).size();
      if (*count != expected) Differs("CountNodes gave ", *count, ", not ", expected);
    }
    std::vector<std::optional<LinkTypeId>> types(world_.types.begin(), world_.types.end());
    types.push_back(std::nullopt);
    for (const auto& type : types) {
      const auto count = reader_.CountLinks(viewer_, type);
      if (!Ok(count.status(), "CountLinks")) return;
      const size_t expected =
          reference_.ScanLinks(viewer_, type ? std::set<LinkTypeId>{*type} : std::set<LinkTypeId>{})
              .size();
      if (*count != expected) Differs("CountLinks gave ", *count, ", not ", expected);
    }
  }

  void Indexes() {
    for (const IndexInfo& index : reader_.catalog().Indexes()) {
      if (index.kind == IndexKind::kText || index.kind == IndexKind::kPoint || !index.online)
        continue;
      IndexRange range;
      if (index.keys.size() > 1 && dice_() % 2 == 0) range.equal.push_back(AnyValue(dice_));
      if (dice_() % 3 != 0) range.low = AnyValue(dice_);
      if (dice_() % 3 != 0) range.high = AnyValue(dice_);
      range.low_inclusive = dice_() % 2 == 0;
      range.high_inclusive = dice_() % 2 == 0;
      const auto got =
          Drain(reader_.SeekIndexRange(viewer_, index.id, range, budget_), "SeekIndexRange");
      const auto expected =
          reference_.Seek(viewer_, index, [&range](std::span<const Value> values) {
            for (size_t i = 0; i < range.equal.size(); ++i) {
              if (Equal(range.equal[i], values[i]) != true) return false;
            }
            return ReferenceGraph::Within(values[range.equal.size()], range);
          });
      if (got != expected) {
        Differs("SeekIndexRange [", range.equal.empty() ? "" : ToLiteral(range.equal[0]) + "; ",
                range.low ? ToLiteral(*range.low) : "-", ", ",
                range.high ? ToLiteral(*range.high) : "-", "] gave", List(got), ", not",
                List(expected));
      }
      const Value value = AnyValue(dice_);
      const auto equal =
          Drain(reader_.SeekIndex(viewer_, index.id, {&value, 1}, budget_), "SeekIndex");
      const auto same = reference_.Seek(viewer_, index, [&value](std::span<const Value> values) {
        return Equal(value, values[0]) == true;
      });
      if (equal != same) {
        Differs("SeekIndex of ", ToLiteral(value), " gave", List(equal));
      }
    }
  }

  void Text() {
    static const std::vector<std::string> kQueries = {"a",     "ada",  "张",    "张伟",  "zw",
                                                      "12345", "沪a1", "zhang", "ada l", "x"};
    const std::string& text = kQueries[dice_() % kQueries.size()];
    const auto got = reader_.SearchText(viewer_, text, std::nullopt, 1000, budget_);
    if (!Ok(got.status(), "SearchText")) return;
    std::set<std::pair<NodeId, KeyId>> found, expected;
    for (const TextHit& hit : *got) found.emplace(hit.node, hit.key);
    const TextQuery query(text);
    for (const auto& [id, node] : reference_.nodes) {
      if (!reference_.Sees(viewer_, id)) continue;
      for (const PropertyEntry& property : node.properties) {
        for (const std::string& one : SearchableTexts(property.value)) {
          if (query.Score(FoldText(one)) > 0) expected.emplace(id, property.key);
        }
      }
    }
    if (found != expected) {
      Differs("SearchText '", text, "' found ", found.size(), " values, expected ",
              expected.size());
    }
  }

  const Reader& reader_;
  const ReferenceGraph& reference_;
  const Viewer& viewer_;
  const World& world_;
  Dice& dice_;
  Budget budget_;
  std::vector<NodeId> node_ids_;
  std::vector<LinkId> link_ids_;
  std::string difference_;
};

}  // namespace

std::string Difference(const Reader& reader, const ReferenceGraph& reference, const Viewer& viewer,
                       const World& world, Dice& dice) {
  return Comparison(reader, reference, viewer, world, dice).Run();
}

Value AnyValue(Dice& dice) {
  static const std::vector<Value> kPool = {
      Value::Integer(-3),
      Value::Integer(0),
      Value::Integer(1),
      Value::Float(1.0),
      Value::Float(0.5),
      Value::Integer((int64_t{1} << 53) + 1),
      Value::Float(9007199254740992.0),
      Value::Integer(1234567),
      Value::String(""),
      Value::String("ada"),
      Value::String("Ada Lovelace"),
      Value::String("张伟"),
      Value::String("沪A·12345"),
      Value::String(std::string("a\0b", 3)),
      Value::Boolean(true),
      Value::Boolean(false),
      Value::Of(Date{19000}),
      Value::Of(LocalDateTime{1'700'000'000, 5}),
      Value::Of(ZonedDateTime{1'700'000'000, 0, 28800, "Asia/Shanghai"}),
      Value::Of(Duration{1, 2, 3, 4}),
      Value::Of(Point{4326, 121.5, 31.2, 0}),
      Value::List({Value::Integer(1), Value::String("ada")}),
      Value::Bytes("xyz"),
  };
  return kPool[dice() % kPool.size()];
}

ValidTime AnyValid(Dice& dice) {
  switch (dice() % 4) {
    case 0:
      return {};
    case 1:
      return {static_cast<int64_t>(dice() % 20), kTimeMax};
    default: {
      const auto from = static_cast<int64_t>(dice() % 20);
      return {from, from + static_cast<int64_t>(dice() % 10)};  // an instant, sometimes
    }
  }
}

}  // namespace skein
