// The laws of fusion, on random graphs, and clusters against a naive model.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "storage/base/status.h"
#include "storage/fusion/assertion.h"
#include "storage/fusion/cluster.h"
#include "storage/fusion/fused_reader.h"
#include "storage/kv/memory_store.h"

namespace skein {
namespace {

using Partition = std::vector<std::vector<NodeId>>;

class FusionTest : public ::testing::Test {
 protected:
  FusionTest() : store_(MakeMemoryStore()) { Open(); }

  void Open() {
    graph_ = nullptr;
    graph_ = *Graph::Open(*store_, {});
  }

  std::unique_ptr<Transaction> Begin(PolicyId policy = kOpenPolicy) {
    if (Raw(batch_) == 0) {
      Batch batch;
      batch.source = "test";
      batch.person = "ada";
      batch_ = *graph_->OpenBatch(batch);
    }
    return *graph_->Begin(Viewer::All(), {.policy = policy, .batch = batch_});
  }
  std::vector<NodeId> Nodes(size_t n, PolicyId policy = kOpenPolicy) {
    auto transaction = Begin(policy);
    const LabelId label = *graph_->catalog().InternLabel("P");
    std::vector<NodeId> out;
    NewNode fresh;
    fresh.labels = {label};
    for (size_t i = 0; i < n; ++i) out.push_back(*transaction->CreateNode(fresh));
    EXPECT_TRUE(transaction->Commit().ok());
    return out;
  }
  static absl::StatusOr<LinkId> Join(Transaction& transaction, LinkTypeId type, NodeId from,
                                     NodeId to) {
    NewLink link;
    link.type = type;
    link.from = from;
    link.to = to;
    return transaction.CreateLink(link);
  }
  uint64_t Say(NodeId a, NodeId b, bool same, double grade, PolicyId policy = kOpenPolicy) {
    auto transaction = Begin(policy);
    const auto id = Assert(*transaction, Viewer::All(),
                           {.a = a, .b = b, .same = same, .grade = grade, .basis = "test"}, ++now_);
    EXPECT_TRUE(id.ok()) << id.status();
    EXPECT_TRUE(transaction->Commit().ok());
    return id.value_or(0);
  }
  void Unsay(NodeId a, NodeId b, uint64_t id) {
    auto transaction = Begin();
    EXPECT_TRUE(Retract(*transaction, Viewer::All(), a, b, id, "wrong", ++now_).ok());
    EXPECT_TRUE(transaction->Commit().ok());
  }

