#include "tests/worlds/answer.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "query/engine/explore.h"
#include "re2/re2.h"
#include "storage/base/status.h"

namespace skein::worlds {

namespace {

// Times change from run to run.
std::string WithoutTimes(std::string plan) {
  static const RE2 kTimes("[0-9.]+ ms");
  RE2::GlobalReplace(&plan, kTimes, "t ms");
  return plan;
}

// Enciphered ids, where a caption or a message names one.
std::string WithoutIds(std::string text) {
  static const RE2 kIds("[0-9]{13,}");
  RE2::GlobalReplace(&text, kIds, "#");
  return text;
}

class Renderer {
 public:
  Renderer(const World& world, bool ordered) : world_(world), ordered_(ordered) {}

  std::string Node(NodeId id) const {
    const auto it = world_.node_numbers.find(id);
    return it == world_.node_numbers.end() ? "n?" : "n" + std::to_string(it->second);
  }
  std::string Link(LinkId id) const {
    const auto it = world_.link_numbers.find(id);
    return it == world_.link_numbers.end() ? "l?" : "l" + std::to_string(it->second);
  }
  std::string Text(const Value& v) const {
    switch (v.kind()) {
      case ValueKind::kNode:
        return Node(v.node());
      case ValueKind::kLink:
        return Link(v.link());
      case ValueKind::kFloat:
        return absl::StrFormat("%.9g", v.real());
      case ValueKind::kPath: {
        std::string out = "path";
        for (size_t i = 0; i < v.path().nodes.size(); ++i) {
          if (i > 0) out += " " + Link(v.path().links[i - 1]);
          out += " " + Node(v.path().nodes[i]);
        }
        return out;
      }
      case ValueKind::kList: {
        std::vector<std::string> parts;
        for (const Value& element : v.list()) parts.push_back(Text(element));
        if (!ordered_) std::sort(parts.begin(), parts.end());
        return "[" + absl::StrJoin(parts, ", ") + "]";
      }
      case ValueKind::kMap: {
        std::string out = "{";
        for (const auto& [key, value] : v.map()) out += key + ": " + Text(value) + ", ";
        return out + "}";
      }
      case ValueKind::kString:
        return WithoutIds(ToLiteral(v));
      default:
        return ToLiteral(v);
    }
  }

 private:
  const World& world_;
  const bool ordered_;
};

// The number of an element that a chart names by its enciphered id.
std::string Number(const World& world, int64_t id) {
  const auto node = world.users->DecodeNodeId(id);
  if (!node.ok()) return "?";
  const auto it = world.node_numbers.find(*node);
  return it == world.node_numbers.end() ? "?" : std::to_string(it->second);
}

std::string Card(const World& world, const NodeCard& card) {
  return "n" + Number(world, card.id) + " " + card.caption + " " + absl::StrJoin(card.labels, ":") +
         " " + ToLiteral(Value::Map(card.properties));
}

// The id of a node in this world; of one that is left out an id that names nothing here either.
int64_t PublicId(const World& world, int node) {
  const NodeId id = world.nodes[static_cast<size_t>(node)];
  return world.users->EncodeElementId(id == kNoNode ? NodeId{uint64_t{1} << 40} : id);
}

ConnectionOptions OptionsOf(const World& world, const Statement& statement) {
  ConnectionOptions options;
  options.sandbox = true;
  options.viewer = world.viewer;
  options.fused = statement.fused;
  options.batch_rows = statement.batch_rows;
  options.limits.rows_read = statement.rows_read;
  options.limits.bytes = statement.bytes;
  // The slowest test machine is not what is tested.
  options.limits.time = absl::InfiniteDuration();
  return options;
}

std::string ErrorLine(const absl::Status& status) {
  return "error " + std::to_string(static_cast<int>(status.code())) + " " +
         std::string(Message(status));
}

absl::Status AddQuery(const World& world, const Statement& statement,
                      std::vector<std::string>* out) {
  SKEIN_ASSIGN_OR_RETURN(const auto connection, world.engine->Connect(OptionsOf(world, statement)));
  const int64_t id = PublicId(world, statement.node);
  ValueMap parameters;
  parameters.emplace_back("e", Value::String(std::to_string(id)));
  parameters.emplace_back("id", Value::Integer(id));
  parameters.emplace_back("x", Value::Integer(statement.number));
  SKEIN_ASSIGN_OR_RETURN(const auto cursor, connection->Run(statement.text, parameters));
  out->push_back(absl::StrJoin(cursor->columns(), ", "));
  const Renderer render(world, statement.ordered);
  std::vector<std::string> lines;
  std::vector<std::vector<Value>> rows;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(1000, &rows));
    if (!more) break;
    for (const auto& row : rows) {
      std::string line;
      for (const Value& v : row) line += render.Text(v) + " | ";
      lines.push_back(std::move(line));
    }
  }
  if (!statement.ordered) std::sort(lines.begin(), lines.end());
  out->insert(out->end(), lines.begin(), lines.end());
  const QuerySummary& s = cursor->summary();
  for (const Notice& notice : s.notices) {
    out->push_back(
        absl::StrFormat("%s at %d:%d: %s", notice.code, notice.line, notice.column, notice.text));
  }
  out->push_back(
      absl::StrFormat("work ~%.0f, %d rows, partial '%s'", s.estimated_work, s.rows, s.partial));
  out->push_back(WithoutTimes(s.plan));
  return absl::OkStatus();
}

