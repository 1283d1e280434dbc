// Makes a store of the yardstick's data in the profile "real": what a store in use looks like, and
// not what a bulk load of tidy files leaves.
//
//   skein_bench_real_store --data DIR --store DIR [--policies N] [--half] [--ended PERCENT]
//   [--delta PERCENT] [--clustered PERCENT]
//
// Data      edges.bin, sightings.bin, nodes.csv and locs.csv of ../shared/bench/generate.cpp, best
//           with its shuffled ids. Properties and times are those of
//           importers/mappings/yardstick.yaml; SQLite loads the same files with --ended
//           (README.md).
// Rows      Entities, links and sightings are written in random order, so that near ids are not
//           linked and near rows do not belong together.
// Policies  Entities and sensors carry one of 16 policies; a link one of N, by the block of
// entities
//           that it comes from; a sighting one of N, by its sensor. Policy 0 is the open one; with
//           --policies 1 all is open.
// Half      Leaves out what carries an odd policy, or ends at an entity that does: the store that a
//           viewer of the even policies is to be compared with.
// Ended     Links that were written and folded, then deleted: eid % 100 < PERCENT after a hash.
// Delta     Links that came last, in transactions of their own, and are not folded.
// Clustered Entities that an assertion says are the same as their neighbour.
// Seeded    The same arguments make the same store, element ids apart.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/workload/yardstick.h"
#include "storage/base/status.h"
#include "storage/fusion/assertion.h"
#include "storage/graph/graph.h"
#include "storage/kv/open.h"

namespace skein::bench {
namespace {

constexpr uint64_t kEntityPolicies = 16;
constexpr uint64_t kBlock = 100;  // entities of one unit's records
constexpr size_t kElementsPerCommit = 20'000;

struct Flags {
  std::string data, store;
  uint64_t policies = 10'000;
  bool half = false;
  double ended = 2, delta = 1, clustered = 5;
};

constexpr uint64_t kDeltaSalt = 2, kClusterSalt = 3;

struct Edge {
  uint32_t src = 0, dst = 0, ts = 0, w = 0;
  uint8_t type = 0;
  uint32_t eid = 0;
};
struct Sighting {
  uint32_t entity = 0, loc = 0, ts = 0;
};
struct Node {
  uint32_t id = 0;
  uint8_t kind = 0;  // Person, Vehicle, Phone, Sensor
  std::string name;
  int64_t region = 0;
};

template <typename T>
void Shuffle(std::vector<T>* rows, uint64_t salt) {
  for (size_t i = rows->size(); i > 1; --i) {
    std::swap((*rows)[i - 1], (*rows)[Mix(i ^ salt << 40) % i]);
  }
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return NotFound("cannot read ", path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

uint32_t Number(const char* at) {
  uint32_t v = 0;
  std::memcpy(&v, at, sizeof(v));
  return v;
}

absl::StatusOr<std::vector<Edge>> ReadEdges(const std::string& data) {
  constexpr size_t kBytes = 17;
  SKEIN_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(data + "/edges.bin"));
  std::vector<Edge> out(bytes.size() / kBytes);
  for (size_t i = 0; i < out.size(); ++i) {
    const char* at = bytes.data() + i * kBytes;
    out[i] = {Number(at),
              Number(at + 4),
              Number(at + 8),
              Number(at + 12),
              static_cast<uint8_t>(at[16]),
              static_cast<uint32_t>(i)};
  }
  return out;
}

absl::StatusOr<std::vector<Sighting>> ReadSightings(const std::string& data) {
  constexpr size_t kBytes = 12;
  SKEIN_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(data + "/sightings.bin"));
  std::vector<Sighting> out(bytes.size() / kBytes);
  for (size_t i = 0; i < out.size(); ++i) {
    const char* at = bytes.data() + i * kBytes;
    out[i] = {Number(at), Number(at + 4), Number(at + 8)};
  }
  return out;
}

// Fields of lines id,kind,name,region or id,name,lat,lon.
absl::StatusOr<std::vector<Node>> ReadNodes(const std::string& data) {
  std::vector<Node> out;
  for (const bool sensors : {false, true}) {
    const std::string path = data + (sensors ? "/locs.csv" : "/nodes.csv");
    std::ifstream in(path);
    if (!in) return NotFound("cannot read ", path);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::array<std::string, 4> fields;
      size_t at = 0;
      for (std::string& field : fields) {
        const size_t end = std::min(line.find(',', at), line.size());
        field = line.substr(at, end - at);
        at = std::min(end + 1, line.size());
      }
      Node node;
      node.id = static_cast<uint32_t>(std::stoul(fields[0]));
      if (sensors) {
        node.kind = 3;
        node.name = fields[1];
      } else {
        node.kind = fields[1] == "person" ? 0 : fields[1] == "vehicle" ? 1 : 2;
        node.name = fields[2];
        node.region = std::stol(fields[3]);
      }
      out.push_back(std::move(node));
    }
  }
  return out;
}

class Maker {
 public:
  Maker(Graph& graph, const Flags& flags) : graph_(graph), flags_(flags) {}

