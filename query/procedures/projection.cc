#include "query/procedures/projection.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "query/procedures/visible_names.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::procedures {

namespace {

constexpr size_t kFrontier = 16'384;

// Links before they are sorted by vertex.
struct LinkRows {
  std::vector<Vertex> from;
  std::vector<Vertex> to;
  std::vector<double> weight;
  std::vector<LinkId> link;
};

class Builder final : public RowSink {
 public:
  Builder(const ProjectionSpec& spec, const ProjectionNeeds& needs, ProcedureContext& context,
          Spending& spending)
      : spec_(spec), needs_(needs), context_(context), spending_(spending) {
    graph_.weighted = !spec.weight.empty();
  }

  absl::StatusOr<Projection> Build() {
    if (spec_.links != nullptr) SKEIN_RETURN_IF_ERROR(ReadLinks());
    SKEIN_RETURN_IF_ERROR(ReadNodes());
    if (graph_.nodes.size() >= kNoVertex) {
      return ResourceExhausted("a projection of ", graph_.nodes.size(), " nodes, at most ",
                               kNoVertex - 1);
    }
    if (spec_.links != nullptr) {
      SKEIN_RETURN_IF_ERROR(PlaceLinks());
    } else {
      SKEIN_RETURN_IF_ERROR(ExpandAll());
    }
    return Arrange();
  }

  // A row of the node query or of the link query.
  absl::Status Emit(std::span<const Value> row) override {
    return reading_links_ ? TakeLinkRow(row) : TakeNode(row.empty() ? Value::Null() : row[0]);
  }

 private:
  absl::Status TakeNode(const Value& value) {
    if (value.is_null()) return absl::OkStatus();
    if (value.kind() != ValueKind::kNode) {
      return BadArgument("option `nodes`: the first column is a node, found " +
                         std::string(KindName(value.kind())));
    }
    SKEIN_RETURN_IF_ERROR(spending_.Take(sizeof(NodeId)));
    graph_.nodes.push_back(value.node());
    return absl::OkStatus();
  }

  absl::Status TakeLinkRow(std::span<const Value> row) {
    if (row.empty()) return absl::OkStatus();
    if (row[0].kind() == ValueKind::kList) return TakeLinkRow(row[0].list());
    for (const Value& v : row) {
      if (v.is_null()) return absl::OkStatus();
    }
    SKEIN_RETURN_IF_ERROR(spending_.Take(sizeof(RawLink)));
    RawLink raw;
    size_t weight_at = 1;
    if (row[0].kind() == ValueKind::kLink) {
      raw.link = row[0].link();
    } else if (row.size() >= 2 && row[0].kind() == ValueKind::kNode &&
               row[1].kind() == ValueKind::kNode) {
      raw.from = row[0].node();
      raw.to = row[1].node();
      weight_at = 2;
      pairs_ = true;
    } else {
      return BadArgument("option `links`: a row is a link, or two nodes; found " +
                         ToLiteral(row[0]));
    }
    if (row.size() > weight_at) {
      if (!row[weight_at].is_number()) {
        return BadArgument("option `links`: a weight is a number, found " +
                           ToLiteral(row[weight_at]));
      }
      raw.weight = row[weight_at].number();
      graph_.weighted = true;
    }
    raw_.push_back(raw);
    return absl::OkStatus();
  }

  absl::Status ReadRows(const Value& given, std::string_view option) {
    if (given.kind() == ValueKind::kString) {
      if (context_.queries == nullptr) {
        return BadArgument("option `" + std::string(option) + "`: no queries can be run here");
      }
      return context_.queries->Run(given.string(), *this);
    }
    if (given.kind() != ValueKind::kList) {
      return BadArgument("option `" + std::string(option) + "` is a query or a list, found " +
                         std::string(KindName(given.kind())));
    }
    for (const Value& item : given.list()) SKEIN_RETURN_IF_ERROR(Emit({&item, 1}));
    return absl::OkStatus();
  }

