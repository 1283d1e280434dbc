// Entities of large files are loaded in bulk: the same graph as by transactions, down to
// provenance.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "storage/base/status.h"
#include "storage/care/verify.h"
#include "tests/import/fixture.h"

namespace skein {
namespace {

constexpr char kMapping[] = R"(
skein-mapping: 1
name: nodes
source: {name: nodes, owner: unit-1}
indexes:
  - {label: Person, properties: [name], kind: text}
  - {label: Person, properties: [city]}
types:
  moment: {type: epoch_s, required: true}
files:
  - name: people.csv
    columns: {id: integer, age: integer, since: moment}
    nodes:
      - label: Person
        key: {id: id}
        properties: {name: name, age: age, city: city}
        valid: {from: since}
      - as: father
        label: Person
        key: {id: {column: father, type: integer}}
        optional: true
      - {label: Suspect, key: {id: id}, properties: {name: name}, when: {column: suspect, is: [y]}, policy: {owner: unit-2}}
      - {labels: [Home, Place], key: {street: street, no: no}, optional: true}
    links:
      - {type: CHILD_OF, from: {label: Person, key: {id: id}}, to: {node: father}}
  - name: again.csv
    columns: {id: integer}
    nodes:
      - {labels: [Person, Elder], key: {id: id}, properties: {name: name, nick: nick}}
    links:
      - {type: KNOWS, key: [no], from: {label: Person, key: {id: id}}, to: {label: Person, key: {id: {column: other, type: integer}}}}
  - name: calls.csv
    columns: {from: integer, to: integer, ts: integer}
    links:
      - type: CALLED
        from: {label: Phone, key: {id: from}}
        to: {label: Phone, key: {id: to}}
        properties: {ts: ts}
        valid: {from: {column: ts, type: moment}}
)";

class NodesTest : public ImportTest {
 protected:
  NodesTest() { Write(1, 3000); }

