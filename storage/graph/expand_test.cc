// Lists of many segments: whatever the window, the columns and the size of batches, an expansion
// gives what going through all links one by one gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/memory_store.h"

namespace skein {
namespace {

// direction, type, valid from, link, neighbour, valid to
using Row = std::tuple<bool, uint32_t, TimeUs, uint64_t, uint64_t, TimeUs>;

struct Link {
  Row out, in;
  bool loop = false;
  PolicyId policy{};
};

class LongListTest : public testing::Test {
 protected:
  LongListTest() : store_(MakeMemoryStore()) {
    auto opened = Graph::Open(*store_, {});
    SKEIN_CHECK(opened.ok());
    graph_ = *std::move(opened);
    Catalog& catalog = graph_->catalog();
    for (const char* name : {"CALLED", "KNOWS", "OWNS"}) {
      types_.push_back(*catalog.InternLinkType(name));
    }
    secret_ = *catalog.InternPolicy({.owner_unit = "a", .compartment = "", .handling_code = ""});
    Batch batch;
    batch.source = "test";
    context_.batch = *graph_->OpenBatch(batch);
    auto t = *graph_->Begin(Viewer::All(), context_);
    for (int i = 0; i < 200; ++i) nodes_.push_back(*t->CreateNode({}));
    SKEIN_CHECK(t->Commit().ok());
  }

  // Links of a hub, nodes_[0]: calls are moments, acquaintances last a while, ownership for good.
  void Fill(std::mt19937_64* dice, size_t n, bool secrets, bool fold = true) {
    auto t = *graph_->Begin(Viewer::All(), context_);
    for (size_t i = 0; i < n; ++i) {
      NewLink link;
      const size_t kind = (*dice)() % types_.size();
      link.type = types_[kind];
      const NodeId other = nodes_[(*dice)() % 50 == 0 ? 0 : (*dice)() % nodes_.size()];
      const bool out = (*dice)() % 3 != 0;
      link.from = out ? nodes_[0] : other;
      link.to = out ? other : nodes_[0];
      link.valid.from = static_cast<TimeUs>((*dice)() % 1000) * 1'000'000;
      if (kind == 0) link.valid.to = link.valid.from;
      if (kind == 1) link.valid.to = link.valid.from + static_cast<TimeUs>((*dice)() % 90'000'000);
      if (secrets && (*dice)() % 4 == 0) link.policy = secret_;
      const LinkId id = *t->CreateLink(link);
      const TimeUs from = link.valid.from, to = link.valid.to;
      const auto type = static_cast<uint32_t>(Raw(link.type));
      links_.push_back({{false, type, from, Raw(id), Raw(link.to), to},
                        {true, type, from, Raw(id), Raw(link.from), to},
                        link.from == link.to,
                        link.policy.value_or(kOpenPolicy)});
    }
    SKEIN_CHECK(t->Commit().ok());
    if (fold) SKEIN_CHECK(graph_->Compact().ok());
  }

