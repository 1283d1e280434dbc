// Pages in memory under readers, writers, folding and eviction at once.
#include "storage/graph/page_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/memory_store.h"

namespace skein {
namespace {

std::shared_ptr<const AdjacencyChunk> ChunkWithLink(uint64_t vertex, uint64_t link) {
  AdjacencyEntry entry;
  entry.neighbour = NodeId{vertex + 1};
  entry.link = LinkId{link};
  entry.outgoing = true;
  const VertexEntries entries{NodeId{vertex}, PolicyId{0}, {entry}};
  return AdjacencyChunk::Read(EncodeAdjacencyChunk({&entries, 1}, 0));
}

size_t LinksOf(const PageTable& table, uint64_t vertex, Version at) {
  const EpochGuard guard;
  const AdjacencyPage* page = table.Find(NodeId{vertex}, at);
  return page == nullptr ? SIZE_MAX : MergedList(*page, NodeId{vertex}).entries.size();
}

TEST(PageTable, AnswersFromItsLastChangeOn) {
  PageTable table(1 << 20);
  EXPECT_EQ(LinksOf(table, 5, Version{10}), SIZE_MAX);
  table.Insert(0, Version{10}, {ChunkWithLink(5, 1)});
  EXPECT_EQ(LinksOf(table, 5, Version{10}), 1U);
  EXPECT_EQ(table.Base(0, Version{10}), nullptr);  // found, so nobody needs a base
  table.Touch(NodeId{5}, Version{20});
  EXPECT_EQ(LinksOf(table, 5, Version{20}), SIZE_MAX);
  EXPECT_EQ(LinksOf(table, 6, Version{20}), 0U);  // another vertex of the page
  ASSERT_NE(table.Base(0, Version{10}), nullptr);
  EXPECT_EQ(table.Base(0, Version{10})->chunks.size(), 1U);
  table.Insert(0, Version{19}, {ChunkWithLink(5, 1)});  // read before the change
  EXPECT_EQ(LinksOf(table, 5, Version{20}), SIZE_MAX);
  table.Insert(0, Version{30}, {ChunkWithLink(5, 1), ChunkWithLink(5, 2)});
  EXPECT_EQ(LinksOf(table, 5, Version{19}), SIZE_MAX);
  EXPECT_EQ(LinksOf(table, 5, Version{20}), 2U);
  EXPECT_EQ(table.Base(0, Version{30}), nullptr);
}

TEST(PageTable, ABaseIsDroppedOnceItsChangesAreStored) {
  PageTable table(1 << 20);
  table.Insert(0, Version{10}, {ChunkWithLink(5, 1)});
  table.Insert(1, Version{10}, {ChunkWithLink(70, 1)});
  table.Touch(NodeId{5}, Version{20});
  table.DropBase(0, Version{0});  // it has all up to there
  ASSERT_NE(table.Base(0, Version{20}), nullptr);
  table.DropBase(0, Version{20});
  table.DropBase(1, Version{20});
  EXPECT_EQ(table.Base(0, Version{20}), nullptr);
  EXPECT_EQ(LinksOf(table, 70, Version{10}), 1U);  // not touched: no base
  table.Insert(0, Version{19}, {ChunkWithLink(5, 1)});
  EXPECT_EQ(LinksOf(table, 5, Version{20}), SIZE_MAX);
}

TEST(PageTable, ABulkLoadHidesPagesUntilItIsOver) {
  PageTable table(1 << 20);
  table.Insert(0, Version{10}, {ChunkWithLink(5, 1)});
  table.BeginChange(0);
  EXPECT_EQ(LinksOf(table, 5, Version{10}), SIZE_MAX);
  table.Insert(0, Version{10}, {ChunkWithLink(5, 1)});  // nobody may bring it back
  EXPECT_EQ(LinksOf(table, 5, Version{10}), SIZE_MAX);
  table.EndChange(0, Version{20});
  table.Insert(0, Version{19}, {ChunkWithLink(5, 1)});
  EXPECT_EQ(LinksOf(table, 5, Version{20}), SIZE_MAX);
  table.Insert(0, Version{20}, {ChunkWithLink(5, 1), ChunkWithLink(5, 2)});
  EXPECT_EQ(LinksOf(table, 5, Version{20}), 2U);
}

TEST(PageTable, KeepsWithinItsBudget) {
  PageTable table(64 * 4096);
  for (uint64_t page = 0; page < 10'000; ++page) {
    table.Insert(page, Version{1}, {ChunkWithLink(page * kVerticesPerPage, 1)});
  }
  EXPECT_LE(table.bytes(), 64U * 4096);
  size_t here = 0;
  for (uint64_t page = 0; page < 10'000; ++page) {
    here += LinksOf(table, page * kVerticesPerPage, Version{1}) == 1 ? 1 : 0;
  }
  EXPECT_GT(here, 64U);
  EXPECT_LT(here, 10'000U);
}

TEST(PageTable, ManyChangesKeepFewChunks) {
  AdjacencyPage::Chunks chunks;
  for (uint64_t i = 1; i <= 1000; ++i)
    chunks = WithChunk(0, std::move(chunks), ChunkWithLink(5, i));
  EXPECT_LT(chunks.size(), 14U);
  const AdjacencyPage page(Version{1}, chunks);
  EXPECT_EQ(MergedList(page, NodeId{5}).entries.size(), 1000U);
}

// Whatever threads do: a snapshot's lists hold exactly the links that its counters count.
TEST(PageTable, SnapshotsStayWholeAmongWriters) {
  constexpr int kWriters = 3, kReaders = 2, kCommits = 300;
  const std::unique_ptr<Store> store = MakeMemoryStore();
  const auto executor = MakeThreadExecutor(1);
  GraphOptions options;
  options.executor = executor.get();
  options.recent_bytes = 8192;
  options.fold_chunks = 4;
  const auto graph = *Graph::Open(*store, options);
  const LinkTypeId knows = *graph->catalog().InternLinkType("KNOWS");
  std::vector<NodeId> nodes;
  {
    auto t = *graph->Begin(Viewer::All(), {});
    for (int i = 0; i < 200; ++i) nodes.push_back(*t->CreateNode({}));
    ASSERT_TRUE(t->Commit().ok());
  }
  std::atomic<int> writing{kWriters};
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      std::mt19937_64 dice(static_cast<uint64_t>(w));
      std::vector<LinkId> mine;
      for (int c = 0; c < kCommits; ++c) {
        auto t = *graph->Begin(Viewer::All(), {});
        NewLink link;
        link.type = knows;
        for (int i = 0; i < 5; ++i) {
          link.from = nodes[dice() % 3];  // hubs
          link.to = nodes[dice() % nodes.size()];
          mine.push_back(*t->CreateLink(link));
        }
        if (c % 4 == 3) {
          SKEIN_CHECK(t->DeleteLink(mine[dice() % (mine.size() - 5)]).ok() || true);
        }
        const absl::StatusOr<Version> committed = t->Commit();
        SKEIN_CHECK(committed.ok() || committed.status().code() == absl::StatusCode::kAborted);
      }
      --writing;
    });
  }
  std::atomic<int> wrong{0}, looked{0};
  for (int r = 0; r < kReaders; ++r) {
    threads.emplace_back([&] {
      do {
        const auto snapshot = *graph->Latest();
        const Viewer viewer = Viewer::All();
        Budget budget;
        ExpandOptions out;
        out.direction = Direction::kOut;
        std::vector<uint64_t> degrees;
        SKEIN_CHECK(snapshot->Degrees(viewer, nodes, out, budget, &degrees).ok());
        uint64_t sum = 0, rows = 0;
        for (const uint64_t degree : degrees) sum += degree;
        auto cursor = *snapshot->Expand(viewer, nodes, out, budget);
        ExpandBatch batch;
        while (*cursor->Next(&batch)) rows += batch.size();
        const uint64_t counted = *snapshot->CountLinks(viewer, knows);
        if (sum != counted || rows != counted) ++wrong;
        ++looked;
      } while (writing > 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0) << "of " << looked;
  EXPECT_GT(looked, 0);
}

}  // namespace
}  // namespace skein
