#include "tests/random/random_query.h"

#include <algorithm>
#include <set>

namespace skein::random_test {

namespace {

int Draw(std::mt19937_64& dice, int below) {
  return static_cast<int>(dice() % static_cast<uint64_t>(below));
}
bool Chance(std::mt19937_64& dice, int percent) { return Draw(dice, 100) < percent; }

LinkPattern MakeLink(std::mt19937_64& dice, int variable, bool may_walk) {
  LinkPattern link;
  link.variable = variable;
  link.types = std::vector<std::string>{"", "T", "S", "TS"}[static_cast<size_t>(Draw(dice, 4))];
  link.direction = static_cast<Direction>(Draw(dice, 3));
  if (may_walk && Chance(dice, 25)) {
    link.walk = true;
    link.quantifier = Chance(dice, 40);
    link.min = Draw(dice, 3);
    link.max = link.min + Draw(dice, 3);
    if (link.max == 0) link.max = 1;
  }
  if (Chance(dice, 10)) link.w = Draw(dice, 3);
  return link;
}

NodePattern MakeNode(std::mt19937_64& dice, Query* query) {
  NodePattern node;
  // An old variable makes cycles and joins.
  const bool old = query->node_count > 0 && Chance(dice, 25);
  node.variable = old ? Draw(dice, query->node_count) : query->node_count++;
  if (Chance(dice, 40)) node.label = Chance(dice, 50) ? 'A' : 'B';
  if (Chance(dice, 15)) node.p = Draw(dice, 3);
  return node;
}

Condition MakeCondition(std::mt19937_64& dice, int nodes, int depth) {
  Condition c;
  const int kind = Draw(dice, depth > 0 ? 9 : 6);
  static constexpr char kKeys[] = {'p', 'q', 'i'};
  c.left = Draw(dice, nodes);
  c.left_key = kKeys[Draw(dice, 3)];
  if (kind <= 2) {
    static constexpr const char* kOps[] = {"=", "<>", "<", "<=", ">", ">="};
    c.op = kOps[Draw(dice, 6)];
    if (Chance(dice, 50)) {
      c.right = Draw(dice, nodes);
      c.right_key = kKeys[Draw(dice, 3)];
    }
    c.number = Draw(dice, 4);
  } else if (kind == 3) {
    c.kind = Condition::Kind::kIsNull;
  } else if (kind <= 5) {
    c.kind = kind == 4 ? Condition::Kind::kExists : Condition::Kind::kCount;
    c.link = MakeLink(dice, 0, false);
    if (Chance(dice, 50)) c.label = Chance(dice, 50) ? 'A' : 'B';
    if (Chance(dice, 30)) c.end_p = Draw(dice, 3);
    if (Chance(dice, 25)) c.more = MakeLink(dice, 1, false);
    c.same_q = Chance(dice, 15);
    c.as_list = Chance(dice, 40);
    c.number = Draw(dice, 3);
  } else {
    c.kind = kind == 6 ? Condition::Kind::kAnd
                       : (kind == 7 ? Condition::Kind::kOr : Condition::Kind::kNot);
    const int operands = c.kind == Condition::Kind::kNot ? 1 : 2;
    for (int i = 0; i < operands; ++i) {
      c.operands.push_back(MakeCondition(dice, nodes, depth - 1));
    }
  }
  return c;
}

std::string Name(int node) { return "n" + std::to_string(node); }

std::string LinkText(const LinkPattern& link, bool named) {
  std::string inner = named ? "r" + std::to_string(link.variable) : "";
  if (!link.types.empty()) inner += ":" + link.types.substr(0, 1);
  if (link.types.size() > 1) inner += "|" + link.types.substr(1);
  const std::string range = std::to_string(link.min) + (link.quantifier ? "," : "..");
  if (link.walk && !link.quantifier) inner += "*" + range + std::to_string(link.max);
  if (link.w.has_value()) inner += " {w: " + std::to_string(*link.w) + "}";
  std::string out = link.direction == Direction::kLeft ? "<-[" : "-[";
  out += inner + (link.direction == Direction::kRight ? "]->" : "]-");
  if (link.walk && link.quantifier) out += "{" + range + std::to_string(link.max) + "}";
  return out;
}

std::string NodeText(const NodePattern& node) {
  std::string out = "(" + Name(node.variable);
  if (node.label != 0) out += std::string(":") + node.label;
  if (node.p.has_value()) out += " {p: " + std::to_string(*node.p) + "}";
  return out + ")";
}

std::string PathText(const Path& path) {
  std::string out = NodeText(path.nodes[0]);
  for (size_t i = 0; i < path.links.size(); ++i) {
    out += LinkText(path.links[i], true) + NodeText(path.nodes[i + 1]);
  }
  return out;
}

std::string ConditionText(const Condition& c) {
  const std::string left = Name(c.left) + "." + c.left_key;
  std::string pattern = "(" + Name(c.left) + ")" + LinkText(c.link, false) + "(" +
                        (c.same_q || c.as_list ? "e" : "") +
                        (c.label != 0 ? std::string(":") + c.label : "") +
                        (c.end_p.has_value() ? " {p: " + std::to_string(*c.end_p) + "}" : "") + ")";
  if (c.more.has_value()) pattern += LinkText(*c.more, false) + "()";
  if (c.same_q) pattern += " WHERE e.q = " + left;
  switch (c.kind) {
    case Condition::Kind::kCompare:
      return left + " " + c.op + " " +
             (c.right < 0 ? std::to_string(c.number) : Name(c.right) + "." + c.right_key);
    case Condition::Kind::kIsNull:
      return left + " IS NULL";
    case Condition::Kind::kExists:
      return "EXISTS { " + pattern + " }";
    case Condition::Kind::kCount:
      if (c.as_list) return "size([" + pattern + " | e.p]) > " + std::to_string(c.number);
      return "COUNT { " + pattern + " } > " + std::to_string(c.number);
    case Condition::Kind::kNot:
      return "NOT (" + ConditionText(c.operands[0]) + ")";
    default:
      return "(" + ConditionText(c.operands[0]) +
             (c.kind == Condition::Kind::kAnd ? " AND " : " OR ") + ConditionText(c.operands[1]) +
             ")";
  }
}

}  // namespace

World MakeWorld(std::mt19937_64& dice) {
  World world;
  const int nodes = 2 + Draw(dice, 6);
  const auto maybe = [&dice]() -> std::optional<int> {
    if (Chance(dice, 25)) return std::nullopt;
    return Draw(dice, 3);
  };
  for (int i = 0; i < nodes; ++i) {
    world.nodes.push_back({Chance(dice, 60), Chance(dice, 30), maybe(), maybe()});
  }
  const int links = Draw(dice, 10);
  for (int i = 0; i < links; ++i) {
    world.links.push_back(
        {Draw(dice, nodes), Draw(dice, nodes), Chance(dice, 60) ? 'T' : 'S', maybe()});
  }
  return world;
}

Query MakeQuery(std::mt19937_64& dice) {
  Query query;
  int links = 0;
  const int paths = Chance(dice, 30) ? 2 : 1;
  for (int p = 0; p < paths; ++p) {
    Path path;
    path.nodes.push_back(MakeNode(dice, &query));
    const int length = Draw(dice, 3);
    for (int i = 0; i < length; ++i) {
      path.links.push_back(MakeLink(dice, links++, true));
      path.nodes.push_back(MakeNode(dice, &query));
    }
    query.paths.push_back(std::move(path));
  }
  const int matched = query.node_count;
  if (Chance(dice, 60)) query.where = MakeCondition(dice, matched, 2);
  if (Chance(dice, 20)) {
    Path path;
    NodePattern start;
    start.variable = Draw(dice, matched);
    NodePattern end;
    end.variable = query.node_count++;
    if (Chance(dice, 50)) end.label = 'A';
    path.nodes = {start, end};
    path.links = {MakeLink(dice, links++, true)};
    query.optional = std::move(path);
  }
  query.result = static_cast<Query::Return>(Draw(dice, 6));
  static constexpr char kKeys[] = {'i', 'p', 'q'};
  const int columns = query.result == Query::Return::kCountDistinct ? 1 : 1 + Draw(dice, 3);
  for (int i = 0; i < columns; ++i) {
    query.columns.emplace_back(Draw(dice, query.node_count), kKeys[Draw(dice, 3)]);
  }
  return query;
}

std::string CreateText(const World& world) {
  std::string out = "CREATE ";
  for (size_t i = 0; i < world.nodes.size(); ++i) {
    const Node& n = world.nodes[i];
    out += (i > 0 ? ", (m" : "(m") + std::to_string(i) + (n.a ? ":A" : "") + (n.b ? ":B" : "") +
           " {i: " + std::to_string(i);
    if (n.p.has_value()) out += ", p: " + std::to_string(*n.p);
    if (n.q.has_value()) out += ", q: " + std::to_string(*n.q);
    out += "})";
  }
  for (const Link& l : world.links) {
    out += ", (m" + std::to_string(l.from) + ")-[:" + l.type;
    if (l.w.has_value()) out += " {w: " + std::to_string(*l.w) + "}";
    out += "]->(m" + std::to_string(l.to) + ")";
  }
  return out;
}

std::string QueryText(const Query& query) {
  std::string out = "MATCH ";
  for (size_t i = 0; i < query.paths.size(); ++i) {
    out += (i > 0 ? ", " : "") + PathText(query.paths[i]);
  }
  if (query.where.has_value()) out += " WHERE " + ConditionText(*query.where);
  if (query.optional.has_value()) out += " OPTIONAL MATCH " + PathText(*query.optional);
  out += " RETURN ";
  if (query.result == Query::Return::kDistinct) out += "DISTINCT ";
  if (query.result == Query::Return::kCount) return out + "count(*) AS c";
  if (query.result == Query::Return::kCountDistinct) {
    return out + "count(DISTINCT " + Name(query.columns[0].first) + ") AS c";
  }
  if (query.result == Query::Return::kSums) {
    const std::string first = Name(query.columns[0].first) + "." + query.columns[0].second;
    const std::string last = Name(query.columns.back().first) + "." + query.columns.back().second;
    return out + first + " AS c0, sum(" + last + ") AS s, min(" + last + ") AS l, max(" + last +
           ") AS g, sum(DISTINCT " + last + ") AS d";
  }
  for (size_t i = 0; i < query.columns.size(); ++i) {
    const auto& [node, key] = query.columns[i];
    out += (i > 0 ? ", " : "") + Name(node) + "." + key + " AS c" + std::to_string(i);
  }
  if (query.result == Query::Return::kGroups) out += ", count(*) AS k";
  return out;
}

}  // namespace skein::random_test