  absl::Status Make() {
    SKEIN_RETURN_IF_ERROR(Declare());
    SKEIN_RETURN_IF_ERROR(MakeNodes());
    SKEIN_ASSIGN_OR_RETURN(std::vector<Edge> edges, ReadEdges(flags_.data));
    std::erase_if(edges, [this](const Edge& e) { return !Kept(LinkPolicy(e), e.src, e.dst); });
    Shuffle(&edges, 11);
    const auto ended = std::stable_partition(edges.begin(), edges.end(), [this](const Edge& e) {
      return !Chosen(e.eid, kEndedSalt, flags_.ended);
    });
    const auto delta = std::stable_partition(edges.begin(), ended, [this](const Edge& e) {
      return !Chosen(e.eid, kDeltaSalt, flags_.delta);
    });
    std::vector<LinkId> made;
    SKEIN_RETURN_IF_ERROR(WriteLinks({ended, edges.end()}, &made));
    SKEIN_RETURN_IF_ERROR(BulkLoad({edges.begin(), delta}));
    SKEIN_RETURN_IF_ERROR(graph_.Compact());
    Report("folded");
    SKEIN_RETURN_IF_ERROR(End(made));
    SKEIN_RETURN_IF_ERROR(Cluster());
    SKEIN_RETURN_IF_ERROR(graph_.Compact());
    Report("ended, clustered and folded");
    SKEIN_RETURN_IF_ERROR(WriteLinks({delta, ended}, &made));
    Report("with its delta");
    return absl::OkStatus();
  }

 private:
  void Report(const char* what) const {
    std::fprintf(stderr, "real store: %s after %.1f s\n", what, (NowMs() - started_) / 1000);
  }

  absl::Status Declare() {
    Catalog& catalog = graph_.catalog();
    const char* labels[] = {"Person", "Vehicle", "Phone", "Sensor"};
    const char* keys[] = {"id", "name", "region", "eid", "ts", "w"};
    const char* types[] = {"CALLED", "TRANSFERRED", "ASSOCIATED", "OWNS", "USES", "SEEN_AT"};
    for (size_t i = 0; i < std::size(keys); ++i) {
      SKEIN_ASSIGN_OR_RETURN(keys_[i], catalog.InternKey(keys[i]));
    }
    for (size_t i = 0; i < std::size(types); ++i) {
      SKEIN_ASSIGN_OR_RETURN(types_[i], catalog.InternLinkType(types[i]));
      if (i == 5) SKEIN_RETURN_IF_ERROR(catalog.DeclareSightingType(types_[i]));
      SKEIN_RETURN_IF_ERROR(graph_.DeclareTimeKey(types_[i], keys_[4], TimeUnit::kSeconds));
    }
    for (size_t i = 0; i < std::size(labels); ++i) {
      SKEIN_ASSIGN_OR_RETURN(labels_[i], catalog.InternLabel(labels[i]));
      IndexInfo index;
      index.name = std::string("key_") + labels[i];
      index.kind = IndexKind::kUnique;
      index.label = labels_[i];
      index.keys = {keys_[0]};
      SKEIN_RETURN_IF_ERROR(graph_.CreateIndex(index).status());
    }
    for (uint64_t p = 1; p < flags_.policies; ++p) {
      Policy policy;
      policy.owner_unit = "unit-" + std::to_string(p % 200);
      policy.compartment = "file-" + std::to_string(p);
      SKEIN_RETURN_IF_ERROR(catalog.InternPolicy(policy).status());
    }
    Batch batch;
    batch.source = "yardstick";
    SKEIN_ASSIGN_OR_RETURN(context_.batch, graph_.OpenBatch(std::move(batch)));
    return absl::OkStatus();
  }