  // Entities of several nodes, by what the cache says and by what follows afresh: they must agree.
  Partition Clusters(const std::vector<NodeId>& nodes, const Viewer& viewer = Viewer::All()) {
    const auto snapshot = *graph_->Latest();
    std::vector<ClusterPtr> found;
    EXPECT_TRUE(ClustersOf(*snapshot, viewer, nodes, &found).ok());
    absl::flat_hash_map<NodeId, ClusterPtr> fresh;
    EXPECT_TRUE(ComputeClusters(*snapshot, viewer, nodes, &fresh).ok());
    std::set<std::vector<NodeId>> out;
    for (size_t i = 0; i < nodes.size(); ++i) {
      const auto want = fresh.at(nodes[i]);
      if (found[i] != nullptr) {
        out.insert(*found[i]);
        EXPECT_EQ(*found[i], *want);
        EXPECT_TRUE(std::binary_search(found[i]->begin(), found[i]->end(), nodes[i]));
      } else {
        EXPECT_EQ(want->size(), 1u);
      }
    }
    return {out.begin(), out.end()};
  }

  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> graph_;
  BatchId batch_{};
  TimeUs now_ = 0;
};

// Said in the test: the definition of cluster.h, by sets alone.
struct Said {
  size_t a, b;
  bool same;
  double grade;
  bool stands = true;
  uint64_t id = 0;
};

std::vector<std::set<size_t>> Naive(size_t n, const std::vector<Said>& all) {
  std::map<std::pair<size_t, size_t>, std::pair<double, double>> pairs;
  for (const Said& s : all) {
    if (!s.stands) continue;
    auto& [same, apart] = pairs[std::minmax(s.a, s.b)];
    (s.same ? same : apart) = std::max(s.same ? same : apart, s.grade);
  }
  std::vector<std::tuple<double, size_t, size_t>> joins;
  for (const auto& [pair, grades] : pairs) {
    if (grades.first > grades.second) joins.emplace_back(-grades.first, pair.first, pair.second);
  }
  std::sort(joins.begin(), joins.end());
  std::vector<std::set<size_t>> groups(n);
  std::vector<size_t> of(n);
  for (size_t i = 0; i < n; ++i) {
    groups[i] = {i};
    of[i] = i;
  }
  for (const auto& [grade, a, b] : joins) {
    bool apart = of[a] == of[b];
    for (const size_t x : groups[of[a]]) {
      for (const size_t y : groups[of[b]]) {
        const auto it = pairs.find(std::minmax(x, y));
        if (it != pairs.end() && it->second.second > 0 && it->second.first <= it->second.second) {
          apart = true;
        }
      }
    }
    if (apart) continue;
    const size_t gone = of[b];
    for (const size_t x : groups[gone]) of[x] = of[a];
    groups[of[a]].insert(groups[gone].begin(), groups[gone].end());
    groups[gone].clear();
  }
  std::erase_if(groups, [](const auto& g) { return g.size() < 2; });
  std::sort(groups.begin(), groups.end());
  return groups;
}

TEST_F(FusionTest, ClustersAreThoseOfTheDefinition) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 dice(seed);
    const size_t n = 3 + dice() % 10;
    const std::vector<NodeId> nodes = Nodes(n);
    std::vector<Said> all;
    for (size_t i = 0; i < 2 * n; ++i) {
      if (!all.empty() && dice() % 5 == 0) {
        Said& s = all[dice() % all.size()];
        if (s.stands) Unsay(nodes[s.a], nodes[s.b], s.id);
        s.stands = false;
      } else {
        Said s = {dice() % n, dice() % n, dice() % 4 != 0, static_cast<double>(1 + dice() % 4) / 4};
        if (s.a == s.b) continue;
        s.id = Say(nodes[s.a], nodes[s.b], s.same, s.grade);
        all.push_back(s);
      }
      if (dice() % 4 == 0) Open();  // bits come back with the store
      std::vector<std::set<size_t>> have;
      for (const auto& cluster : Clusters(nodes)) {
        std::set<size_t> group;
        for (const NodeId node : cluster) {
          group.insert(
              static_cast<size_t>(std::find(nodes.begin(), nodes.end(), node) - nodes.begin()));
        }
        have.push_back(group);
      }
      std::sort(have.begin(), have.end());
      ASSERT_EQ(have, Naive(n, all));
    }
  }
}

// Everything a reader says of the nodes, as text.
std::string Everything(const Reader& reader, const std::vector<NodeId>& nodes) {
  std::string out;
  Budget budget;
  std::vector<std::optional<NodeRecord>> records;
  EXPECT_TRUE(reader.GetNodes(Viewer::All(), nodes, &records).ok());
  for (const auto& record : records) {
    if (!record.has_value()) {
      out += "gone\n";
      continue;
    }
    out += std::to_string(Raw(record->id));
    for (const LabelId label : record->labels) out += " l" + std::to_string(Raw(label));
    for (const auto& entry : record->properties) {
      out += " " + std::to_string(Raw(entry.key)) + "=" + ToLiteral(entry.value);
    }
    out += "\n";
  }
  ExpandOptions options;
  options.links = true;
  options.outgoing = true;
  const Viewer everyone = Viewer::All();  // the cursor borrows it
  auto cursor = *reader.Expand(everyone, nodes, options, budget);
  ExpandBatch batch;
  while (*cursor->Next(&batch)) {
    for (size_t i = 0; i < batch.size(); ++i) {
      out += std::to_string(batch.source[i]) + (batch.outgoing[i] != 0 ? ">" : "<") +
             std::to_string(Raw(batch.neighbour[i])) + " by " + std::to_string(Raw(batch.link[i])) +
             "\n";
    }
  }
  return out;
}

