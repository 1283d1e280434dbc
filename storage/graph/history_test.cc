// AS OF: random changes, and every past version held against a snapshot that was taken then.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/memory_store.h"

namespace skein {
namespace {

#define ASSERT_OK(expr)                              \
  do {                                               \
    const auto& status_ = (expr);                    \
    ASSERT_TRUE(status_.ok()) << status_.ToString(); \
  } while (false)

// All a reader shows, as text: nodes by scan and by label, links by scan and from both sides, by
// index, by text, and counts.
class Dump {
 public:
  Dump(const Reader& reader, uint32_t index, std::span<const LabelId> labels, LinkTypeId type)
      : reader_(reader) {
    const std::vector<uint64_t> nodes = Ids(reader.ScanNodes(viewer_, std::nullopt, budget_));
    for (const uint64_t id : nodes) Node(NodeId{id});
    for (const LabelId label : labels) {
      Add("label " + std::to_string(Raw(label)), Ids(reader.ScanNodes(viewer_, label, budget_)));
      text_ += " of " + std::to_string(*reader.CountNodes(viewer_, label)) + "\n";
    }
    for (const uint64_t id : Ids(reader.ScanLinks(viewer_, {}, budget_))) Link(LinkId{id});
    text_ += "links " + std::to_string(*reader.CountLinks(viewer_, type)) + "\n";
    for (int64_t v = 0; v < 8; ++v) {
      const Value value = Value::Integer(v);
      Add("value " + std::to_string(v),
          Ids(reader.SeekIndex(viewer_, index, {&value, 1}, budget_)));
      const auto hits =
          reader.SearchText(viewer_, "name" + std::to_string(v), std::nullopt, 50, budget_);
      std::vector<uint64_t> found;
      for (const TextHit& hit : *hits) found.push_back(Raw(hit.node));
      std::sort(found.begin(), found.end());
      Add("text " + std::to_string(v), found);
    }
    for (const uint64_t id : nodes) Lists(NodeId{id});
  }
  const std::string& text() const { return text_; }

 private:
  static std::vector<uint64_t> Ids(absl::StatusOr<std::unique_ptr<IdCursor>> cursor) {
    SKEIN_CHECK(cursor.ok());
    return Ids(*std::move(cursor));
  }
  static std::vector<uint64_t> Ids(std::unique_ptr<IdCursor> cursor) {
    std::vector<uint64_t> all, page;
    for (;;) {
      const auto more = cursor->Next(64, &page);
      SKEIN_CHECK(more.ok());
      if (!*more) return all;
      all.insert(all.end(), page.begin(), page.end());
    }
  }
  void Add(const std::string& what, const std::vector<uint64_t>& ids) {
    text_ += what + ":";
    for (const uint64_t id : ids) text_ += " " + std::to_string(id);
    text_ += "\n";
  }
  void Properties(const std::vector<PropertyEntry>& properties) {
    for (const PropertyEntry& p : properties) {
      text_ += " " + std::to_string(Raw(p.key)) + "=" + ToLiteral(p.value);
    }
    text_ += "\n";
  }
  void Node(NodeId id) {
    std::vector<std::optional<NodeRecord>> node;
    SKEIN_CHECK(reader_.GetNodes(viewer_, {&id, 1}, &node).ok());
    text_ += "node " + std::to_string(Raw(id)) + " [";
    for (const LabelId label : node[0]->labels) text_ += " " + std::to_string(Raw(label));
    text_ += "]";
    Properties(node[0]->properties);
  }
  void Link(LinkId id) {
    std::vector<std::optional<LinkRecord>> link;
    SKEIN_CHECK(reader_.GetLinks(viewer_, {&id, 1}, &link).ok());
    text_ += "link " + std::to_string(Raw(id)) + " " + std::to_string(Raw(link[0]->from)) + ">" +
             std::to_string(Raw(link[0]->to)) + " " + std::to_string(link[0]->valid.from);
    Properties(link[0]->properties);
  }
  void Lists(NodeId id) {
    ExpandOptions options;
    options.links = options.outgoing = options.valid = true;
    const auto cursor = reader_.Expand(viewer_, {&id, 1}, options, budget_);
    SKEIN_CHECK(cursor.ok());
    ExpandBatch batch;
    text_ += "list " + std::to_string(Raw(id)) + ":";
    while (*(*cursor)->Next(&batch)) {
      for (size_t i = 0; i < batch.size(); ++i) {
        text_ += " " + std::to_string(Raw(batch.link[i])) + (batch.outgoing[i] != 0 ? ">" : "<") +
                 std::to_string(Raw(batch.neighbour[i])) + "@" +
                 std::to_string(batch.valid[i].from);
      }
    }
    text_ += "\n";
  }