  std::vector<Row> Naive(const Viewer& viewer, const ExpandOptions& options) const {
    std::vector<Row> rows;
    const auto add = [&](const Row& row, bool hub) {
      const auto [incoming, type, from, id, neighbour, to] = row;
      const ValidTime& w = options.window;
      const bool in_window = options.by_start || from == to
                                 ? w.from <= from && (from < w.to || w.to == kTimeMax)
                                 : from < w.to && w.from < to;
      const bool wanted = options.types.empty() ||
                          std::find(options.types.begin(), options.types.end(), LinkTypeId{type}) !=
                              options.types.end();
      if (hub && in_window && wanted) rows.push_back(row);
    };
    for (const Link& link : links_) {
      if (!viewer.Sees(link.policy)) continue;
      const bool from_hub = std::get<4>(link.in) == Raw(nodes_[0]);
      const bool to_hub = std::get<4>(link.out) == Raw(nodes_[0]);
      if (options.direction != Direction::kIn) add(link.out, from_hub);
      if (options.direction == Direction::kOut) continue;
      if (link.loop && options.direction == Direction::kBoth) continue;
      add(link.in, to_hub);
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  std::vector<Row> Expanded(const Viewer& viewer, ExpandOptions options) const {
    options.links = options.type = options.outgoing = options.valid = true;
    const auto snapshot = *graph_->Latest();
    Budget budget;
    const auto cursor = *snapshot->Expand(viewer, {nodes_.data(), 1}, options, budget);
    std::vector<Row> rows;
    ExpandBatch batch;
    while (*cursor->Next(&batch)) {
      EXPECT_LE(batch.size(), options.rows_per_batch);
      for (size_t i = 0; i < batch.size(); ++i) {
        rows.emplace_back(batch.outgoing[i] == 0, static_cast<uint32_t>(Raw(batch.type[i])),
                          batch.valid[i].from, Raw(batch.link[i]), Raw(batch.neighbour[i]),
                          batch.valid[i].to);
      }
    }
    return rows;
  }

  // Random windows and options over what there is.
  void Compare(std::mt19937_64* dice) const {
    const Viewer everyone = Viewer::All();
    const Viewer few = Viewer::Of({});
    for (int round = 0; round < 400; ++round) {
      const Viewer& viewer = (*dice)() % 2 == 0 ? everyone : few;
      ExpandOptions options;
      options.direction = static_cast<Direction>((*dice)() % 3);
      for (const LinkTypeId type : types_) {
        if ((*dice)() % 3 == 0) options.types.push_back(type);
      }
      const auto moment = [&] { return static_cast<TimeUs>((*dice)() % 1100) * 1'000'000; };
      if ((*dice)() % 4 != 0) options.window.from = moment();
      if ((*dice)() % 4 != 0) {
        const TimeUs from = std::max<TimeUs>(options.window.from, 0);
        options.window.to = (*dice)() % 2 == 0 ? from + 20'000'000 : moment();
      }
      options.by_start = (*dice)() % 2 == 0;
      constexpr uint32_t kSizes[] = {1, 7, 64, 500, 2048};
      options.rows_per_batch = kSizes[(*dice)() % std::size(kSizes)];
      options.any_order = (*dice)() % 2 == 0;
      const std::vector<Row> wanted = Naive(viewer, options);
      std::vector<Row> found = Expanded(viewer, options);
      if (options.any_order) std::sort(found.begin(), found.end());
      ASSERT_EQ(found, wanted) << "window [" << options.window.from << ", " << options.window.to
                               << "), by_start " << options.by_start << ", " << options.types.size()
                               << " types, batches of " << options.rows_per_batch;
      std::vector<uint64_t> degrees;
      Budget budget;
      const auto snapshot = *graph_->Latest();
      ASSERT_TRUE(snapshot->Degrees(viewer, {nodes_.data(), 1}, options, budget, &degrees).ok());
      ASSERT_EQ(degrees[0], wanted.size());
    }
  }

  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> graph_;
  WriteContext context_;
  std::vector<LinkTypeId> types_;
  PolicyId secret_{};
  std::vector<NodeId> nodes_;
  std::vector<Link> links_;
};

TEST_F(LongListTest, WindowsOfManySegments) {
  std::mt19937_64 dice(1);
  Fill(&dice, 6000, /*secrets=*/false);
  Compare(&dice);
}

TEST_F(LongListTest, WindowsOfManySegmentsSomeHidden) {
  std::mt19937_64 dice(2);
  Fill(&dice, 6000, /*secrets=*/true);
  Compare(&dice);
}

TEST_F(LongListTest, WindowsOfSeveralChunks) {
  std::mt19937_64 dice(4);
  Fill(&dice, 3000, /*secrets=*/true);
  for (const size_t n : {700, 3, 90}) Fill(&dice, n, /*secrets=*/true, /*fold=*/false);
  Compare(&dice);
}

TEST_F(LongListTest, AListThatGrowsMeanwhileIsReadAsItWas) {
  std::mt19937_64 dice(5);
  Fill(&dice, 300, /*secrets=*/false);
  Fill(&dice, 300, /*secrets=*/false, /*fold=*/false);
  const Viewer viewer = Viewer::All();
  ExpandOptions options;
  options.links = options.any_order = true;
  options.rows_per_batch = 50;
  const auto snapshot = *graph_->Latest();
  const size_t wanted = Naive(viewer, options).size();
  Budget budget;
  const auto cursor = *snapshot->Expand(viewer, {nodes_.data(), 1}, options, budget);
  std::vector<LinkId> links;
  ExpandBatch batch;
  while (*cursor->Next(&batch)) {
    links.insert(links.end(), batch.link.begin(), batch.link.end());
    if (links.size() == 150) Fill(&dice, 20, /*secrets=*/false, /*fold=*/false);
    if (links.size() == 350) Fill(&dice, 20, /*secrets=*/false, /*fold=*/true);
  }
  EXPECT_EQ(links.size(), wanted);
  std::sort(links.begin(), links.end());
  // A loop is one row, any other link of the hub one row too.
  EXPECT_EQ(std::unique(links.begin(), links.end()), links.end());
}

TEST_F(LongListTest, WindowsOfOneSegment) {
  std::mt19937_64 dice(3);
  Fill(&dice, 300, /*secrets=*/true);
  Compare(&dice);
}

}  // namespace
}  // namespace skein