TEST_F(FusionTest, MergeThenRetractRestoresExactlyChainsIncluded) {
  const std::vector<NodeId> nodes = Nodes(8);
  const LinkTypeId type = *graph_->catalog().InternLinkType("E");
  auto transaction = Begin();
  for (size_t i = 0; i < nodes.size(); ++i) {
    ASSERT_TRUE(Join(*transaction, type, nodes[i], nodes[(i * 3 + 1) % 8]).ok());
  }
  ASSERT_TRUE(transaction->Commit().ok());
  const auto view = [&] { return MakeFusedReader(*graph_->Latest(), Viewer::All()); };
  std::vector<std::string> before = {Everything(*view(), nodes)};
  std::vector<uint64_t> ids;
  for (size_t i = 0; i + 1 < nodes.size(); ++i) {
    ids.push_back(Say(nodes[i], nodes[i + 1], true, 0.5));
    before.push_back(Everything(*view(), nodes));
    EXPECT_NE(before[i], before[i + 1]);
  }
  EXPECT_EQ(Clusters(nodes).at(0).size(), nodes.size());
  for (size_t i = ids.size(); i-- > 0;) {
    Unsay(nodes[i], nodes[i + 1], ids[i]);
    EXPECT_EQ(Everything(*view(), nodes), before[i]);
  }
}

TEST_F(FusionTest, IndependentMergesCommute) {
  std::vector<Partition> results;
  std::vector<std::tuple<size_t, size_t, bool, double>> said = {
      {0, 1, true, 0.5}, {2, 3, true, 0.9}, {1, 2, true, 0.5}, {0, 3, false, 0.4}, {4, 5, true, 1}};
  std::sort(said.begin(), said.end());
  do {
    const std::vector<NodeId> nodes = Nodes(6);
    for (const auto& [a, b, same, grade] : said) Say(nodes[a], nodes[b], same, grade);
    Partition relative = Clusters(nodes);
    for (auto& cluster : relative) {
      for (NodeId& node : cluster) node = NodeId{Raw(node) - Raw(nodes[0])};
    }
    results.push_back(relative);
  } while (std::next_permutation(said.begin(), said.end()));
  for (const Partition& result : results) EXPECT_EQ(result, results[0]);
  // The surest join first; what would bring 0 and 3 together does not.
  EXPECT_EQ(results[0],
            (Partition{{NodeId{0}, NodeId{1}}, {NodeId{2}, NodeId{3}}, {NodeId{4}, NodeId{5}}}));
}

TEST_F(FusionTest, EditsBetweenMergeAndRetractionAreKept) {
  const std::vector<NodeId> nodes = Nodes(6);
  const KeyId key = *graph_->catalog().InternKey("v");
  const LinkTypeId type = *graph_->catalog().InternLinkType("E");
  std::vector<uint64_t> ids;
  for (size_t i = 0; i + 1 < nodes.size(); ++i) {
    ids.push_back(Say(nodes[i], nodes[i + 1], true, 1));
  }
  std::mt19937_64 dice(7);
  std::map<NodeId, int64_t> values;
  std::vector<std::pair<LinkId, std::pair<NodeId, NodeId>>> links;
  for (int edit = 0; edit < 1000; ++edit) {
    auto transaction = Begin();
    const NodeId node = nodes[dice() % nodes.size()];
    if (dice() % 3 != 0) {
      values[node] = edit;
      ASSERT_TRUE(transaction->SetNodeProperty(node, key, Value::Integer(edit)).ok());
    } else {
      const NodeId other = nodes[dice() % nodes.size()];
      const auto link = Join(*transaction, type, node, other);
      ASSERT_TRUE(link.ok());
      links.push_back({*link, {node, other}});
    }
    ASSERT_TRUE(transaction->Commit().ok());
  }
  for (size_t i = 0; i < ids.size(); ++i) Unsay(nodes[i], nodes[i + 1], ids[i]);
  EXPECT_TRUE(Clusters(nodes).empty());
  const auto view = MakeFusedReader(*graph_->Latest(), Viewer::All());
  std::vector<Value> have;
  ASSERT_TRUE(view->GetNodeProperty(Viewer::All(), nodes, key, &have).ok());
  for (size_t i = 0; i < nodes.size(); ++i) EXPECT_EQ(have[i].integer(), values.at(nodes[i]));
  for (const auto& [link, ends] : links) {
    std::vector<LinkEnds> found;
    ASSERT_TRUE(view->GetLinkEnds(Viewer::All(), {&link, 1}, &found).ok());
    EXPECT_EQ(std::pair(found[0].from, found[0].to), ends);
  }
}