  const Reader& reader_;
  const Viewer viewer_ = Viewer::All();
  Budget budget_;
  std::string text_;
};

class HistoryTest : public testing::TestWithParam<uint32_t> {
 protected:
  HistoryTest()
      : random_(GetParam()), store_(MakeMemoryStore({.clock = &clock_, .disk = nullptr})) {
    Open();
    for (const char* name : {"A", "B"}) labels_.push_back(*graph_->catalog().InternLabel(name));
    type_ = *graph_->catalog().InternLinkType("T");
    number_ = *graph_->catalog().InternKey("number");
    name_ = *graph_->catalog().InternKey("name");
  }
  void Open() {
    graph_ = nullptr;
    auto graph = Graph::Open(*store_, {.clock = &clock_});
    SKEIN_CHECK(graph.ok());
    graph_ = *std::move(graph);
  }
  uint64_t Pick(uint64_t n) { return random_() % n; }
  template <typename Id>
  Id Any(const std::vector<Id>& ids) {
    return ids[Pick(ids.size())];
  }
  std::string Text(const Reader& reader) { return Dump(reader, index_, labels_, type_).text(); }

  // A transaction of a few random changes; those that cannot be done change nothing.
  void Change() {
    auto begun = graph_->Begin(Viewer::All(), {});
    SKEIN_CHECK(begun.ok());
    Transaction& t = **begun;
    for (uint64_t i = Pick(5) + 1; i > 0; --i) ChangeOne(t);
    SKEIN_CHECK((*begun)->Commit().ok());
  }
  void ChangeOne(Transaction& t) {
    const Value number = Value::Integer(static_cast<int64_t>(Pick(8)));
    switch (nodes_.size() < 3 ? 0 : Pick(10)) {
      case 0:
      case 1: {
        NewNode node;
        node.labels = {Any(labels_)};
        node.properties = {{number_, number},
                           {name_, Value::String("name" + std::to_string(Pick(8)))}};
        nodes_.push_back(*t.CreateNode(node));
        return;
      }
      case 2:
      case 3: {
        NewLink link;
        link.type = type_;
        link.from = Any(nodes_);
        link.to = Any(nodes_);
        link.valid.from = static_cast<TimeUs>(Pick(100)) * 1'000'000;
        links_.push_back(*t.CreateLink(link));
        return;
      }
      case 4:
        SKEIN_CHECK(t.SetNodeProperty(Any(nodes_), number_, number).ok());
        return;
      case 5:
        SKEIN_CHECK((Pick(2) != 0 ? t.AddLabel(Any(nodes_), Any(labels_))
                                  : t.RemoveLabel(Any(nodes_), Any(labels_)))
                        .ok());
        return;
      case 6:
        if (links_.empty()) return;
        SKEIN_CHECK(t.SetLinkProperty(Any(links_), number_, number).ok());
        return;
      case 7:
        if (links_.empty()) return;
        SKEIN_CHECK(t.SetLinkValid(Any(links_), {static_cast<TimeUs>(Pick(100)), kTimeMax}).ok());
        return;
      case 8: {
        if (links_.empty()) return;
        const size_t i = Pick(links_.size());
        SKEIN_CHECK(t.DeleteLink(links_[i]).ok());
        links_.erase(links_.begin() + static_cast<ptrdiff_t>(i));
        return;
      }
      default:
        DeleteNode(t, Pick(nodes_.size()));
    }
  }
  void DeleteNode(Transaction& t, size_t i) {
    const NodeId id = nodes_[i];
    Budget budget;
    ExpandOptions options;
    options.links = true;
    std::set<LinkId> links;
    const auto cursor = t.Expand(Viewer::All(), {&id, 1}, options, budget);
    SKEIN_CHECK(cursor.ok());
    ExpandBatch batch;
    while (*(*cursor)->Next(&batch)) links.insert(batch.link.begin(), batch.link.end());
    for (const LinkId link : links) SKEIN_CHECK(t.DeleteLink(link).ok());
    SKEIN_CHECK(t.DeleteNode(id).ok());
    std::erase_if(links_, [&links](LinkId link) { return links.contains(link); });
    nodes_.erase(nodes_.begin() + static_cast<ptrdiff_t>(i));
  }
  // Links in bulk: their rows do not know the version they come with.
  void Load() {
    if (nodes_.empty()) return;
    const auto batch = graph_->OpenBatch({});
    SKEIN_CHECK(batch.ok());
    const auto bulk = graph_->BeginBulk({.batch = *batch});
    SKEIN_CHECK(bulk.ok());
    for (int i = 0; i < 4; ++i) {
      NewLink link;
      link.type = type_;
      link.from = Any(nodes_);
      link.to = Any(nodes_);
      SKEIN_CHECK((*bulk)->Add(link, {}).ok());
    }
    SKEIN_CHECK((*bulk)->Commit().ok());
  }