  PolicyId EntityPolicy(uint64_t id) const {
    return PolicyId{
        static_cast<uint32_t>(Mix(id / kBlock + 1) % std::min(kEntityPolicies, flags_.policies))};
  }
  PolicyId SensorPolicy(uint64_t id) const { return EntityPolicy(id + (uint64_t{1} << 40)); }
  PolicyId LinkPolicy(const Edge& e) const {
    return PolicyId{static_cast<uint32_t>(Mix(e.src / kBlock + 77) % flags_.policies)};
  }
  PolicyId SightingPolicy(const Sighting& s) const {
    return PolicyId{static_cast<uint32_t>(Mix(s.loc + 7'777'777) % flags_.policies)};
  }
  bool KeptPolicy(PolicyId policy) const { return !flags_.half || Raw(policy) % 2 == 0; }
  bool Kept(PolicyId link, uint64_t from, uint64_t to) const {
    return KeptPolicy(link) && KeptPolicy(EntityPolicy(from)) && KeptPolicy(EntityPolicy(to));
  }

  absl::StatusOr<std::unique_ptr<Transaction>> Begin() const {
    return graph_.Begin(Viewer::All(), context_);
  }

  absl::Status MakeNodes() {
    SKEIN_ASSIGN_OR_RETURN(std::vector<Node> nodes, ReadNodes(flags_.data));
    Shuffle(&nodes, 5);
    std::unique_ptr<Transaction> transaction;
    for (size_t i = 0; i < nodes.size(); ++i) {
      const Node& node = nodes[i];
      const bool sensor = node.kind == 3;
      NewNode made;
      made.policy = sensor ? SensorPolicy(node.id) : EntityPolicy(node.id);
      std::vector<NodeId>& ids = sensor ? sensors_ : entities_;
      if (ids.size() <= node.id) ids.resize(node.id + 1, kNoNode);
      if (!KeptPolicy(*made.policy)) continue;
      if (transaction == nullptr) {
        SKEIN_ASSIGN_OR_RETURN(transaction, Begin());
      }
      made.labels = {labels_[node.kind]};
      made.properties = {{keys_[0], Value::Integer(node.id)}, {keys_[1], Value::String(node.name)}};
      if (!sensor) made.properties.emplace_back(keys_[2], Value::Integer(node.region));
      made.row = static_cast<uint32_t>(i + 1);
      SKEIN_ASSIGN_OR_RETURN(ids[node.id], transaction->CreateNode(made));
      if ((i + 1) % kElementsPerCommit != 0) continue;
      SKEIN_RETURN_IF_ERROR(transaction->Commit().status());
      transaction.reset();
    }
    if (transaction != nullptr) SKEIN_RETURN_IF_ERROR(transaction->Commit().status());
    Report("entities");
    return absl::OkStatus();
  }

  NewLink LinkOf(const Edge& e) const {
    NewLink link;
    link.type = types_[e.type];
    link.from = entities_[e.src];
    link.to = entities_[e.dst];
    link.properties = {{keys_[3], Value::Integer(e.eid)},
                       {keys_[4], Value::Integer(e.ts)},
                       {keys_[5], Value::Integer(e.w)}};
    link.valid.from = static_cast<TimeUs>(e.ts) * 1'000'000;
    if (e.type < 2) link.valid.to = link.valid.from;
    link.policy = LinkPolicy(e);
    link.row = e.eid + 1;
    return link;
  }

  absl::Status WriteLinks(std::span<const Edge> edges, std::vector<LinkId>* made) {
    made->clear();
    for (size_t begin = 0; begin < edges.size(); begin += kElementsPerCommit) {
      SKEIN_ASSIGN_OR_RETURN(const auto transaction, Begin());
      const size_t n = std::min(kElementsPerCommit, edges.size() - begin);
      for (const Edge& edge : edges.subspan(begin, n)) {
        SKEIN_ASSIGN_OR_RETURN(const LinkId id, transaction->CreateLink(LinkOf(edge)));
        made->push_back(id);
      }
      SKEIN_RETURN_IF_ERROR(transaction->Commit().status());
    }
    return absl::OkStatus();
  }

