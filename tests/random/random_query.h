// Random small graphs and random queries over them, as data that both a text and a naive answer can
// be made of.
//
// Shape     Nodes have a unique number `i`, labels A and B, integers p and q (or not); links a type
// T
//           or S and an integer w (or not). A query is one MATCH of one or two paths, perhaps an
//           OPTIONAL MATCH from a node of the first, a condition, and what is returned.
// Threads   None. The same seed gives the same graph and queries everywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace skein::random_test {

struct Node {
  bool a = false, b = false;
  std::optional<int> p, q;
};
struct Link {
  int from = 0, to = 0;
  char type = 'T';
  std::optional<int> w;
};
struct World {
  std::vector<Node> nodes;
  std::vector<Link> links;
};

enum class Direction : uint8_t { kRight, kLeft, kBoth };

struct NodePattern {
  int variable = 0;  // n0, n1, …; the same number is the same node
  char label = 0;    // 'A', 'B', or 0
  std::optional<int> p;
};
struct LinkPattern {
  int variable = 0;   // r0, r1, …
  std::string types;  // "", "T", "S" or "TS"
  Direction direction = Direction::kRight;
  bool walk = false;        // of min … max links
  bool quantifier = false;  // {min,max} instead of *min..max
  int min = 1, max = 1;
  std::optional<int> w;
};
struct Path {
  std::vector<NodePattern> nodes;
  std::vector<LinkPattern> links;
};

// n<left>.<key> op (n<right>.<key> or a number); or a subquery over the node's links.
struct Condition {
  enum class Kind : uint8_t { kCompare, kIsNull, kExists, kCount, kAnd, kOr, kNot };
  Kind kind = Kind::kCompare;
  int left = 0;
  char left_key = 'p';
  std::string op = "=";
  int right = -1;  // −1: `number`
  char right_key = 'p';
  int number = 0;
  // kExists, kCount: (n<left>)-link-(e:label {p: end_p})[-more-()] WHERE e.q = n<left>.left_key
  LinkPattern link;
  char label = 0;
  std::optional<int> end_p;
  std::optional<LinkPattern> more;
  bool same_q = false;
  bool as_list = false;  // kCount: size([pattern | e.p])
  std::vector<Condition> operands;
};

struct Query {
  std::vector<Path> paths;
  std::optional<Path> optional;
  std::optional<Condition> where;
  enum class Return : uint8_t {
    kRows,
    kDistinct,
    kCount,
    kCountDistinct,
    kGroups,
    kSums  // n.key, and sum, min, max, sum(DISTINCT …) of the last column
  } result = Return::kRows;
  std::vector<std::pair<int, char>> columns;  // node and key: 'i', 'p', 'q'
  int node_count = 0;                         // variables n0 …
};

World MakeWorld(std::mt19937_64& dice);
Query MakeQuery(std::mt19937_64& dice);
// CREATE of the world, and the query's text.
std::string CreateText(const World& world);
std::string QueryText(const Query& query);

// The rows by trying everything, each as "1|null|3", sorted.
std::vector<std::string> NaiveRows(const World& world, const Query& query);

}  // namespace skein::random_test