  std::mt19937_64 random_;
  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> graph_;
  std::vector<LabelId> labels_;
  LinkTypeId type_{};
  KeyId number_{}, name_{};
  uint32_t index_ = 0;
  std::vector<NodeId> nodes_;
  std::vector<LinkId> links_;
};

// A moment after the last commit is the last commit's; one that has not come is refused.
TEST_P(HistoryTest, ForgettingUpToNowForgetsAllThatWas) {
  for (int i = 0; i < 5; ++i) Change();
  const Version last = (*graph_->Latest())->version();
  clock_.Advance(absl::Hours(1));
  const auto now = static_cast<uint64_t>(absl::ToUnixMicros(clock_.Now()));
  EXPECT_EQ(graph_->Forget(Version{now + 1'000'000}).code(), absl::StatusCode::kInvalidArgument);
  ASSERT_OK(graph_->Forget(Version{now - 1000}));
  EXPECT_EQ(*graph_->Horizon(), last);
}

TEST_P(HistoryTest, EveryPastVersionReadsAsItDidThen) {
  const auto index = graph_->CreateIndex(
      {.name = "numbers", .kind = IndexKind::kRange, .label = labels_[0], .keys = {number_}});
  ASSERT_OK(index.status());
  index_ = *index;
  std::map<Version, std::string> then;
  for (int i = 0; i < 60; ++i) {
    Change();
    if (i % 20 == 10) Load();
    if (i % 20 == 19) ASSERT_OK(graph_->Compact());
    if (i == 30) Open();
    const auto now = graph_->Latest();
    ASSERT_OK(now.status());
    then[(*now)->version()] = Text(**now);
  }
  for (const auto& [version, text] : then) {
    const auto past = graph_->AsOf(version);
    ASSERT_OK(past.status());
    EXPECT_EQ((*past)->version(), version);
    ASSERT_EQ(Text(**past), text) << "as of " << Raw(version);
  }
  // What is forgotten is refused, and the rest reads as before.
  const Version horizon = std::next(then.begin(), 30)->first;
  ASSERT_OK(graph_->Forget(horizon));
  Open();
  for (const auto& [version, text] : then) {
    const auto past = graph_->AsOf(version);
    if (version < horizon) {
      EXPECT_EQ(past.status().code(), absl::StatusCode::kFailedPrecondition);
    } else {
      ASSERT_OK(past.status());
      ASSERT_EQ(Text(**past), text) << "as of " << Raw(version);
    }
  }
}

TEST_P(HistoryTest, AnIndexThatWasBuiltLaterAnswersForThePastToo) {
  for (int i = 0; i < 20; ++i) Change();
  const auto before = graph_->Latest();
  ASSERT_OK(before.status());
  const auto index = graph_->CreateIndex(
      {.name = "numbers", .kind = IndexKind::kRange, .label = labels_[0], .keys = {number_}});
  ASSERT_OK(index.status());
  index_ = *index;
  const auto built = graph_->Latest();
  ASSERT_OK(built.status());
  const std::string text = Text(**built);  // nothing but the index changed
  for (int i = 0; i < 10; ++i) Change();
  const auto past = graph_->AsOf((*before)->version());
  ASSERT_OK(past.status());
  EXPECT_EQ(Text(**past), text);
}

TEST_P(HistoryTest, TheFutureIsRefused) {
  Change();
  const auto later = Version{static_cast<uint64_t>(absl::ToUnixMicros(clock_.Now())) + 1'000'000};
  EXPECT_EQ(graph_->AsOf(later).status().code(), absl::StatusCode::kInvalidArgument);
  const auto first = graph_->AsOf(Version{1});
  ASSERT_OK(first.status());
  Budget budget;
  EXPECT_EQ(*(*first)->CountNodes(Viewer::All(), std::nullopt), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, HistoryTest, testing::Range(1u, 9u));

}  // namespace
}  // namespace skein
