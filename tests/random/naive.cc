// The naive interpreter: every assignment of nodes and links is tried in the order of the text.
// Written from the definition of openCypher, not from the engine.
#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "tests/random/random_query.h"

namespace skein::random_test {

namespace {

constexpr int kUnbound = -1;
constexpr int kNull = -2;

// true, false, unknown
using Truth = std::optional<bool>;

class Interpreter {
 public:
  Interpreter(const World& world, const Query& query)
      : world_(world),
        query_(query),
        nodes_(static_cast<size_t>(query.node_count), kUnbound),
        used_(world.links.size(), false) {}

  std::vector<std::string> Run() {
    MatchPaths(0, [this] {
      if (query_.where.has_value() && Eval(*query_.where) != Truth(true)) return;
      if (!query_.optional.has_value()) return Row();
      // A clause of its own: links of the first may be used again.
      const std::vector<bool> used(world_.links.size(), false);
      const std::vector<bool> before = std::exchange(used_, used);
      bool any = false;
      const size_t end = static_cast<size_t>(query_.optional->nodes[1].variable);
      MatchFrom(*query_.optional, 0, [this, &any] {
        any = true;
        Row();
      });
      if (!any) {
        nodes_[end] = kNull;
        Row();
        nodes_[end] = kUnbound;
      }
      used_ = before;
    });
    return Result();
  }

 private:
  using Then = std::function<void()>;

  bool Fits(const NodePattern& pattern, int node) const {
    const Node& n = world_.nodes[static_cast<size_t>(node)];
    if (pattern.label == 'A' && !n.a) return false;
    if (pattern.label == 'B' && !n.b) return false;
    return !pattern.p.has_value() || n.p == pattern.p;
  }

  // Binds the pattern's node to `node` for the time of `then`.
  void Bind(const NodePattern& pattern, int node, const Then& then) {
    int& bound = nodes_[static_cast<size_t>(pattern.variable)];
    if (bound != kUnbound && bound != node) return;
    if (!Fits(pattern, node)) return;
    const int before = std::exchange(bound, node);
    then();
    nodes_[static_cast<size_t>(pattern.variable)] = before;
  }

  void MatchPaths(size_t index, const Then& then) {
    if (index == query_.paths.size()) return then();
    const Path& path = query_.paths[index];
    for (int node = 0; node < static_cast<int>(world_.nodes.size()); ++node) {
      Bind(path.nodes[0], node, [this, &path, index, &then] {
        MatchLinks(path, 0, [this, index, &then] { MatchPaths(index + 1, then); });
      });
    }
  }

  // The optional path, whose first node is bound (or null).
  void MatchFrom(const Path& path, size_t index, const Then& then) {
    if (nodes_[static_cast<size_t>(path.nodes[0].variable)] == kNull) return;
    MatchLinks(path, index, then);
  }

  void MatchLinks(const Path& path, size_t index, const Then& then) {
    if (index == path.links.size()) return then();
    const LinkPattern& link = path.links[index];
    const int from = nodes_[static_cast<size_t>(path.nodes[index].variable)];
    Walk(link, from, 0, [this, &path, index, &then](int node) {
      Bind(path.nodes[index + 1], node,
           [this, &path, index, &then] { MatchLinks(path, index + 1, then); });
    });
  }

  // Calls `then` with the end of every walk that fits; its links are used meanwhile.
  void Walk(const LinkPattern& link, int at, int hops, const std::function<void(int)>& then) {
    const int min = link.walk ? link.min : 1;
    const int max = link.walk ? link.max : 1;
    if (hops >= min) then(at);
    if (hops == max) return;
    for (size_t i = 0; i < world_.links.size(); ++i) {
      if (used_[i]) continue;
      for (const int next : Ends(link, i, at)) {
        used_[i] = true;
        Walk(link, next, hops + 1, then);
        used_[i] = false;
      }
    }
  }

  // Where link i leads from `at`, as the pattern walks it: nowhere or to one node. A loop is one
  // way even where both directions are allowed.
  std::vector<int> Ends(const LinkPattern& pattern, size_t i, int at) const {
    const Link& l = world_.links[i];
    if (!pattern.types.empty() && pattern.types.find(l.type) == std::string::npos) return {};
    if (pattern.w.has_value() && l.w != pattern.w) return {};
    if (pattern.direction != Direction::kLeft && l.from == at) return {l.to};
    if (pattern.direction != Direction::kRight && l.to == at) return {l.from};
    return {};
  }

  std::optional<int> Key(int variable, char key) const {
    const int node = nodes_[static_cast<size_t>(variable)];
    if (node == kNull) return std::nullopt;
    const Node& n = world_.nodes[static_cast<size_t>(node)];
    if (key == 'i') return node;
    return key == 'p' ? n.p : n.q;
  }

  int CountMore(const LinkPattern& link, size_t used, int at) const {
    int count = 0;
    for (size_t i = 0; i < world_.links.size(); ++i) {
      if (i != used) count += static_cast<int>(Ends(link, i, at).size());
    }
    return count;
  }