  // The ends of links that were given by themselves, and their weights where a property says so.
  absl::Status ReadLinks() {
    reading_links_ = true;
    SKEIN_RETURN_IF_ERROR(ReadRows(*spec_.links, "links"));
    reading_links_ = false;
    if (needs_.links && pairs_) {
      return BadArgument(
          "option `links`: this procedure gives paths, so a row is a link, not two nodes");
    }
    std::vector<LinkId> ids;
    for (const RawLink& raw : raw_) {
      if (raw.link != kNoLink) ids.push_back(raw.link);
    }
    std::vector<LinkEnds> ends;
    SKEIN_RETURN_IF_ERROR(context_.reader.GetLinkEnds(context_.viewer, ids, &ends));
    std::vector<double> weights;
    SKEIN_RETURN_IF_ERROR(Weights(ids, &weights));
    for (size_t i = 0, next = 0; i < raw_.size(); ++i) {
      if (raw_[i].link == kNoLink) continue;
      raw_[i].from = ends[next].from;
      raw_[i].to = ends[next].to;
      if (!weights.empty()) raw_[i].weight = weights[next];
      ++next;
    }
    std::erase_if(raw_,
                  [](const RawLink& raw) { return raw.from == kNoNode || raw.to == kNoNode; });
    return spending_.Check();
  }

  absl::Status Weights(const std::vector<LinkId>& ids, std::vector<double>* out) {
    if (spec_.weight.empty()) return absl::OkStatus();
    out->assign(ids.size(), spec_.missing);
    const auto key = FindKeyFor(context_.reader, context_.viewer, spec_.weight);
    if (!key.has_value()) return absl::OkStatus();
    std::vector<Value> values;
    SKEIN_RETURN_IF_ERROR(context_.reader.GetLinkProperty(context_.viewer, ids, *key, &values));
    for (size_t i = 0; i < ids.size(); ++i) {
      if (values[i].is_number() && !std::isnan(values[i].number())) (*out)[i] = values[i].number();
    }
    return absl::OkStatus();
  }

  absl::Status ReadNodes() {
    std::vector<NodeId>& nodes = graph_.nodes;
    if (spec_.nodes != nullptr) {
      SKEIN_RETURN_IF_ERROR(ReadRows(*spec_.nodes, "nodes"));
      // A node named by a list may be gone or hidden.
      std::vector<uint8_t> visible;
      SKEIN_RETURN_IF_ERROR(context_.reader.FilterLabels(context_.viewer, nodes, {}, &visible));
      size_t kept = 0;
      for (size_t i = 0; i < nodes.size(); ++i) {
        if (visible[i] != 0) nodes[kept++] = nodes[i];
      }
      nodes.resize(kept);
    } else if (spec_.links != nullptr) {
      SKEIN_RETURN_IF_ERROR(spending_.Take(raw_.size() * 2 * sizeof(NodeId)));
      for (const RawLink& raw : raw_) nodes.insert(nodes.end(), {raw.from, raw.to});
    } else if (spec_.labels.empty()) {
      SKEIN_RETURN_IF_ERROR(Scan(std::nullopt));
    } else {
      for (const std::string& name : spec_.labels) {
        const auto label = FindVisibleLabel(context_.reader, context_.viewer, name);
        if (label.has_value()) SKEIN_RETURN_IF_ERROR(Scan(*label));
      }
    }
    std::sort(nodes.begin(), nodes.end());
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    return spending_.Check();
  }