TEST_F(FusionTest, AViewerSeesOnlyWhatTheirAssertionsAndNodesSay) {
  const PolicyId secret = *graph_->catalog().InternPolicy({"unit1", "", ""});
  const std::vector<NodeId> open = Nodes(3);
  const std::vector<NodeId> hidden = Nodes(1, secret);
  Say(open[0], open[1], true, 1, secret);
  Say(open[1], hidden[0], true, 1);
  Say(hidden[0], open[2], true, 1);
  const Viewer nobody = Viewer::Of({});
  EXPECT_EQ(Clusters(open).size(), 1u);
  EXPECT_EQ(Clusters(open).at(0).size(), 4u);
  EXPECT_TRUE(Clusters(open, nobody).empty());
  std::vector<std::vector<Assertion>> said;
  ASSERT_TRUE(AssertionsOf(**graph_->Latest(), nobody, open, &said).ok());
  for (const auto& list : said) EXPECT_TRUE(list.empty());
  const auto view = MakeFusedReader(*graph_->Latest(), nobody);
  EXPECT_EQ(*view->CountNodes(nobody, std::nullopt), 3u);
}

TEST_F(FusionTest, OldSnapshotsKeepTheirClusters) {
  const std::vector<NodeId> nodes = Nodes(3);
  const auto none = *graph_->Latest();
  Say(nodes[0], nodes[1], true, 1);
  const auto one = *graph_->Latest();
  const uint64_t id = Say(nodes[1], nodes[2], true, 1);
  const auto both = *graph_->Latest();
  Unsay(nodes[1], nodes[2], id);
  auto transaction = Begin();
  ASSERT_TRUE(transaction->DeleteNode(nodes[0]).ok());
  ASSERT_TRUE(transaction->Commit().ok());
  const auto after = *graph_->Latest();
  const auto size = [&](const std::shared_ptr<const Snapshot>& at, size_t node) {
    std::vector<ClusterPtr> found;
    EXPECT_TRUE(ClustersOf(*at, Viewer::All(), {&nodes[node], 1}, &found).ok());
    return found[0] == nullptr ? size_t{1} : found[0]->size();
  };
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(size(after, 1), 1u);
    EXPECT_EQ(size(none, 1), 1u);
    EXPECT_EQ(size(one, 1), 2u);
    EXPECT_EQ(size(both, 1), 3u);
  }
}

