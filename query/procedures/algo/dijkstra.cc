#include "query/procedures/algo/dijkstra.h"

#include <algorithm>
#include <queue>

#include "storage/base/status.h"

namespace skein::procedures {

absl::Status RefuseNegativeWeights(const Adjacency& links, std::string_view procedure) {
  for (const double w : links.weight) {
    if (w < 0) {
      return ArgumentOutOfRange(
          internal::Join("`", procedure, "` needs weights of 0 or more, found ", w));
    }
  }
  return absl::OkStatus();
}

Dijkstra::Dijkstra(const Adjacency& links, size_t vertices)
    : links_(links),
      distance_(vertices),
      place_(vertices),
      parent_(vertices),
      stamp_(vertices, 0),
      done_(vertices, 0) {}

absl::Status Dijkstra::Run(Vertex source, const Limits& limits, Spending& spending) {
  struct Entry {
    double key;
    Vertex vertex;
    bool operator>(const Entry& other) const {
      return key != other.key ? key > other.key : vertex > other.vertex;
    }
  };
  const auto rest = [&limits](Vertex v) { return limits.rest ? (*limits.rest)[v] : 0.0; };
  ++run_;
  settled_.clear();
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  distance_[source] = 0;
  stamp_[source] = run_;
  open.push({rest(source), source});
  for (uint32_t steps = 0; !open.empty();) {
    const Vertex v = open.top().vertex;
    open.pop();
    if (done_[v] == run_) continue;
    done_[v] = run_;
    settled_.push_back(v);
    if (v == limits.target) break;
    for (uint64_t place = links_.start[v]; place < links_.start[v + 1]; ++place) {
      if (++steps % 4096 == 0) SKEIN_RETURN_IF_ERROR(spending.Check());
      const Vertex to = links_.to[place];
      const double next = distance_[v] + links_.WeightAt(place);
      if (next >= distance(to) || done_[to] == run_) continue;
      const double bound = rest(to);
      if (bound == kUnreached || (limits.allow && !limits.allow(v, place))) continue;
      distance_[to] = next;
      stamp_[to] = run_;
      place_[to] = place;
      parent_[to] = v;
      open.push({next + bound, to});
    }
  }
  return spending.Check();
}

std::vector<uint64_t> Dijkstra::Trail(Vertex source, Vertex v) const {
  std::vector<uint64_t> places;
  for (; v != source; v = parent_[v]) places.push_back(place_[v]);
  std::reverse(places.begin(), places.end());
  return places;
}

Value PathOf(const Projection& graph, Vertex source, const std::vector<uint64_t>& places) {
  PathValue path;
  path.nodes.push_back(graph.nodes[source]);
  for (const uint64_t place : places) {
    path.nodes.push_back(graph.nodes[graph.out.to[place]]);
    path.links.push_back(graph.out.link[place]);
  }
  return Value::Path(std::move(path));
}

}  // namespace skein::procedures