  absl::Status Scan(std::optional<LabelId> label) {
    SKEIN_ASSIGN_OR_RETURN(auto cursor,
                           context_.reader.ScanNodes(context_.viewer, label, context_.budget));
    std::vector<uint64_t> ids;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(kFrontier, &ids));
      if (!more) return absl::OkStatus();
      SKEIN_RETURN_IF_ERROR(spending_.Take(ids.size() * sizeof(NodeId)));
      for (const uint64_t id : ids) graph_.nodes.push_back(NodeId{id});
      SKEIN_RETURN_IF_ERROR(spending_.Check());
    }
  }

  uint64_t RowBytes() const {
    return 2 * sizeof(Vertex) + (graph_.weighted ? sizeof(double) : 0) +
           (needs_.links ? sizeof(LinkId) : 0);
  }

  absl::Status ExpandAll() {
    ExpandOptions options;
    options.direction = Direction::kOut;
    options.window = spec_.during;
    options.links = needs_.links || graph_.weighted;
    for (const std::string& name : spec_.types) {
      const auto type = FindVisibleType(context_.reader, context_.viewer, name);
      if (type.has_value()) options.types.push_back(*type);
    }
    if (!spec_.types.empty() && options.types.empty()) return absl::OkStatus();
    ExpandBatch batch;
    for (size_t first = 0; first < graph_.size(); first += kFrontier) {
      const std::span<const NodeId> frontier(graph_.nodes.data() + first,
                                             std::min(kFrontier, graph_.size() - first));
      SKEIN_ASSIGN_OR_RETURN(
          auto cursor, context_.reader.Expand(context_.viewer, frontier, options, context_.budget));
      for (;;) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&batch));
        if (!more) break;
        SKEIN_RETURN_IF_ERROR(spending_.Take(batch.size() * RowBytes()));
        std::vector<double> weights;
        if (graph_.weighted) SKEIN_RETURN_IF_ERROR(Weights(batch.link, &weights));
        for (size_t i = 0; i < batch.size(); ++i) {
          const Vertex to = graph_.Find(batch.neighbour[i]);
          if (to == kNoVertex) continue;
          Append(static_cast<Vertex>(first + batch.source[i]), to,
                 weights.empty() ? 1.0 : weights[i], needs_.links ? batch.link[i] : kNoLink);
        }
        SKEIN_RETURN_IF_ERROR(spending_.Check());
      }
    }
    return absl::OkStatus();
  }

  void Append(Vertex from, Vertex to, double weight, LinkId link) {
    rows_.from.push_back(from);
    rows_.to.push_back(to);
    if (graph_.weighted) rows_.weight.push_back(weight);
    if (needs_.links) rows_.link.push_back(link);
  }

  absl::Status PlaceLinks() {
    for (const RawLink& raw : raw_) {
      const Vertex from = graph_.Find(raw.from);
      const Vertex to = graph_.Find(raw.to);
      if (from == kNoVertex || to == kNoVertex) continue;
      SKEIN_RETURN_IF_ERROR(spending_.Take(RowBytes()));
      Append(from, to, raw.weight, raw.link);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Projection> Arrange() {
    const std::string& direction = spec_.direction;
    graph_.both = direction == "both";
    if (direction == "in") std::swap(rows_.from, rows_.to);
    SKEIN_RETURN_IF_ERROR(Sort(rows_.from, rows_.to, graph_.both, &graph_.out));
    if (needs_.in && !graph_.both) {
      SKEIN_RETURN_IF_ERROR(Sort(rows_.to, rows_.from, false, &graph_.in));
    }
    return std::move(graph_);
  }

  // Counting sort by `from`; equal ones keep their order. `mirror`: every row, but loops, is also
  // a row of its other end.
  absl::Status Sort(const std::vector<Vertex>& from, const std::vector<Vertex>& to, bool mirror,
                    Adjacency* out) {
    const size_t n = graph_.size();
    const uint64_t rows = from.size() * (mirror ? 2 : 1);
    SKEIN_RETURN_IF_ERROR(spending_.Take((n + 1) * sizeof(uint64_t) + rows * RowBytes()));
    out->start.assign(n + 1, 0);
    for (size_t i = 0; i < from.size(); ++i) {
      ++out->start[from[i] + 1];
      if (mirror && from[i] != to[i]) ++out->start[to[i] + 1];
    }
    for (size_t v = 0; v < n; ++v) out->start[v + 1] += out->start[v];
    SKEIN_RETURN_IF_ERROR(spending_.Check());
    std::vector<uint64_t> next(out->start.begin(), out->start.end() - 1);
    out->to.resize(out->start[n]);
    if (graph_.weighted) out->weight.resize(out->start[n]);
    if (needs_.links) out->link.resize(out->start[n]);
    const auto put = [&](Vertex at, Vertex other, size_t i) {
      const uint64_t place = next[at]++;
      out->to[place] = other;
      if (graph_.weighted) out->weight[place] = rows_.weight[i];
      if (needs_.links) out->link[place] = rows_.link[i];
    };
    for (size_t i = 0; i < from.size(); ++i) {
      SKEIN_RETURN_IF_ERROR(spending_.Step());
      put(from[i], to[i], i);
      if (mirror && from[i] != to[i]) put(to[i], from[i], i);
    }
    return absl::OkStatus();
  }

  struct RawLink {
    NodeId from{kNoNode};
    NodeId to{kNoNode};
    LinkId link{kNoLink};
    double weight = 1.0;
  };

  const ProjectionSpec& spec_;
  const ProjectionNeeds& needs_;
  ProcedureContext& context_;
  Spending& spending_;
  Projection graph_;
  LinkRows rows_;
  std::vector<RawLink> raw_;
  bool reading_links_ = false;
  bool pairs_ = false;
};

}  // namespace

Vertex Projection::Find(NodeId node) const {
  // Ids come in runs: where they have no gaps the place is known.
  if (nodes.empty() || node < nodes.front() || node > nodes.back()) return kNoVertex;
  const uint64_t offset = Raw(node) - Raw(nodes.front());
  if (Raw(nodes.back()) - Raw(nodes.front()) == nodes.size() - 1) {
    return static_cast<Vertex>(offset);
  }
  // Ascending and distinct: the node cannot lie beyond its offset.
  const auto end = nodes.begin() + static_cast<ptrdiff_t>(std::min(offset + 1, nodes.size()));
  const auto it = std::lower_bound(nodes.begin(), end, node);
  return it != end && *it == node ? static_cast<Vertex>(it - nodes.begin()) : kNoVertex;
}