  absl::Status BulkLoad(std::span<const Edge> edges) {
    SKEIN_ASSIGN_OR_RETURN(const auto bulk, graph_.BeginBulk(context_));
    for (const Edge& edge : edges) SKEIN_RETURN_IF_ERROR(bulk->Add(LinkOf(edge), {}));
    SKEIN_RETURN_IF_ERROR(bulk->Commit().status());
    Report("links");
    SKEIN_ASSIGN_OR_RETURN(std::vector<Sighting> sightings, ReadSightings(flags_.data));
    Shuffle(&sightings, 12);
    for (size_t i = 0; i < sightings.size(); ++i) {
      const Sighting& s = sightings[i];
      NewLink link;
      link.policy = SightingPolicy(s);
      if (!KeptPolicy(*link.policy) || !KeptPolicy(EntityPolicy(s.entity)) ||
          !KeptPolicy(SensorPolicy(s.loc))) {
        continue;
      }
      link.type = types_[5];
      link.from = entities_[s.entity];
      link.to = sensors_[s.loc];
      link.properties = {{keys_[4], Value::Integer(s.ts)}};
      link.valid.from = link.valid.to = static_cast<TimeUs>(s.ts) * 1'000'000;
      link.row = static_cast<uint32_t>(i + 1);
      SKEIN_RETURN_IF_ERROR(bulk->Add(link, {}));
    }
    SKEIN_RETURN_IF_ERROR(bulk->Commit().status());
    Report("sightings");
    return absl::OkStatus();
  }

  absl::Status End(std::span<const LinkId> links) {
    for (size_t begin = 0; begin < links.size(); begin += kElementsPerCommit) {
      SKEIN_ASSIGN_OR_RETURN(const auto transaction, Begin());
      const size_t n = std::min(kElementsPerCommit, links.size() - begin);
      for (const LinkId id : links.subspan(begin, n)) {
        SKEIN_RETURN_IF_ERROR(transaction->DeleteLink(id));
      }
      SKEIN_RETURN_IF_ERROR(transaction->Commit().status());
    }
    return absl::OkStatus();
  }

  // Pairs of entities: each brings two of them into a cluster.
  absl::Status Cluster() {
    std::unique_ptr<Transaction> transaction;
    size_t pairs = 0;
    for (size_t i = 0; i + 1 < entities_.size(); i += 2) {
      if (!Chosen(i, kClusterSalt, flags_.clustered)) continue;
      if (entities_[i] == kNoNode || entities_[i + 1] == kNoNode) continue;
      if (transaction == nullptr) {
        SKEIN_ASSIGN_OR_RETURN(transaction, Begin());
      }
      NewAssertion same;
      same.a = std::min(entities_[i], entities_[i + 1]);
      same.b = std::max(entities_[i], entities_[i + 1]);
      same.basis = "key of the yardstick";
      same.id = i + 1;
      SKEIN_RETURN_IF_ERROR(
          Assert(*transaction, Viewer::All(), same, 1'700'000'000'000'000).status());
      if (++pairs % kElementsPerCommit != 0) continue;
      SKEIN_RETURN_IF_ERROR(transaction->Commit().status());
      transaction.reset();
    }
    if (transaction != nullptr) SKEIN_RETURN_IF_ERROR(transaction->Commit().status());
    return absl::OkStatus();
  }

  Graph& graph_;
  const Flags& flags_;
  const double started_ = NowMs();
  WriteContext context_;
  std::array<KeyId, 6> keys_{};
  std::array<LinkTypeId, 6> types_{};
  std::array<LabelId, 4> labels_{};
  std::vector<NodeId> entities_, sensors_;
};

absl::Status Main(const Flags& flags) {
  OpenStoreOptions options;
  options.create = options.sandbox = true;
  SKEIN_ASSIGN_OR_RETURN(const OpenedStore opened, OpenStore(flags.store, options));
  SKEIN_ASSIGN_OR_RETURN(const auto graph, Graph::Open(*opened.store, {}));
  SKEIN_ASSIGN_OR_RETURN(const auto snapshot, graph->Latest());
  SKEIN_ASSIGN_OR_RETURN(const uint64_t there, snapshot->CountNodes(Viewer::All(), std::nullopt));
  if (there > 0) return FailedPrecondition(flags.store, " has something in it already");
  return Maker(*graph, flags).Make();
}

}  // namespace
}  // namespace skein::bench

int main(int argc, char** argv) {
  skein::bench::Flags flags;
  CLI::App app("Makes a store of the yardstick's data as a store in use is");
  app.add_option("--data", flags.data, "Folder of the generator's files")->required();
  app.add_option("--store", flags.store, "The store to make")->required();
  app.add_option("--policies", flags.policies, "Policy ids of links")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_flag("--half", flags.half, "Leave out what odd policies hide");
  app.add_option("--ended", flags.ended, "Percent of links that were deleted")
      ->capture_default_str();
  app.add_option("--delta", flags.delta, "Percent of links that are not folded")
      ->capture_default_str();
  app.add_option("--clustered", flags.clustered, "Percent of entities in clusters")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = skein::bench::Main(flags);
  if (status.ok()) return 0;
  std::fprintf(stderr, "skein_bench_real_store: %s\n", std::string(skein::Message(status)).c_str());
  return 1;
}
