// The graph's contract on a memory store: what tests/model does not state plainly.
#include "storage/graph/graph.h"

#include <gtest/gtest.h>

#include <utility>

#include "storage/base/status.h"
#include "storage/kv/memory_store.h"

namespace skein {
namespace {

#define ASSERT_OK(expr)                              \
  do {                                               \
    const auto& status_ = (expr);                    \
    ASSERT_TRUE(status_.ok()) << status_.ToString(); \
  } while (false)

class GraphTest : public testing::Test {
 protected:
  GraphTest() : store_(MakeMemoryStore()) { Open(); }

  void Open() {
    graph_ = nullptr;
    auto graph = Graph::Open(*store_, {});
    SKEIN_CHECK(graph.ok());
    graph_ = *std::move(graph);
    person_ = *graph_->catalog().InternLabel("Person");
    knows_ = *graph_->catalog().InternLinkType("KNOWS");
    name_ = *graph_->catalog().InternKey("name");
  }

  std::unique_ptr<Transaction> Begin(const Viewer& viewer = Viewer::All(),
                                     const WriteContext& context = {}) {
    auto transaction = graph_->Begin(viewer, context);
    SKEIN_CHECK(transaction.ok());
    return *std::move(transaction);
  }
  std::shared_ptr<const Snapshot> Latest() {
    auto snapshot = graph_->Latest();
    SKEIN_CHECK(snapshot.ok());
    return *std::move(snapshot);
  }
  NodeId Person(Transaction& t, std::string name, std::optional<PolicyId> policy = std::nullopt) {
    NewNode node;
    node.labels = {person_};
    node.properties = {{name_, Value::String(std::move(name))}};
    node.policy = policy;
    return *t.CreateNode(node);
  }
  LinkId Link(Transaction& t, NodeId from, NodeId to, ValidTime valid = {}) {
    NewLink link;
    link.type = knows_;
    link.from = from;
    link.to = to;
    link.valid = valid;
    return *t.CreateLink(link);
  }
  static std::vector<NodeId> Neighbours(const Reader& reader, NodeId of, ExpandOptions options = {},
                                        const Viewer& viewer = Viewer::All()) {
    Budget budget;
    auto cursor = reader.Expand(viewer, {&of, 1}, options, budget);
    SKEIN_CHECK(cursor.ok());
    std::vector<NodeId> out;
    ExpandBatch batch;
    while (*(*cursor)->Next(&batch)) {
      out.insert(out.end(), batch.neighbour.begin(), batch.neighbour.end());
    }
    return out;
  }

  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> graph_;
  LabelId person_{};
  LinkTypeId knows_{};
  KeyId name_{};
};

TEST_F(GraphTest, CommittedDataIsThereAfterReopening) {
  auto t = Begin();
  const NodeId a = Person(*t, "Ada"), b = Person(*t, "Bob");
  const LinkId ab = Link(*t, a, b), loop = Link(*t, a, a);
  EXPECT_EQ(Neighbours(*t, a), (std::vector<NodeId>{b, a}));  // own writes
  EXPECT_TRUE(Neighbours(*Latest(), a).empty());              // nobody else's
  ASSERT_OK(t->Commit().status());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Neighbours(*Latest(), a), (std::vector<NodeId>{b, a}));
    std::vector<LinkEnds> ends;
    const LinkId ids[] = {ab, loop, LinkId{77}};
    ASSERT_OK(Latest()->GetLinkEnds(Viewer::All(), ids, &ends));
    EXPECT_EQ(ends[0].to, b);
    EXPECT_EQ(ends[1].to, a);
    EXPECT_EQ(ends[2].from, kNoNode);
    EXPECT_EQ(*Latest()->CountNodes(Viewer::All(), person_), 2u);
    EXPECT_EQ(*Latest()->CountLinks(Viewer::All(), knows_), 2u);
    Open();
  }
  auto later = Begin();
  EXPECT_GT(Person(*later, "Cyd"), b);
}

