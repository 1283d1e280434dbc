// Files of nothing but links go another way, in bulk and on several threads: the same graph.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "storage/base/status.h"
#include "tests/import/fixture.h"

namespace skein {
namespace {

constexpr char kMapping[] = R"(
skein-mapping: 1
name: stream
source: {name: stream}
types:
  moment: {type: epoch_s, required: true}
files:
  - name: nodes.csv
    columns: {id: integer}
    nodes:
      - {label: Car, key: {id: id}, when: {column: kind, is: [car]}}
      - {label: Phone, key: {id: id}, when: {column: kind, is: [phone]}}
  - name: links.csv
    columns: {from: integer, to: integer, ts: integer, w: integer, share: float}
    links:
      - type: CALLED
        when: {column: type, is: ["0"]}
        from: {label: Phone, key: {id: from}}
        to: {label: Phone, key: {id: to}}
        properties: {ts: ts, w: w, note: note}
        valid: {from: {column: ts, type: moment}, to: {column: ts, type: moment}}
      - type: OWNS
        when: {column: type, is: ["1", "2"]}
        from: {label: Person, key: {id: from}}
        to: {any: [Car, Phone], key: {id: to}}
        properties: {share: share, kind: {const: owner}}
        valid: {from: {column: ts, type: moment}}
  - name: seen.csv
    columns: {who: integer, where: integer, ts: integer}
    sightings:
      - type: SEEN_AT
        from: {any: [Car, Phone], key: {id: who}}
        to: {label: Sensor, key: {id: where}}
        time: {column: ts, type: moment}
        time_as: ts
        properties: {ts: ts}
)";

class StreamTest : public ImportTest {
 protected:
  StreamTest() {
    std::string nodes = "id,kind\n";
    for (int i = 0; i < 60; ++i) {
      nodes += std::to_string(i) + (i % 3 == 0 ? ",car\n" : ",phone\n");
    }
    data_.Write("nodes.csv", nodes);
    Write(3, 9000);
  }

  // Plain rows, equal rows, rows that only RowMaker understands, and rows that are refused.
  void Write(uint64_t seed, int rows) {
    std::mt19937_64 dice(seed);
    std::string links = "from,to,type,ts,w,share,note\n", seen = "who,where,ts\n";
    for (int i = 0; i < rows; ++i) {
      const auto n = [&dice](uint64_t most) { return std::to_string(dice() % most); };
      std::string row =
          n(70) + "," + n(70) + "," + n(4) + "," + std::to_string(1'700'000'000 + i / 3);
      if (dice() % 30 == 0) row = " +" + row;
      if (dice() % 50 == 0) row = "\"" + n(40) + "\"" + row.substr(row.find(','));
      if (dice() % 80 == 0) row = "x" + row;
      if (dice() % 90 == 0) row = row.substr(0, row.rfind(',') + 1);  // no time
      row += "," + n(100) + ",0." + n(9) + (dice() % 9 == 0 ? ",\"a \"\"note\"\"\"\n" : ",\n");
      links += row;
      if (dice() % 10 == 0) links += row;
      const std::string sighting =
          n(70) + "," + n(5) + "," + std::to_string(1'700'000'000 + dice() % 500);
      seen += sighting + "\n";
      if (dice() % 20 == 0) seen += " " + sighting + "\n";
      if (dice() % 200 == 0) seen += "7,,1700000000\n";
    }
    data_.Write("links.csv", links);
    data_.Write("seen.csv", seen);
  }
  void Chunks() { options_.bulk.run_bytes = UINT64_MAX; }
  void Streams(size_t memory_bytes = size_t{1} << 30) { options_.bulk = {0, memory_bytes}; }
};

TEST_F(StreamTest, MakesWhatChunksMake) {
  Chunks();
  const ImportSummary chunks = Import(kMapping);
  const std::string expected = Export(), refused = out_.Read("quarantine.jsonl");
  EXPECT_GT(chunks.total.rejected, 100u);
  for (const size_t memory : {size_t{1} << 30, size_t{1}}) {
    Fresh();
    Streams(memory);
    const ImportSummary streamed = Import(kMapping);
    EXPECT_EQ(Export(), expected) << memory;
    EXPECT_EQ(out_.Read("quarantine.jsonl"), refused);
    EXPECT_EQ(streamed.total.links, chunks.total.links);
    EXPECT_EQ(streamed.total.sightings, chunks.total.sightings);
    EXPECT_EQ(streamed.total.sightings_unchanged, chunks.total.sightings_unchanged);
    EXPECT_EQ(streamed.total.implied, chunks.total.implied);
    EXPECT_EQ(streamed.total.rejected, chunks.total.rejected);
  }
}

TEST_F(StreamTest, ARepeatChangesNothingHoweverItWasLoaded) {
  for (const bool first_streams : {false, true}) {
    for (const size_t memory : {size_t{1} << 30, size_t{1}}) {
      Fresh();
      first_streams ? Streams(memory) : Chunks();
      const ImportSummary first = Import(kMapping);
      const std::string once = Export();
      Streams(memory);
      const ImportSummary again = Import(kMapping);
      ExpectNoChange(again);
      EXPECT_EQ(again.total.links_unchanged, first.total.links);
      EXPECT_EQ(Export(), once);
      Chunks();
      ExpectNoChange(Import(kMapping));
      EXPECT_EQ(Export(), once);
    }
  }
}

// A longer delivery of a file: what it has in common with the former is there already, and of equal
// rows so many more as it has more.
TEST_F(StreamTest, ALongerFileAddsWhatIsNew) {
  Chunks();
  Write(5, 2000);
  Import(kMapping);
  Write(5, 4000);
  Import(kMapping);
  const std::string expected = Export();
  for (const size_t memory : {size_t{1} << 30, size_t{1}}) {
    Fresh();
    Streams(memory);
    Write(5, 2000);
    Import(kMapping);
    Write(5, 4000);
    Import(kMapping);
    EXPECT_EQ(Export(), expected) << memory;
  }
}

// The bytes of what a load writes; nodes carry the version, which is the clock's.
std::string Bytes(Store& store) {
  const auto view = *store.Latest();
  std::string all;
  for (const Table table : {Table::kLabels, Table::kLinks, Table::kAdjacency, Table::kIndex,
                            Table::kImports, Table::kStats}) {
    const auto rows = ScanPrefix(store, *view, table, "");
    SKEIN_CHECK(rows.ok());
    for (const auto& [key, value] : *rows) {
      all += std::string(TableName(table)) + key + "=" + value + "\n";
    }
  }
  return all;
}

TEST_F(StreamTest, TheSameBytesWhateverTheThreadsDo) {
  Streams();
  Import(kMapping);
  const std::string first = Bytes(*store_);
  EXPECT_GT(first.size(), 100'000u);
  for (int i = 0; i < 4; ++i) {
    Fresh();
    Import(kMapping);
    EXPECT_EQ(Bytes(*store_), first);
  }
}

}  // namespace
}  // namespace skein