TEST_F(FusionTest, ATransactionSeesItsOwnAssertionsAndRollsThemBack) {
  const std::vector<NodeId> nodes = Nodes(2);
  auto transaction = Begin();
  const auto joined = [&](const Reader& reader) {
    std::vector<ClusterPtr> found;
    EXPECT_TRUE(ClustersOf(reader, Viewer::All(), {&nodes[0], 1}, &found).ok());
    return found[0] != nullptr;
  };
  transaction->MarkStatement();
  ASSERT_TRUE(Assert(*transaction, Viewer::All(), {.a = nodes[1], .b = nodes[0]}, 1).ok());
  EXPECT_TRUE(joined(*transaction));
  EXPECT_FALSE(joined(**graph_->Latest()));
  ASSERT_TRUE(transaction->RollbackStatement().ok());
  EXPECT_FALSE(joined(*transaction));
  ASSERT_TRUE(Assert(*transaction, Viewer::All(), {.a = nodes[1], .b = nodes[0]}, 1).ok());
  transaction = nullptr;
  EXPECT_FALSE(joined(**graph_->Latest()));
}

TEST_F(FusionTest, RefusesWhatMakesNoSense) {
  const std::vector<NodeId> nodes = Nodes(2);
  auto transaction = Begin();
  const Viewer all = Viewer::All();
  using Code = absl::StatusCode;
  EXPECT_EQ(Assert(*transaction, all, {.a = nodes[0], .b = nodes[0]}, 1).status().code(),
            Code::kInvalidArgument);
  for (const double grade : {0.0, -1.0, 1.01}) {
    EXPECT_EQ(Assert(*transaction, all, {.a = nodes[0], .b = nodes[1], .grade = grade}, 1)
                  .status()
                  .code(),
              Code::kInvalidArgument);
  }
  EXPECT_EQ(Assert(*transaction, all, {.a = nodes[0], .b = NodeId{12345}}, 1).status().code(),
            Code::kNotFound);
  EXPECT_EQ(Retract(*transaction, all, nodes[0], nodes[1], 5, "", 1).code(), Code::kNotFound);
  const auto id = Assert(*transaction, all, {.a = nodes[0], .b = nodes[1], .id = 9}, 1);
  ASSERT_TRUE(id.ok());
  EXPECT_TRUE(Retract(*transaction, all, nodes[1], nodes[0], *id, "", 2).ok());
  EXPECT_EQ(Retract(*transaction, all, nodes[0], nodes[1], *id, "", 3).code(),
            Code::kFailedPrecondition);
  // Made again under its own id it stays retracted.
  ASSERT_TRUE(Assert(*transaction, all, {.a = nodes[0], .b = nodes[1], .id = 9}, 4).ok());
  std::vector<std::vector<Assertion>> said;
  ASSERT_TRUE(AssertionsOf(*transaction, all, nodes, &said).ok());
  ASSERT_EQ(said[0].size(), 1u);
  EXPECT_TRUE(said[0][0].retracted);
  EXPECT_EQ(said[0][0].made_us, 1);
}

TEST_F(FusionTest, EncodingIsExactAndDamageIsFound) {
  std::mt19937_64 dice(3);
  for (int i = 0; i < 200; ++i) {
    Assertion a;
    a.id = dice();
    a.a = NodeId{dice() % 100};
    a.b = NodeId{100 + dice() % 100};
    a.same = dice() % 2 == 0;
    a.grade = static_cast<double>(1 + dice() % 1'000'000) / 1e6;
    a.basis = std::string(dice() % 20, 'x');
    a.policy = PolicyId{static_cast<uint32_t>(dice())};
    a.source = {BatchId{static_cast<uint32_t>(dice())}, static_cast<uint32_t>(dice())};
    a.made_us = static_cast<TimeUs>(dice());
    a.retracted = dice() % 2 == 0;
    if (a.retracted) a.retracted_us = static_cast<TimeUs>(dice());
    const std::string bytes = EncodeAssertion(a);
    const auto back = DecodeAssertion({a.b, a.a, a.id, bytes});
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(EncodeAssertion(*back), bytes);
    EXPECT_EQ(std::tuple(back->a, back->b, back->grade, back->same, back->made_us),
              std::tuple(a.a, a.b, a.grade, a.same, a.made_us));
    const auto cut = DecodeAssertion({a.a, a.b, a.id, bytes.substr(0, dice() % bytes.size())});
    EXPECT_EQ(cut.status().code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace skein
