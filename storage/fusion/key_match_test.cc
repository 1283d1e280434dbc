#include "storage/fusion/key_match.h"

#include <gtest/gtest.h>

#include "storage/base/status.h"
#include "storage/fusion/assertion.h"
#include "storage/fusion/cluster.h"
#include "storage/kv/memory_store.h"

namespace skein {
namespace {

class KeyMatchTest : public ::testing::Test {
 protected:
  KeyMatchTest() : store_(MakeMemoryStore()), graph_(*Graph::Open(*store_, {})) {
    Batch batch;
    batch.source = "test";
    context_.batch = *graph_->OpenBatch(batch);
  }
  NodeId Node(const std::string& label, Value number) {
    auto transaction = *graph_->Begin(Viewer::All(), context_);
    NewNode fresh;
    fresh.labels = {*graph_->catalog().InternLabel(label)};
    fresh.properties = {{*graph_->catalog().InternKey("number"), std::move(number)}};
    const NodeId node = *transaction->CreateNode(fresh);
    EXPECT_TRUE(transaction->Commit().ok());
    return node;
  }
  KeyMatches Match(const KeyRule& rule) {
    const auto counts = AssertByKey(*graph_, rule, context_, 1);
    EXPECT_TRUE(counts.ok()) << counts.status();
    return counts.value_or(KeyMatches());
  }
  size_t ClusterSize(NodeId node) {
    std::vector<ClusterPtr> found;
    EXPECT_TRUE(ClustersOf(**graph_->Latest(), Viewer::All(), {&node, 1}, &found).ok());
    return found[0] == nullptr ? 1 : found[0]->size();
  }

  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> graph_;
  WriteContext context_;
};

TEST_F(KeyMatchTest, EqualNumbersAreOnePersonAcrossLabels) {
  const NodeId a = Node("Person", Value::String("X1"));
  const NodeId b = Node("Guest", Value::String("X1"));
  const NodeId c = Node("Guest", Value::String("X1"));
  const NodeId other = Node("Person", Value::String("X2"));
  const NodeId blank1 = Node("Person", Value::String(" "));
  Node("Person", Value::String(" "));
  const NodeId outside = Node("Car", Value::String("X1"));
  const KeyRule rule{.labels = {"Person", "Guest", "Unheard"}, .property = "number", .grade = 0.9};
  EXPECT_EQ(Match(rule).asserted, 2u);
  EXPECT_EQ(ClusterSize(a), 3u);
  EXPECT_EQ(ClusterSize(c), 3u);
  for (const NodeId alone : {other, blank1, outside}) EXPECT_EQ(ClusterSize(alone), 1u);

  // Again: nothing new; what was retracted stays so.
  const KeyMatches again = Match(rule);
  EXPECT_EQ(again.asserted, 0u);
  EXPECT_EQ(again.unchanged, 2u);
  std::vector<std::vector<Assertion>> said;
  ASSERT_TRUE(AssertionsOf(**graph_->Latest(), Viewer::All(), {&b, 1}, &said).ok());
  ASSERT_EQ(said[0].size(), 2u);
  EXPECT_EQ(said[0][0].basis, "key Person|Guest|Unheard.number");
  EXPECT_EQ(said[0][0].grade, 0.9);
  auto transaction = *graph_->Begin(Viewer::All(), context_);
  ASSERT_TRUE(
      Retract(*transaction, Viewer::All(), said[0][0].a, said[0][0].b, said[0][0].id, "forged", 2)
          .ok());
  ASSERT_TRUE(transaction->Commit().ok());
  EXPECT_EQ(Match(rule).asserted, 0u);
  EXPECT_EQ(ClusterSize(a), 1u);
  EXPECT_EQ(ClusterSize(b), 2u);
}

TEST_F(KeyMatchTest, ACommonValueIsNoKey) {
  for (int i = 0; i < 12; ++i) Node("Person", Value::String("0000"));
  const NodeId a = Node("Person", Value::Integer(7));
  const NodeId b = Node("Person", Value::Integer(7));
  const KeyMatches counts = Match({.labels = {"Person"}, .property = "number", .most = 10});
  EXPECT_EQ(counts.too_common, 1u);
  EXPECT_EQ(counts.asserted, 1u);
  EXPECT_EQ(ClusterSize(a), 2u);
  EXPECT_EQ(ClusterSize(b), 2u);
}

TEST_F(KeyMatchTest, AnUnknownPropertyMatchesNothing) {
  EXPECT_EQ(Match({.labels = {"Person"}, .property = "nothing"}).asserted, 0u);
}

}  // namespace
}  // namespace skein