ProjectionSpec ReadSpec(Options& options, const ProjectionNeeds& needs) {
  ProjectionSpec spec;
  spec.labels = options.Texts("labels");
  spec.types = options.Texts("types");
  spec.nodes = options.Any("nodes");
  spec.links = options.Any("links");
  if (spec.nodes != nullptr && !spec.labels.empty()) {
    options.Fail(BadArgument("give `nodes` or `labels`, not both"));
  }
  if (spec.links != nullptr && !spec.types.empty()) {
    options.Fail(BadArgument("give `links` or `types`, not both"));
  }
  spec.direction = std::string(needs.direction);
  if (!needs.fixed_direction) {
    spec.direction = options.Text("direction", needs.direction);
    if (spec.direction != "out" && spec.direction != "in" && spec.direction != "both") {
      options.Fail(BadArgument("option `direction` is 'out', 'in' or 'both', found '" +
                               spec.direction + "'"));
    }
  }
  spec.weight = options.Text("weight");
  spec.missing = options.Float("missing", 1.0, -1e300, 1e300);
  if (const Value* during = options.Any("during"); during != nullptr) {
    const bool pair = during->kind() == ValueKind::kList && during->list().size() == 2;
    for (size_t i = 0; i < 2 && pair; ++i) {
      const Value& end = during->list()[i];
      if (end.is_null()) continue;
      const std::optional<TimeUs> at = MomentOf(end);
      if (at.has_value()) (i == 0 ? spec.during.from : spec.during.to) = *at;
      if (!at.has_value()) options.Fail(BadArgument("option `during` holds moments or null"));
    }
    if (!pair) options.Fail(BadArgument("option `during` is [from, to]"));
  }
  return spec;
}

absl::StatusOr<Projection> Project(const ProjectionSpec& spec, const ProjectionNeeds& needs,
                                   ProcedureContext& context, Spending& spending) {
  return Builder(spec, needs, context, spending).Build();
}

absl::StatusOr<Vertex> FindOrFail(const Projection& graph, const Value& node,
                                  std::string_view name) {
  if (node.kind() == ValueKind::kNode) {
    const Vertex v = graph.Find(node.node());
    if (v != kNoVertex) return v;
  }
  return BadArgument("`" + std::string(name) + "` is not among the nodes of the projection");
}

absl::StatusOr<Adjacency> SimpleNeighbours(const Projection& graph, bool both_ways,
                                           Workers& workers, Spending& spending) {
  const size_t n = graph.size();
  const bool merge = both_ways && !graph.both;
  const uint64_t bound = graph.out.to.size() + (merge ? graph.in.to.size() : 0);
  SKEIN_RETURN_IF_ERROR(spending.Take((2 * n + 2) * sizeof(uint64_t) + 2 * bound * sizeof(Vertex)));
  // Each vertex gets room for all its links; what it does not need is squeezed out at the end.
  std::vector<uint64_t> room(n + 1, 0);
  for (Vertex v = 0; v < n; ++v) {
    room[v + 1] = room[v] + graph.out.degree(v) + (merge ? graph.in.degree(v) : 0);
  }
  std::vector<Vertex> wide(room[n]);
  Adjacency out;
  out.start.assign(n + 1, 0);
  SKEIN_RETURN_IF_ERROR(workers.For(n, 4096, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const auto v = static_cast<Vertex>(i);
      auto last = wide.begin() + static_cast<ptrdiff_t>(room[v]);
      const auto first = last;
      for (const Vertex u : graph.out.Of(v)) {
        if (u != v) *last++ = u;
      }
      if (merge) {
        for (const Vertex u : graph.in.Of(v)) {
          if (u != v) *last++ = u;
        }
      }
      std::sort(first, last);
      out.start[v + 1] = static_cast<uint64_t>(std::unique(first, last) - first);
    }
  }));
  for (size_t v = 0; v < n; ++v) out.start[v + 1] += out.start[v];
  out.to.resize(out.start[n]);
  SKEIN_RETURN_IF_ERROR(workers.For(n, 4096, [&](size_t begin, size_t end) {
    for (size_t v = begin; v < end; ++v) {
      std::copy_n(wide.begin() + static_cast<ptrdiff_t>(room[v]), out.start[v + 1] - out.start[v],
                  out.to.begin() + static_cast<ptrdiff_t>(out.start[v]));
    }
  }));
  return out;
}

}  // namespace skein::procedures
