// algo.kShortestPaths: the k paths of least weight that visit no node twice.
//
// Source    Yen 1971, with Lawler's 1972 rule (a path is bent only behind the place where it left
//           its own parent). Each search is guided by the exact distances to the target of the
//           whole graph, computed once, which no ban can shorten.
// Order     By (cost, number of links, the links' places): deterministic.
#include <algorithm>
#include <set>

#include "query/procedures/algo/dijkstra.h"
#include "query/procedures/algo/session.h"

namespace skein::procedures {
namespace {

struct Candidate {
  double cost = 0;
  std::vector<uint64_t> places;
  size_t bent_at = 0;  // the first link that is not its parent's
  bool operator<(const Candidate& other) const {
    if (cost != other.cost) return cost < other.cost;
    if (places.size() != other.places.size()) return places.size() < other.places.size();
    return places < other.places;
  }
};

class Yen {
 public:
  Yen(Session& s, Vertex source, Vertex target)
      : s_(s),
        source_(source),
        target_(target),
        search_(s.graph.out, s.size()),
        rest_(s.size(), kUnreached),
        banned_(s.size(), 0) {}

  absl::Status Run(size_t k, RowSink& out) {
    {
      Dijkstra back(s_.graph.backward(), s_.size());
      SKEIN_RETURN_IF_ERROR(back.Run(target_, s_.spending));
      for (const Vertex v : back.settled()) rest_[v] = back.distance(v);
    }
    if (rest_[source_] == kUnreached) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(Bend({}, 0));
    while (found_.size() < k && !open_.empty()) {
      found_.push_back(std::move(open_.extract(open_.begin()).value()));
      const Candidate& path = found_.back();
      const Value row[] = {Value::Integer(static_cast<int64_t>(found_.size())),
                           PathOf(s_.graph, source_, path.places), Value::Float(path.cost)};
      SKEIN_RETURN_IF_ERROR(out.Emit(row));
      const Candidate parent = path;
      for (size_t i = parent.bent_at; i < parent.places.size() && found_.size() < k; ++i) {
        SKEIN_RETURN_IF_ERROR(Bend(parent.places, i));
      }
    }
    return absl::OkStatus();
  }

 private:
  // The best path that begins with the first `at` links of `places` and then leaves every path
  // found so far that begins so.
  absl::Status Bend(const std::vector<uint64_t>& places, size_t at) {
    const Adjacency& links = s_.graph.out;
    const auto prefix_end = places.begin() + static_cast<ptrdiff_t>(at);
    std::vector<LinkId> left;
    for (const Candidate& path : found_) {
      if (path.places.size() > at && std::equal(places.begin(), prefix_end, path.places.begin())) {
        left.push_back(links.link[path.places[at]]);
      }
    }
    Candidate next;
    Vertex spur = source_;
    ++stamp_;
    for (size_t i = 0; i < at; ++i) {
      banned_[spur] = stamp_;
      next.cost += links.WeightAt(places[i]);
      spur = links.to[places[i]];
    }
    if (spur == target_ && at > 0) return absl::OkStatus();
    Dijkstra::Limits limits;
    limits.target = target_;
    limits.rest = &rest_;
    limits.allow = [&](Vertex from, uint64_t place) {
      if (banned_[links.to[place]] == stamp_) return false;
      return from != spur || std::find(left.begin(), left.end(), links.link[place]) == left.end();
    };
    SKEIN_RETURN_IF_ERROR(search_.Run(spur, limits, s_.spending));
    if (search_.distance(target_) == kUnreached) return absl::OkStatus();
    next.cost += search_.distance(target_);
    next.places.assign(places.begin(), prefix_end);
    const std::vector<uint64_t> tail = search_.Trail(spur, target_);
    next.places.insert(next.places.end(), tail.begin(), tail.end());
    next.bent_at = at;
    SKEIN_RETURN_IF_ERROR(
        s_.spending.Take(sizeof(Candidate) + next.places.size() * sizeof(uint64_t)));
    open_.insert(std::move(next));
    return absl::OkStatus();
  }

  Session& s_;
  const Vertex source_;
  const Vertex target_;
  Dijkstra search_;
  std::vector<double> rest_;      // to the target, no bans
  std::vector<uint32_t> banned_;  // stamp of the search that may not enter the vertex
  uint32_t stamp_ = 0;
  std::vector<Candidate> found_;
  std::set<Candidate> open_;
};

absl::Status KShortestPaths(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  if (args[0].is_null() || args[1].is_null() || args[2].is_null()) return absl::OkStatus();
  constexpr int64_t kPathsMax = 100'000;
  const int64_t k = args[2].integer();
  if (k < 0 || k > kPathsMax) {
    return ArgumentOutOfRange(internal::Join("k is ", k, ", not within 0 and ", kPathsMax));
  }
  Session s(context, args[3]);
  SKEIN_RETURN_IF_ERROR(s.Open({.in = true, .links = true}));
  SKEIN_ASSIGN_OR_RETURN(const Vertex source, FindOrFail(s.graph, args[0], "source"));
  SKEIN_ASSIGN_OR_RETURN(const Vertex target, FindOrFail(s.graph, args[1], "target"));
  SKEIN_RETURN_IF_ERROR(RefuseNegativeWeights(s.graph.out, "algo.kShortestPaths"));
  SKEIN_RETURN_IF_ERROR(s.spending.Take(s.size() * (2 * Dijkstra::kBytesPerVertex + 12)));
  return Yen(s, source, target).Run(static_cast<size_t>(k), out);
}

}  // namespace

void AddKShortest(ProcedureRegistry& out) {
  out.Add({.name = "algo.kShortestPaths",
           .args = {{"source", Type::kNode},
                    {"target", Type::kNode},
                    {"k", Type::kInteger},
                    {"options", Type::kMap, Value::Map({})}},
           .columns = {{"rank", Type::kInteger}, {"path", Type::kPath}, {"cost", Type::kFloat}},
           .doc = "Up to `k` paths of least weight that visit no node twice, lightest first "
                  "(Yen). Options: those of a projection; without `weight` every link weighs 1.",
           .example = "MATCH (a:Person {name: 'Ann'}), (d:Person {name: 'Dee'}) "
                      "CALL algo.kShortestPaths(a, d, 3, {direction: 'both'}) "
                      "YIELD rank, path, cost RETURN rank, length(path), cost",
           .eval = &KShortestPaths});
}

}  // namespace skein::procedures