  int CountLinks(const Condition& c) const {
    int count = 0;
    const int at = nodes_[static_cast<size_t>(c.left)];
    if (at == kNull) return 0;
    NodePattern end;
    end.label = c.label;
    end.p = c.end_p;
    const std::optional<int> same = Key(c.left, c.left_key);
    for (size_t i = 0; i < world_.links.size(); ++i) {
      for (const int next : Ends(c.link, i, at)) {
        const std::optional<int> q = world_.nodes[static_cast<size_t>(next)].q;
        if (!Fits(end, next) || (c.same_q && (!q.has_value() || q != same))) continue;
        count += c.more.has_value() ? CountMore(*c.more, i, next) : 1;
      }
    }
    return count;
  }

  Truth Eval(const Condition& c) const {
    switch (c.kind) {
      case Condition::Kind::kCompare:
        return Compare(c);
      case Condition::Kind::kIsNull:
        return !Key(c.left, c.left_key).has_value();
      case Condition::Kind::kExists:
        return CountLinks(c) > 0;
      case Condition::Kind::kCount:
        return CountLinks(c) > c.number;
      case Condition::Kind::kNot: {
        const Truth t = Eval(c.operands[0]);
        return t.has_value() ? Truth(!*t) : t;
      }
      case Condition::Kind::kAnd:
      case Condition::Kind::kOr: {
        const bool decides = c.kind == Condition::Kind::kOr;
        const Truth a = Eval(c.operands[0]);
        const Truth b = Eval(c.operands[1]);
        if (a == Truth(decides) || b == Truth(decides)) return decides;
        if (!a.has_value() || !b.has_value()) return std::nullopt;
        return !decides;
      }
    }
    return std::nullopt;
  }

  Truth Compare(const Condition& c) const {
    const std::optional<int> a = Key(c.left, c.left_key);
    const std::optional<int> b =
        c.right < 0 ? std::optional<int>(c.number) : Key(c.right, c.right_key);
    if (!a.has_value() || !b.has_value()) return std::nullopt;
    if (c.op == "=") return *a == *b;
    if (c.op == "<>") return *a != *b;
    if (c.op == "<") return *a < *b;
    if (c.op == "<=") return *a <= *b;
    if (c.op == ">") return *a > *b;
    return *a >= *b;
  }

  void Row() {
    ++count_;
    const int node = nodes_[static_cast<size_t>(query_.columns[0].first)];
    if (node != kNull) distinct_nodes_.insert(node);
    std::string row;
    for (const auto& [variable, key] : query_.columns) {
      const std::optional<int> v = Key(variable, key);
      row += (row.empty() ? "" : "|") + (v.has_value() ? std::to_string(*v) : "null");
    }
    rows_.push_back(std::move(row));
  }

  // Of each row the first and the last column.
  std::vector<std::string> Sums() const {
    std::map<std::string, std::vector<int>> groups;
    for (const std::string& row : rows_) {
      const std::string last = row.substr(row.rfind('|') + 1);  // the whole row where it is one
      std::vector<int>& values = groups[row.substr(0, row.find('|'))];
      if (last != "null") values.push_back(std::stoi(last));
    }
    std::vector<std::string> out;
    for (const auto& [key, values] : groups) {
      const std::set<int> distinct(values.begin(), values.end());
      const auto sum = [](const auto& of) {
        int total = 0;
        for (const int v : of) total += v;
        return std::to_string(total);
      };
      out.push_back(key + "|" + sum(values) + "|" +
                    (values.empty() ? "null|null"
                                    : std::to_string(*distinct.begin()) + "|" +
                                          std::to_string(*distinct.rbegin())) +
                    "|" + sum(distinct));
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  std::vector<std::string> Result() {
    switch (query_.result) {
      case Query::Return::kCount:
        return {std::to_string(count_)};
      case Query::Return::kCountDistinct:
        return {std::to_string(distinct_nodes_.size())};
      case Query::Return::kGroups: {
        std::map<std::string, int> groups;
        for (const std::string& row : rows_) ++groups[row];
        std::vector<std::string> out;
        for (const auto& [row, n] : groups) out.push_back(row + "|" + std::to_string(n));
        std::sort(out.begin(), out.end());
        return out;
      }
      case Query::Return::kSums:
        return Sums();
      default:
        break;
    }
    std::sort(rows_.begin(), rows_.end());
    if (query_.result == Query::Return::kDistinct) {
      rows_.erase(std::unique(rows_.begin(), rows_.end()), rows_.end());
    }
    return rows_;
  }

  const World& world_;
  const Query& query_;
  std::vector<int> nodes_;
  std::vector<bool> used_;
  std::vector<std::string> rows_;
  std::set<int> distinct_nodes_;
  int64_t count_ = 0;
};

}  // namespace

std::vector<std::string> NaiveRows(const World& world, const Query& query) {
  return Interpreter(world, query).Run();
}

}  // namespace skein::random_test