absl::Status AddChart(const World& world, const Statement& statement,
                      std::vector<std::string>* out) {
  const ConnectionOptions options = OptionsOf(world, statement);
  SKEIN_ASSIGN_OR_RETURN(const auto connection, world.engine->Connect(options));
  SKEIN_ASSIGN_OR_RETURN(
      const auto explorer,
      Explorer::Open(*world.engine, *connection, options.viewer, options.limits, Clock::Real()));
  SKEIN_ASSIGN_OR_RETURN(const GraphNames names, explorer->Names());
  std::vector<std::string> lines;
  for (const auto* list : {&names.labels, &names.link_types}) {
    for (const auto& named : *list) {
      lines.push_back(absl::StrFormat("%s %d", named.name, named.count));
    }
  }
  SKEIN_ASSIGN_OR_RETURN(const SearchHits hits, explorer->Search(statement.text, std::nullopt, 20));
  if (!hits.truncated) {
    for (const SearchHit& hit : hits.hits) lines.push_back(hit.key + " " + Card(world, hit.node));
  }
  lines.push_back(absl::StrFormat("%d hits, truncated %d", hits.hits.size(), hits.truncated));
  const int64_t id = PublicId(world, statement.node);
  SKEIN_ASSIGN_OR_RETURN(const auto kinds, explorer->CountNeighbours(id, ValidTime{}));
  for (const NeighbourKind& kind : kinds) {
    lines.push_back(absl::StrFormat("%s %d %s %d", kind.type, kind.outgoing,
                                    kind.label.value_or("-"), kind.count));
  }
  ExpandRequest request;
  request.nodes = {id};
  SKEIN_ASSIGN_OR_RETURN(const ExpandAnswer answer, explorer->Expand(request));
  if (answer.total_links <= request.limit) {
    for (const NodeCard& card : answer.cards.nodes) lines.push_back(Card(world, card));
  }
  lines.push_back(absl::StrFormat("%d links, %d neighbours, %d", answer.total_links,
                                  answer.total_neighbours, answer.lower_bound));
  std::sort(lines.begin(), lines.end());
  out->insert(out->end(), lines.begin(), lines.end());
  SKEIN_ASSIGN_OR_RETURN(const ElementFacts facts, explorer->GetNode(id));
  std::string line = facts.caption + " " + absl::StrJoin(facts.labels, ":");
  for (const Fact& fact : facts.facts) line += " " + fact.key + "=" + ToLiteral(fact.value);
  out->push_back(std::move(line));
  return absl::OkStatus();
}

absl::Status AddNames(const World& world, const Statement& statement,
                      std::vector<std::string>* out) {
  SKEIN_ASSIGN_OR_RETURN(const Engine::Names names,
                         world.engine->CompletionNames(OptionsOf(world, statement)));
  for (const auto* list : {&names.labels, &names.link_types, &names.keys}) {
    out->push_back(absl::StrJoin(*list, ", "));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> Answer(const World& world, const Statement& statement) {
  std::vector<std::string> out;
  absl::Status status;
  switch (statement.door) {
    case Statement::Door::kQuery:
      status = AddQuery(world, statement, &out);
      break;
    case Statement::Door::kChart:
      status = AddChart(world, statement, &out);
      break;
    case Statement::Door::kNames:
      status = AddNames(world, statement, &out);
      break;
  }
  if (!status.ok()) out.push_back(ErrorLine(status));
  if (statement.door == Statement::Door::kChart) {
    for (std::string& line : out) line = WithoutIds(std::move(line));
    // What was sorted with ids in it.
    std::sort(out.begin(), out.end());
  }
  return out;
}

}  // namespace skein::worlds