TEST_F(GraphTest, HubLinksDoNotConflictButDeletionDoes) {
  auto setup = Begin();
  const NodeId hub = Person(*setup, "hub"), a = Person(*setup, "a"), b = Person(*setup, "b");
  ASSERT_OK(setup->Commit().status());
  auto t1 = Begin(), t2 = Begin(), t3 = Begin(), t4 = Begin();
  Link(*t1, hub, a);
  Link(*t2, hub, b);
  ASSERT_OK(t3->SetNodeProperty(hub, name_, Value::String("renamed")));
  ASSERT_OK(t4->DeleteNode(hub));
  ASSERT_OK(t1->Commit().status());
  ASSERT_OK(t2->Commit().status());
  ASSERT_OK(t3->Commit().status());
  EXPECT_EQ(t4->Commit().status().code(), absl::StatusCode::kAborted);
  auto t5 = Begin(), t6 = Begin();
  const NodeId lone = Person(*t5, "lone");
  ASSERT_OK(t5->Commit().status());
  t5 = Begin();
  t6 = Begin();
  ASSERT_OK(t5->DeleteNode(lone));
  Link(*t6, lone, a);
  ASSERT_OK(t5->Commit().status());
  EXPECT_EQ(t6->Commit().status().code(), absl::StatusCode::kAborted);
}

TEST_F(GraphTest, DeletedNodeMustHaveNoLinks) {
  auto t = Begin();
  const NodeId a = Person(*t, "a"), b = Person(*t, "b");
  const LinkId ab = Link(*t, a, b);
  ASSERT_OK(t->DeleteNode(a));
  EXPECT_EQ(t->Commit().status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_OK(t->DeleteLink(ab));
  ASSERT_OK(t->Commit().status());
  EXPECT_EQ(*Latest()->CountNodes(Viewer::All(), std::nullopt), 1u);
}

TEST_F(GraphTest, FailedStatementLeavesNoTrace) {
  auto t = Begin();
  const NodeId a = Person(*t, "a");
  t->MarkStatement();
  const NodeId b = Person(*t, "b");
  Link(*t, a, b);
  ASSERT_OK(t->SetNodeProperty(a, name_, Value::String("changed")));
  ASSERT_OK(t->RollbackStatement());
  EXPECT_TRUE(Neighbours(*t, a).empty());
  ASSERT_OK(t->Commit().status());
  EXPECT_EQ(*Latest()->CountNodes(Viewer::All(), person_), 1u);
  std::vector<Value> names;
  ASSERT_OK(Latest()->GetNodeProperty(Viewer::All(), {&a, 1}, name_, &names));
  EXPECT_EQ(names[0].string(), "a");
}

TEST_F(GraphTest, UniqueConstraintHoldsWithinAndAcrossTransactions) {
  auto setup = Begin();
  Person(*setup, "Ada");
  ASSERT_OK(setup->Commit().status());
  const IndexInfo wanted{0, "person_name", IndexKind::kUnique, person_, {name_}, false};
  auto index = graph_->CreateIndex(wanted);
  ASSERT_OK(index.status());
  auto t = Begin();
  NewNode again;
  again.labels = {person_};
  again.properties = {{name_, Value::String("Ada")}};
  EXPECT_EQ(t->CreateNode(again).status().code(), absl::StatusCode::kFailedPrecondition);
  auto u = Begin();
  Person(*t, "Bob");
  Person(*u, "Bob");
  ASSERT_OK(t->Commit().status());
  EXPECT_EQ(u->Commit().status().code(), absl::StatusCode::kAborted);
  Budget budget;
  const Value bob = Value::String("Bob");
  auto cursor = Latest()->SeekIndex(Viewer::All(), *index, {&bob, 1}, budget);
  ASSERT_OK(cursor.status());
}

TEST_F(GraphTest, TextSearchFindsChineseByCharacterAndPinyin) {
  auto t = Begin();
  const NodeId zhang = Person(*t, "张伟"), plate = Person(*t, "沪A·12345");
  Person(*t, "Zoe");
  Budget budget;
  for (const bool committed : {false, true}) {
    const auto find = [&](std::string_view text) {
      auto hits = committed ? Latest()->SearchText(Viewer::All(), text, person_, 10, budget)
                            : t->SearchText(Viewer::All(), text, person_, 10, budget);
      SKEIN_CHECK(hits.ok());
      std::vector<NodeId> ids;
      for (const TextHit& hit : *hits) ids.push_back(hit.node);
      return ids;
    };
    for (const char* text : {"张伟", "张", "伟", "zhangwei", "Zhang Wei", "ZW", "zhangw"}) {
      EXPECT_EQ(find(text), std::vector<NodeId>{zhang}) << text;
    }
    for (const char* text : {"沪A12345", "A12345", "沪A1", "12345", "123", "沪a·12"}) {
      EXPECT_EQ(find(text), std::vector<NodeId>{plate}) << text;
    }
    EXPECT_TRUE(find("王").empty());
    if (!committed) {
      ASSERT_OK(t->Commit().status());
    }
  }
}

}  // namespace
}  // namespace skein
