// Adjacency chunks: what is packed comes back, whatever its times and ids.
#include "storage/graph/adjacency_page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>

namespace skein {
namespace {

enum class Times : uint8_t { kNone, kMoments, kOpen, kMixed, kWild };

AdjacencyEntry AnyEntry(Times times, uint32_t types, uint64_t row, std::mt19937_64& dice) {
  AdjacencyEntry entry;
  entry.type = LinkTypeId{static_cast<uint32_t>(dice() % types)};
  // Each type of its own batch, rows in the order of their times but for some noise.
  entry.link = LinkId{Raw(entry.type) << 32 | row};
  entry.neighbour = NodeId{dice() % 1'000'000};
  entry.outgoing = dice() % 2 == 0;
  if (dice() % 50 == 0) entry.policy = PolicyId{static_cast<uint32_t>(dice() % 9)};
  // Some hardly advance while the rows do: their line is level.
  const uint64_t pace = Raw(entry.type) == 3 ? 0 : 3;
  const auto at = static_cast<TimeUs>((1'700'000'000 + row * pace + dice() % 5) * 1'000'000);
  switch (times) {
    case Times::kNone:
      break;
    case Times::kMoments:
      entry.valid = {at, at + 1};
      break;
    case Times::kOpen:
      entry.valid = {at, kTimeMax};
      break;
    case Times::kMixed:
      entry.valid = {at, Raw(entry.type) % 2 == 0 ? at + 1 : kTimeMax};
      break;
    case Times::kWild:
      entry.valid = {dice() % 9 == 0 ? kTimeMin : static_cast<TimeUs>(dice() >> (1 + dice() % 40)),
                     kTimeMax};
      if (dice() % 2 == 0) entry.valid.to = kTimeMax - static_cast<TimeUs>(dice() % 1000);
      break;
  }
  return entry;
}

TEST(AdjacencyPage, WhatIsPackedComesBack) {
  std::mt19937_64 dice(7);
  for (int round = 0; round < 200; ++round) {
    const auto times = static_cast<Times>(round % 5);
    const auto types = static_cast<uint32_t>(1 + dice() % 4);
    std::vector<VertexEntries> vertices;
    for (uint64_t v = 0; v < kVerticesPerPage; v += 1 + dice() % 20) {
      VertexEntries vertex{NodeId{640 + v}, PolicyId{static_cast<uint32_t>(v)}, {}};
      const size_t n = 1 + dice() % (dice() % 8 == 0 ? 1500 : 30);
      uint64_t row = dice() % 1000;
      for (size_t i = 0; i < n; ++i) {
        vertex.entries.push_back(AnyEntry(times, types, row += 1 + dice() % 900, dice));
      }
      std::sort(vertex.entries.begin(), vertex.entries.end(), AdjacencyLess);
      vertices.push_back(std::move(vertex));
    }
    const auto chunk = AdjacencyChunk::Read(EncodeAdjacencyChunk(vertices, 0));
    ASSERT_NE(chunk, nullptr) << round;
    for (const VertexEntries& vertex : vertices) {
      std::vector<AdjacencyEntry> back;
      chunk->AllEntries(vertex.vertex, &back);
      ASSERT_EQ(back.size(), vertex.entries.size());
      for (size_t i = 0; i < back.size(); ++i) {
        const AdjacencyEntry &a = vertex.entries[i], &b = back[i];
        ASSERT_TRUE(a.neighbour == b.neighbour && a.link == b.link && a.valid == b.valid &&
                    a.type == b.type && a.outgoing == b.outgoing && a.policy == b.policy)
            << "round " << round << " entry " << i;
      }
      AdjacencySegment segment;
      const AdjacencyBlock block = chunk->Block(VertexOf(vertex.vertex));
      chunk->Segment(block, 0, &segment);
      std::array<TimeUs, kNumbersMax> from;
      const uint32_t middle = segment.size() / 2;
      segment.From({middle, segment.size()}, std::nullopt, from.data());
      for (uint32_t i = middle; i < segment.size(); ++i) {
        ASSERT_EQ(from[i], vertex.entries[i].valid.from);
      }
      if (segment.instants()) {
        EXPECT_TRUE(times == Times::kMoments || times == Times::kMixed);
      } else {
        EXPECT_NE(times, Times::kMoments);
      }
    }
  }
}

TEST(AdjacencyPage, RowsInOrderOfTimeTakeFewBytes) {
  std::mt19937_64 dice(8);
  std::vector<VertexEntries> vertices;
  size_t entries = 0;
  for (uint64_t v = 0; v < kVerticesPerPage; ++v) {
    VertexEntries vertex{NodeId{640'000 + v}, {}, {}};
    uint64_t row = dice() % 100'000;
    for (int i = 0; i < 20; ++i) {
      vertex.entries.push_back(AnyEntry(Times::kMoments, 1, row += dice() % 900'000, dice));
      vertex.entries.back().neighbour = NodeId{640'000 + dice() % 200};
      vertex.entries.back().policy = {};
    }
    std::sort(vertex.entries.begin(), vertex.entries.end(), AdjacencyLess);
    entries += vertex.entries.size();
    vertices.push_back(std::move(vertex));
  }
  EXPECT_LT(EncodeAdjacencyChunk(vertices, 0).size(), entries * 7);
}

}  // namespace
}  // namespace skein