  // Keys that come again, some with other values; fathers before and after their definition; rows
  // that are refused.
  void Write(uint64_t seed, int rows) {
    std::mt19937_64 dice(seed);
    const auto n = [&dice](uint64_t most) { return std::to_string(dice() % most); };
    std::map<std::string, std::string> said;
    std::string people = "id,name,age,city,since,father,suspect,street,no\n";
    std::string again = "id,name,nick,no,other\n", calls = "from,to,ts\n";
    for (int i = 0; i < rows; ++i) {
      const std::string id = n(1000);
      std::string& of = said[id];
      if (of.empty() || dice() % 20 == 0) {
        of = "name " + n(50) + "," + (dice() % 5 == 0 ? "" : n(90)) + ",city " + n(9) + "," +
             (dice() % 3 == 0 ? "" : std::to_string(1'700'000'000 + i));
      }
      people += (dice() % 50 == 0 ? "x" : "") + id + "," + of + "," +
                (dice() % 3 == 0 ? n(1200) : "") + "," + (dice() % 9 == 0 ? "y" : "n") + "," +
                (dice() % 4 == 0 ? "" : "street " + n(20)) + "," + n(30) + "\n";
      if (i % 3 == 0) {
        again += n(1300) + ",elder " + n(9) + ",nick " + n(5) + "," + n(400) + "," + n(1300) + "\n";
      }
      calls += n(600) + "," + n(600) + "," + std::to_string(1'700'000'000 + i) + "\n";
    }
    data_.Write("people.csv", people);
    data_.Write("again.csv", again);
    data_.Write("calls.csv", calls);
  }
  void Chunks() { options_.bulk.run_bytes = UINT64_MAX; }
  void InBulk(size_t memory_bytes) { options_.bulk = {0, memory_bytes}; }
  // Somebody has made some of the people by hand.
  void ByHand() {
    Catalog& catalog = graph_->catalog();
    auto transaction = *graph_->Begin(Viewer::All(), {});
    for (int64_t id = 0; id < 1000; id += 100) {
      NewNode node;
      node.labels = {*catalog.InternLabel("Person")};
      node.policy = *catalog.InternPolicy({"unit-1", "", ""});
      node.properties = {{*catalog.InternKey("id"), Value::Integer(id)},
                         {*catalog.InternKey("city"), Value::String("by hand")}};
      ASSERT_TRUE(transaction->CreateNode(node).ok());
    }
    ASSERT_TRUE(transaction->Commit().ok());
  }
  // Which record of which file each node and each of its values is from.
  std::string Provenances() {
    const auto snapshot = *graph_->Latest();
    const Catalog& catalog = graph_->catalog();
    Budget budget;
    std::vector<uint64_t> ids;
    SKEIN_CHECK((*snapshot->ScanNodes(Viewer::All(), std::nullopt, budget))->Next(9999, &ids).ok());
    std::vector<NodeId> nodes;
    for (const uint64_t id : ids) nodes.push_back(NodeId{id});
    std::vector<std::optional<NodeRecord>> records;
    SKEIN_CHECK(snapshot->GetNodes(Viewer::All(), nodes, &records).ok());
    const auto name = [&catalog](const Provenance& source) {
      const auto batch = catalog.GetBatch(source.batch);
      return internal::Join(batch.ok() ? batch->file : "", " ", source.row);
    };
    std::vector<std::string> lines;
    for (const auto& record : records) {
      std::map<std::string, std::string> values;
      for (const PropertyEntry& entry : record->properties) {
        values[std::string(catalog.Name(entry.key))] =
            internal::Join(ToLiteral(entry.value), " from ", name(entry.source));
      }
      std::string line;
      for (const LabelId label : record->labels) line += internal::Join(catalog.Name(label), " ");
      line += name(record->source);
      for (const auto& [key, value] : values) line += internal::Join(", ", key, " ", value);
      lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    return all;
  }
  void ExpectSound() {
    VerifyOptions options;
    options.show = [](const Finding& finding) {
      EXPECT_TRUE(IsNote(finding.kind)) << FindingText(finding);
    };
    const auto report = VerifyStore(*store_, options);
    ASSERT_TRUE(report.ok());
    EXPECT_TRUE(report->clean());
    EXPECT_GT(report->checked.postings, 1000u);
  }
};

TEST_F(NodesTest, MakesWhatTransactionsMake) {
  for (const bool by_hand : {false, true}) {
    // Which of several records a value is from depends on what is looked at together.
    for (const size_t rows : {size_t{10'000}, size_t{37}}) {
      options_.chunk_rows = rows;
      Fresh();
      if (by_hand) ByHand();
      Chunks();
      const ImportSummary chunks = Import(kMapping);
      const std::string expected = Export(), provenances = Provenances();
      EXPECT_GT(chunks.total.rejected, 10u);
      EXPECT_GT(chunks.total.updated, 10u);
      for (const size_t memory : {size_t{1} << 30, size_t{100'000}, size_t{1}}) {
        Fresh();
        if (by_hand) ByHand();
        InBulk(memory);
        const ImportSummary bulk = Import(kMapping);
        EXPECT_EQ(Export(), expected) << memory;
        EXPECT_EQ(Provenances(), provenances) << memory;
        EXPECT_EQ(bulk.total.created, chunks.total.created);
        EXPECT_EQ(bulk.total.updated, chunks.total.updated);
        EXPECT_EQ(bulk.total.implied, chunks.total.implied);
        EXPECT_EQ(bulk.total.links, chunks.total.links);
        EXPECT_EQ(bulk.total.rejected, chunks.total.rejected);
        ExpectSound();
      }
    }
  }
}

TEST_F(NodesTest, ARepeatChangesNothingHoweverItWasLoaded) {
  for (const bool first_in_bulk : {false, true}) {
    Fresh();
    first_in_bulk ? InBulk(50'000) : Chunks();
    Import(kMapping);
    const std::string once = Export();
    InBulk(50'000);
    ExpectNoChange(Import(kMapping));
    EXPECT_EQ(Export(), once);
    Chunks();
    ExpectNoChange(Import(kMapping));
    EXPECT_EQ(Export(), once);
  }
}

TEST_F(NodesTest, ALaterDeliveryAddsAndUpdates) {
  Chunks();
  Import(kMapping);
  Write(2, 4000);
  Import(kMapping);
  const std::string expected = Export(), provenances = Provenances();
  Fresh();
  Write(1, 3000);
  InBulk(size_t{1} << 30);
  Import(kMapping);
  Write(2, 4000);
  Import(kMapping);
  EXPECT_EQ(Export(), expected);
  EXPECT_EQ(Provenances(), provenances);
  ExpectSound();
}

}  // namespace
}  // namespace skein
