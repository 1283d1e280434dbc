// Runs as they are written and read, and a store that was killed while it folded them.
#include "storage/graph/recent/recent_links.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/memory_store.h"

namespace skein {
namespace {

RunLink AnyLink(std::mt19937_64& dice) {
  RunLink link;
  link.id = LinkId{dice() >> dice() % 64};
  link.type = LinkTypeId{static_cast<uint32_t>(dice() % 9)};
  link.from = NodeId{dice() % 5000};
  link.to = NodeId{dice() % 5000};
  const auto moment = [&dice] { return static_cast<TimeUs>(dice() >> 12) - (TimeUs{1} << 51); };
  if (dice() % 3 != 0) link.valid.from = moment();
  switch (dice() % 3) {
    case 0:
      link.valid.to = link.valid.from;
      break;
    case 1:
      link.valid.to = std::max(link.valid.from, moment());
      break;
    default:
      break;
  }
  if (dice() % 2 == 0) {
    link.policy = PolicyId{static_cast<uint32_t>(dice() % 3)};
    link.to_policy = PolicyId{static_cast<uint32_t>(dice() % 300)};
  }
  link.was = dice() % 2 == 0;
  link.is = dice() % 2 == 0;
  return link;
}

bool Same(const RunLink& a, const RunLink& b) {
  return a.id == b.id && a.type == b.type && a.from == b.from && a.to == b.to &&
         a.valid == b.valid && a.policy == b.policy && a.from_policy == b.from_policy &&
         a.to_policy == b.to_policy && a.was == b.was && a.is == b.is;
}

TEST(LinkRun, ReadsWhatWasWrittenAndNothingElse) {
  std::mt19937_64 dice(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<RunLink> links;
    for (uint64_t i = dice() % 20; i > 0; --i) links.push_back(AnyLink(dice));
    std::string bytes = EncodeRun(links, 99);
    const std::optional<LinkRun> run = DecodeRun(5, bytes);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->at, Version{99});
    EXPECT_EQ(run->number, 5U);
    ASSERT_EQ(run->links.size(), links.size());
    for (size_t i = 0; i < links.size(); ++i) ASSERT_TRUE(Same(run->links[i], links[i])) << i;
    for (size_t n = 0; n < bytes.size(); ++n) ASSERT_FALSE(DecodeRun(5, bytes.substr(0, n))) << n;
    // Damage is noticed, or reads as other links; it never reads past the end.
    bytes[dice() % bytes.size()] ^= static_cast<char>(1 << dice() % 8);
    DecodeRun(5, bytes);
  }
  const RunsFolded folded{77, {3, 9, 1000}};
  const std::string bytes = EncodeRunsFolded(folded);
  const auto read = DecodeRunsFolded(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->bound, 77U);
  EXPECT_EQ(read->numbers, folded.numbers);
  EXPECT_TRUE(read->Has(9));
  EXPECT_FALSE(read->Has(10));
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(DecodeRunsFolded(bytes.substr(0, n)));
}

TEST(RecentLinks, WhatIsFoldedIsInTheSetOnlyForViewsBeforeIt) {
  RecentLinks recent;
  const auto nobody = [](NodeId) {};
  RunLink link;
  link.is = true;
  link.from = NodeId{1};
  link.to = NodeId{kVerticesPerPage};  // pages 0 and 1
  recent.Add(Version{10}, 1, {link}, nobody);
  const auto old = recent.ToFold();
  ASSERT_NE(old, nullptr);
  link.id = LinkId{1};
  recent.Add(Version{20}, 2, {link}, nobody);
  EXPECT_EQ(recent.ToFold(), old);  // the oldest first
  const auto said = [&recent](uint64_t page, uint64_t after, uint64_t at) {
    std::vector<RecentHalf> halves;
    for (const auto& g : *recent.Current()) g->Collect(page, Version{after}, Version{at}, &halves);
    return halves.size();
  };
  EXPECT_EQ(said(0, 0, 9), 0U);
  EXPECT_EQ(said(0, 0, 10), 1U);
  EXPECT_EQ(said(0, 0, 20), 2U);
  EXPECT_EQ(said(0, 10, 20), 1U);
  old->Folded(1, Version{30});  // page 0, not page 1
  EXPECT_EQ(said(0, 0, 29), 2U);
  EXPECT_EQ(said(0, 0, 30), 1U);
  EXPECT_EQ(said(1, 0, 30), 2U);
  old->Folded(UINT64_MAX, Version{40});
  EXPECT_EQ(said(1, 0, 39), 2U);
  EXPECT_EQ(said(1, 0, 40), 1U);
  recent.Done(old);
  EXPECT_EQ(recent.Current()->size(), 1U);
  EXPECT_FALSE(recent.frozen());
}

// Links of every vertex at every version of `versions`, with those that are there twice.
std::map<std::pair<uint64_t, Version>, std::multiset<uint64_t>> ListsOf(
    Graph& graph, std::span<const NodeId> nodes, std::span<const Version> versions) {
  std::map<std::pair<uint64_t, Version>, std::multiset<uint64_t>> lists;
  for (const Version version : versions) {
    const auto snapshot = *graph.AsOf(version);
    Budget budget;
    ExpandOptions options;
    options.links = true;
    for (const NodeId& node : nodes) {
      const auto cursor = *snapshot->Expand(Viewer::All(), {&node, 1}, options, budget);
      ExpandBatch batch;
      while (*cursor->Next(&batch)) {
        for (const LinkId link : batch.link) lists[{Raw(node), version}].insert(Raw(link));
      }
    }
  }
  return lists;
}

// A crash between the commits of a fold leaves some pages with what their runs say, and the mark.
TEST(RecentLinks, AFoldThatWasCutShortGoesOnWhereItWas) {
  const auto store = MakeMemoryStore();
  std::vector<NodeId> nodes;
  std::vector<Version> versions;
  auto graph = *Graph::Open(*store, {});
  const LinkTypeId knows = *graph->catalog().InternLinkType("KNOWS");
  {
    auto t = *graph->Begin(Viewer::All(), {});
    for (int i = 0; i < 300; ++i) nodes.push_back(*t->CreateNode({}));
    versions.push_back(*t->Commit());
  }
  std::mt19937_64 dice(3);
  std::vector<LinkId> links;
  const auto change = [&] {
    auto t = *graph->Begin(Viewer::All(), {});
    for (int i = 0; i < 20; ++i) {
      NewLink link;
      link.type = knows;
      link.from = nodes[dice() % nodes.size()];
      link.to = nodes[dice() % nodes.size()];
      links.push_back(*t->CreateLink(link));
    }
    const size_t gone = dice() % (links.size() - 20 + 1);
    SKEIN_CHECK(t->DeleteLink(links[gone]).ok());
    links.erase(links.begin() + static_cast<ptrdiff_t>(gone));
    versions.push_back(*t->Commit());
  };
  for (int i = 0; i < 10; ++i) change();
  const auto sound = ListsOf(*graph, nodes, versions);
  graph = nullptr;
  const Layout layout(SpaceId::kUsers);
  const StoredRuns stored = *ReadRuns(*store, **store->Latest(), layout);
  ASSERT_EQ(stored.runs.size(), 10U);
  constexpr uint64_t kBound = 3, kFolded = 8;  // of the pages, of the runs
  {
    WriteBatch batch(Version{0});
    RunsFolded folded{kBound, {}};
    StoredRuns part;
    for (size_t i = 0; i < kFolded; ++i) {
      folded.numbers.push_back(stored.runs[i].number);
      part.runs.push_back(stored.runs[i]);
    }
    const uint64_t number = stored.runs[kFolded - 1].number;
    for (const auto& [page, halves] : part.Halves()) {
      if (page >= kBound) continue;
      batch.PutUnguarded(Table::kAdjacency, layout.Adjacency(page, number),
                         ChunkOfHalves(page, halves));
    }
    batch.PutUnguarded(Table::kAdjacency, layout.RunsFolded(), EncodeRunsFolded(folded));
    ASSERT_TRUE(store->Commit(batch).ok());
  }
  graph = *Graph::Open(*store, {});
  EXPECT_EQ(ListsOf(*graph, nodes, versions), sound);
  change();
  const auto more = ListsOf(*graph, nodes, versions);
  ASSERT_TRUE(graph->Compact().ok());
  EXPECT_EQ(ListsOf(*graph, nodes, versions), more);
  EXPECT_TRUE(ReadRuns(*store, **store->Latest(), layout)->runs.empty());
  EXPECT_FALSE(ReadRuns(*store, **store->Latest(), layout)->folded);
  graph = *Graph::Open(*store, {});
  EXPECT_EQ(ListsOf(*graph, nodes, versions), more);
}

}  // namespace
}  // namespace skein
