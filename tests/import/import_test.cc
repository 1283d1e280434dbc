// Rows to a graph: identity, implied entities, ranks of sources, quarantine, on a memory store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/base/status.h"
#include "tests/import/fixture.h"

namespace skein {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSmall[] = R"(
skein-mapping: 1
name: small
source: {name: small, zone: Asia/Shanghai}
files:
  - name: people.csv
    columns: {id: integer, born: date}
    nodes:
      - label: Person
        key: {id: id}
        properties: {name: name, born: born}
  - name: calls.csv
    columns: {from: integer, to: integer, at: {type: datetime, format: "%Y-%m-%d %H:%M:%S"}}
    links:
      - type: CALLED
        from: {label: Person, key: {id: from}}
        to: {label: Person, key: {id: to}}
        properties: {at: at}
)";

class SmallTest : public ImportTest {
 protected:
  SmallTest() {
    data_.Write("people.csv",
                "id,name,born\n1,Ann,1980-01-31\n2,李雷,1990-02-28\n"
                "4613937818241074769,Zoë,\n");
    data_.Write("calls.csv",
                "from,to,at\n1,2,2024-05-01 08:00:00\n1,2,2024-05-01 08:00:00\n"
                "2,9,2024-05-02 09:30:00\n");
  }
};

TEST_F(SmallTest, LoadsWithParallelLinksAndImpliedEntities) {
  const ImportSummary summary = Import(kSmall);
  EXPECT_TRUE(summary.finished);
  EXPECT_EQ(summary.total.read, 6u);
  EXPECT_EQ(summary.total.created, 3u);
  EXPECT_EQ(summary.total.implied, 1u);
  EXPECT_EQ(summary.total.links, 3u);
  const std::string person9 = "(:Person {id: INTEGER 9, })";
  EXPECT_THAT(Export(), HasSubstr(person9 + "\n"));
  EXPECT_THAT(Export(), HasSubstr("id: INTEGER 4613937818241074769"));
  EXPECT_THAT(Export(), HasSubstr("2024-05-01T08:00+08:00[Asia/Shanghai]"));
}

TEST_F(SmallTest, AReimportChangesNothing) {
  Import(kSmall);
  const std::string before = Export();
  const size_t batches = graph_->catalog().Batches().size();
  const ImportSummary again = Import(kSmall);
  ExpectNoChange(again);
  EXPECT_EQ(again.total.unchanged, 3u);
  EXPECT_EQ(again.total.links_unchanged, 3u);
  EXPECT_EQ(Export(), before);
  EXPECT_EQ(graph_->catalog().Batches().size(), batches);
}

TEST_F(SmallTest, EqualRowsCountByTheirNumber) {
  Import(kSmall);
  data_.Write("calls.csv",
              "from,to,at\n1,2,2024-05-01 08:00:00\n2,9,2024-05-02 09:30:00\n"
              "1,2,2024-05-01 08:00:00\n1,2,2024-05-01 08:00:00\n");
  const ImportSummary more = Import(kSmall);
  EXPECT_EQ(more.total.links, 1u);
  EXPECT_EQ(more.total.links_unchanged, 3u);
}

TEST_F(SmallTest, ALaterDefinitionFillsInWhateverTheOrder) {
  Import(kSmall);
  data_.Write("people.csv", "id,name,born\n9,Late,2000-01-01\n");
  const ImportSummary late = Import(kSmall);
  EXPECT_EQ(late.total.updated, 1u);
  EXPECT_THAT(Export(), HasSubstr("name: STRING 'Late'"));
  EXPECT_THAT(Export(), Not(HasSubstr("(:Person {id: INTEGER 9, })\n")));
}

TEST_F(SmallTest, EveryValueNamesItsFileAndRecord) {
  Import(kSmall);
  data_.Write("people.csv", "id,name,born\n1,Ann,1980-01-31\n9,Late,\n");
  Import(kSmall);
  const auto snapshot = *graph_->Latest();
  Budget budget;
  std::vector<uint64_t> ids;
  ASSERT_TRUE((*snapshot->ScanNodes(Viewer::All(), std::nullopt, budget))->Next(10, &ids).ok());
  std::vector<NodeId> nodes;
  for (const uint64_t id : ids) nodes.push_back(NodeId{id});
  std::vector<std::optional<NodeRecord>> records;
  ASSERT_TRUE(snapshot->GetNodes(Viewer::All(), nodes, &records).ok());
  std::string text;
  for (const auto& record : records) {
    for (const PropertyEntry& property : record->properties) {
      const Batch batch = *graph_->catalog().GetBatch(property.source.batch);
      EXPECT_TRUE(batch.published);
      EXPECT_EQ(batch.file_sha256.size(), 64u);
      text += internal::Join(ToLiteral(property.value), " from ", batch.file, " ",
                             property.source.row, "\n");
    }
  }
  EXPECT_THAT(text, HasSubstr("'李雷' from people.csv 2\n"));
  EXPECT_THAT(text, HasSubstr("9 from calls.csv 3\n"));  // the call implied it
  EXPECT_THAT(text, HasSubstr("'Late' from people.csv 2\n"));
}

TEST_F(SmallTest, ChunksOfOneGiveTheSameGraph) {
  Import(kSmall);
  const std::string whole = Export();
  Fresh();
  options_.chunk_rows = 1;
  const ImportSummary summary = Import(kSmall);
  EXPECT_EQ(Export(), whole);
  EXPECT_EQ(summary.total.implied, 1u);
}

TEST_F(SmallTest, WhatIsDeletedComesBack) {
  Import(kSmall);
  const std::string before = Export();
  auto snapshot = *graph_->Latest();
  Budget budget;
  std::vector<uint64_t> ids;
  ASSERT_TRUE((*snapshot->ScanLinks(Viewer::All(), {}, budget))->Next(10, &ids).ok());
  auto transaction = *graph_->Begin(Viewer::All(), {});
  for (const uint64_t id : ids) ASSERT_TRUE(transaction->DeleteLink(LinkId{id}).ok());
  ids.clear();
  ASSERT_TRUE((*snapshot->ScanNodes(Viewer::All(), std::nullopt, budget))->Next(10, &ids).ok());
  ASSERT_TRUE(transaction->DeleteNode(NodeId{ids[0]}).ok());
  ASSERT_TRUE(transaction->Commit().ok());
  ASSERT_NE(Export(), before);
  Import(kSmall);
  EXPECT_EQ(Export(), before);
}

TEST_F(SmallTest, EntitiesMadeByHandAreFoundByTheirKey) {
  Catalog& catalog = graph_->catalog();
  NewNode node;
  node.labels = {*catalog.InternLabel("Person")};
  node.properties = {{*catalog.InternKey("id"), Value::Integer(1)},
                     {*catalog.InternKey("name"), Value::String("by hand")}};
  auto transaction = *graph_->Begin(Viewer::All(), {});
  ASSERT_TRUE(transaction->CreateNode(node).ok());
  ASSERT_TRUE(transaction->Commit().ok());
  const ImportSummary summary = Import(kSmall);
  EXPECT_EQ(summary.total.created, 2u);
  EXPECT_EQ(summary.total.updated, 1u);  // its date of birth
  EXPECT_EQ(summary.total.kept, 1u);     // a person's word stands
  EXPECT_THAT(Export(), HasSubstr("name: STRING 'by hand'"));
  ExpectNoChange(Import(kSmall));
}

TEST_F(SmallTest, RejectedRowsAreAccountedFor) {
  data_.Write("people.csv",
              "id,name,born\n1,Ann,1980-01-31\nx7,Bob,1990-01-01\n3,Eve,1990-02-30\n"
              "4,\"open,1990-01-01\n5,short\n6,Fay,1990-01-01\n");
  const ImportSummary summary = Import(kSmall);
  EXPECT_EQ(summary.files[0].counts.read, 6u);
  EXPECT_EQ(summary.files[0].counts.accepted, 2u);
  EXPECT_EQ(summary.files[0].counts.rejected, 4u);
  EXPECT_EQ(summary.files[0].counts.damaged, 1u);
  const std::string quarantine = out_.Read("quarantine.jsonl");
  EXPECT_THAT(
      quarantine,
      HasSubstr(
          R"("file": "people.csv", "line": 3, "row": 2, "column": "id", "value": "x7", "reason": "is not an integer"})"));
  EXPECT_THAT(quarantine,
              HasSubstr(R"("line": 4, "row": 3, "column": "born", "value": "1990-02-30")"));
  EXPECT_THAT(quarantine, HasSubstr("unclosed quote, opened at line 5 column 3"));
  EXPECT_THAT(quarantine, HasSubstr(R"("line": 6, "row": 5, "column": null)"));
  // A clean repeat leaves no stale quarantine.
  data_.Write("people.csv", "id,name,born\n1,Ann,1980-01-31\n");
  EXPECT_EQ(Import(kSmall).quarantine, "");
  EXPECT_FALSE(std::filesystem::exists(options_.quarantine));
}

TEST_F(SmallTest, WholeFileErrorsWriteNothing) {
  const auto expect = [this](const std::string& text) {
    const auto summary = TryImport({kSmall});
    ASSERT_FALSE(summary.ok());
    EXPECT_THAT(std::string(Message(summary.status())), HasSubstr(text));
    EXPECT_EQ(Export(), "");
  };
  data_.Write("calls.csv", "from,to,when\n1,2,2024-05-01 08:00:00\n");
  expect("m.yaml:13:43: calls.csv has no column 'at'; it has: from, to, when");
  data_.Write("calls.csv", std::string("\xFF\xFE"
                                       "f\0r\0",
                                       6));
  expect("calls.csv: is UTF-16; convert it to UTF-8 first");
  std::filesystem::remove(data_.path() + "/calls.csv");
  expect("file calls.csv: cannot read");
  options_.data_dir += "/none";
  expect("none is not there");
}

TEST_F(ImportTest, ConflictingRowsOfOneFileEndWithTheLastAndStay) {
  const std::string mapping = R"(
skein-mapping: 1
name: m
source: {name: s}
files:
  - name: a.csv
    nodes:
      - {label: P, key: {id: id}, properties: {x: x, y: y}}
)";
  std::string text = "id,x,y\n";
  for (int i = 0; i < 50; ++i)
    text += internal::Join("k", i % 7, ",", i, ",", i % 3 == 0 ? "" : "y", "\n");
  data_.Write("a.csv", text);
  options_.chunk_rows = 5;
  const ImportSummary first = Import(mapping);
  EXPECT_EQ(first.total.created, 7u);
  EXPECT_THAT(Export(), HasSubstr("(:P {id: STRING 'k0', x: STRING '49', y: STRING 'y', })"));
  const std::string before = Export();
  ExpectNoChange(Import(mapping));
  EXPECT_EQ(Export(), before);
}

constexpr char kRanked[] = R"(
skein-mapping: 1
name: NAME
source: {name: NAME, rank: RANK}
files:
  - name: NAME.csv
    nodes:
      - {label: P, key: {id: id}, properties: {x: x}}
)";

std::string Ranked(const std::string& name, int rank) {
  std::string text = kRanked;
  for (size_t at; (at = text.find("NAME")) != std::string::npos;) text.replace(at, 4, name);
  text.replace(text.find("RANK"), 4, std::to_string(rank));
  return text;
}

TEST_F(ImportTest, SourcesThatDisagreeEndTheSameInAnyOrder) {
  data_.Write("a.csv", "id,x\n1,from a\n");
  data_.Write("b.csv", "id,x\n1,from b\n2,only b\n");
  for (const auto& [rank_a, rank_b, winner] :
       {std::tuple(100, 100, "from a"), {100, 50, "from b"}, {10, 50, "from a"}}) {
    for (const bool a_first : {true, false}) {
      Fresh();
      const std::string a = Ranked("a", rank_a);
      const std::string b = Ranked("b", rank_b);
      Import(a_first ? std::vector{a, b} : std::vector{b, a});
      EXPECT_THAT(Export(), HasSubstr(internal::Join("id: STRING '1', x: STRING '", winner)));
      ExpectNoChange(Import(a));
      ExpectNoChange(Import(b));
    }
  }
}

TEST_F(ImportTest, ANewerDeliveryOfAFileUpdates) {
  data_.Write("a.csv", "id,x\n1,old\n");
  Import(Ranked("a", 100));
  data_.Write("a.csv", "id,x\n1,new\n");
  EXPECT_EQ(Import(Ranked("a", 100)).total.updated, 1u);
  EXPECT_THAT(Export(), HasSubstr("x: STRING 'new'"));
}

constexpr char kRich[] = R"(
skein-mapping: 1
name: rich
source: {name: rich, zone: Asia/Shanghai, datum: gcj02, owner: unit-3, handling: restricted}
indexes:
  - {label: Person, properties: [name], kind: text}
  - {label: Person, properties: [name]}
types:
  when: {type: datetime, format: ["%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M"]}
defaults: {trim: true, "null": ["", "-"]}
files:
  - name: stays.csv
    columns: {in: when, out: when, sex: {type: string, values: {"1": male, "2": female}, otherwise: "null"}}
    nodes:
      - as: guest
        label: Person
        key: {id_number: {column: cert, case: upper}}
        properties: {name: guest, sex: sex}
        optional: true
      - as: father
        label: Person
        key: {id_number: father}
        optional: true
      - as: hotel
        labels: [Place, Hotel]
        key: {code: {template: "H-{hotel}"}}
        properties: {kind: {const: hotel}}
        position: {lat: y, lon: x}
    links:
      - type: STAYED_AT
        from: {node: guest}
        to: {node: hotel}
        valid: {from: in, to: out}
        properties: {file: {meta: file}, row: {meta: row}}
      - {type: CHILD_OF, from: {node: guest}, to: {node: father}}
    sightings:
      - {type: SEEN_AT, from: {node: guest}, to: {node: hotel}, time: in, time_as: at, when: {column: seen, is: [y]}}
)";

TEST_F(ImportTest, AllRulesAtOnce) {
  data_.Write("stays.csv",
              "cert,guest,father,sex,hotel,y,x,in,out,seen\n"
              "a1,Ann,f1,2,7,39.90735,116.39751,2024/05/01 20:00,02.05.2024 09:00,y\n"
              "a1,Ann,f1,2,7,39.90735,116.39751,2024/05/01 20:00,02.05.2024 09:00,y\n"
              "-,nobody,-,9,8,,,2024/05/01 20:00,,n\n"
              "b2,Bob,-,9,7,39.90735,116.39751,2024/05/03 20:00,,n\n");
  const ImportSummary summary = Import(kRich);
  EXPECT_EQ(summary.total.rejected, 0u) << out_.Read("quarantine.jsonl");
  EXPECT_EQ(summary.total.created, 5u);  // Ann, her father, Bob, two hotels
  EXPECT_EQ(summary.total.links, 5u);    // three stays, two lines of descent
  EXPECT_EQ(summary.total.sightings, 1u);
  EXPECT_EQ(summary.total.sightings_unchanged, 1u);
  const std::string text = Export();
  EXPECT_THAT(text, HasSubstr("id_number: STRING 'A1', name: STRING 'Ann', sex: STRING 'female'"));
  EXPECT_THAT(text, HasSubstr("(:Hotel:Place {code: STRING 'H-7', datum: STRING 'GCJ-02', kind: "
                              "STRING 'hotel', lat: FLOAT 39.9059"));
  EXPECT_THAT(text, HasSubstr(" policy unit-3//restricted"));
  EXPECT_THAT(text, HasSubstr("[STAYED_AT {file: STRING 'stays.csv', row: INTEGER 4, }]"));
  EXPECT_THAT(text, HasSubstr("valid 1714564800000000..1714611600000000"));
  EXPECT_THAT(text, HasSubstr("valid 1714737600000000..9223372036854775807"));
  EXPECT_TRUE(graph_->catalog().IsSightingType(*graph_->catalog().FindLinkType("SEEN_AT")));
  ExpectNoChange(Import(kRich));
  EXPECT_EQ(Export(), text);
}

TEST_F(ImportTest, JsonLines) {
  data_.Write("a.jsonl",
              "{\"id\":\"p1\",\"n\":9007199254740993,\"ok\":true,\"tags\":[\"a\",\"b\"],\"o\":{"
              "\"x\":1.5},\"none\":null}\n"
              "{\"id\":\"p2\",\"extra\":\"later\"}\n{\"id\":\n");
  const ImportSummary summary = Import(R"(
skein-mapping: 1
name: j
source: {name: j}
files:
  - name: a.jsonl
    columns: {tags: {list: true}}
    nodes:
      - {label: P, key: {id: id}, properties: {x: /o/x}, others: {except: [o]}}
)");
  EXPECT_EQ(summary.total.accepted, 2u);
  EXPECT_EQ(summary.total.damaged, 1u);
  EXPECT_THAT(Export(),
              HasSubstr("(:P {id: STRING 'p1', n: INTEGER 9007199254740993, ok: BOOLEAN true, "
                        "tags: LIST ['a', 'b'], x: FLOAT 1.5, })"));
  EXPECT_THAT(Export(), HasSubstr("(:P {extra: STRING 'later', id: STRING 'p2', })"));
}

TEST_F(ImportTest, KeyedLinksAreUpdatedInPlace) {
  const std::string mapping = R"(
skein-mapping: 1
name: k
source: {name: k}
files:
  - name: a.csv
    links:
      - {type: R, key: [no], from: {label: P, key: {id: a}}, to: {label: P, key: {id: b}}, properties: {x: x}}
)";
  data_.Write("a.csv", "no,a,b,x\n1,p,q,old\n2,p,q,same\n");
  Import(mapping);
  data_.Write("a.csv", "no,a,b,x\n1,p,q,new\n2,p,r,same\n");
  const ImportSummary summary = Import(mapping);
  EXPECT_EQ(summary.total.links, 0u);
  EXPECT_EQ(summary.total.links_updated, 2u);
  EXPECT_THAT(Export(), HasSubstr("[R {x: STRING 'new', }]"));
  EXPECT_THAT(Export(), HasSubstr("[R {x: STRING 'same', }]->(:P {id: STRING 'r', })"));
  EXPECT_THAT(Export(), Not(HasSubstr("STRING 'old'")));
  ExpectNoChange(Import(mapping));
}

TEST_F(ImportTest, ADryRunWritesNothingAndSaysWhatItSaw) {
  data_.Write("a.csv", "id,x\n1,from a\n,bad\n");
  std::string report;
  const auto summary = RunDryRun({Parse(Ranked("a", 100))}, options_, &report);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->total.accepted, 1u);
  EXPECT_EQ(summary->total.rejected, 1u);
  EXPECT_THAT(report, HasSubstr("\"dry_run\": true"));
  EXPECT_THAT(
      report,
      HasSubstr(R"({"name": "id", "type": "integer", "rows": 2, "nulls": 1, "distinct": 1)"));
  EXPECT_THAT(report, HasSubstr("is missing, and it is a key"));
  EXPECT_EQ(Export(), "");
  EXPECT_FALSE(std::filesystem::exists(options_.quarantine));
}

TEST_F(ImportTest, AProposedMappingLoads) {
  data_.Write("Person.csv", "personId|name|born\n1|Ann|1980-01-31\n2|Bob|1990-01-31\n");
  data_.Write("knows.csv",
              "personId|personBId|since\n1|2|2024-05-01 08:00:00\n1|2|2024-05-01 08:00:00\n");
  const auto yaml = ProposeMapping(options_);
  ASSERT_TRUE(yaml.ok()) << yaml.status().ToString();
  const ImportSummary summary = Import(*yaml);
  EXPECT_EQ(summary.total.created, 2u) << *yaml;
  EXPECT_EQ(summary.total.links, 2u) << *yaml;
  EXPECT_THAT(Export(), HasSubstr("born: DATE"));
}

TEST_F(ImportTest, AProposalForNestedJsonLoads) {
  data_.Write("seen.jsonl",
              R"({"plate":"A1","tags":["x","y"],"veh":{"colour":"red"},"odd\nname":1})"
              "\n"
              R"({"plate":"A2","tags":[],"veh":{"colour":"blue"},"odd\nname":2})"
              "\n");
  const auto yaml = ProposeMapping(options_);
  ASSERT_TRUE(yaml.ok()) << yaml.status().ToString();
  EXPECT_THAT(*yaml, HasSubstr("/veh/PART"));
  const ImportSummary summary = Import(*yaml);
  EXPECT_EQ(summary.total.accepted, 2u) << *yaml;
  EXPECT_THAT(Export(), HasSubstr("tags: LIST"));
}

constexpr char kAny[] = R"(
skein-mapping: 1
name: any
source: {name: any}
files:
  - name: nodes.csv
    columns: {id: integer}
    nodes:
      - {label: Car, key: {id: id}, when: {column: kind, is: [car]}}
      - {label: Phone, key: {id: id}, when: {column: kind, is: [phone]}}
  - name: seen.csv
    columns: {who: integer, where: integer, ts: integer}
    sightings:
      - type: SEEN_AT
        from: {any: [Car, Phone], key: {id: who}}
        to: {label: Sensor, key: {id: where}}
        time: {column: ts, type: epoch_s}
        time_as: ts
        properties: {ts: ts}
)";

class AnyEndTest : public ImportTest {
 protected:
  AnyEndTest() {
    data_.Write("nodes.csv", "id,kind\n1,car\n2,phone\n");
    data_.Write("seen.csv", "who,where,ts\n1,5,1700000000\n2,5,1700000001\n3,5,1700000002\n");
  }
  size_t Count(const std::string& label) {
    const auto snapshot = *graph_->Latest();
    return *snapshot->CountNodes(Viewer::All(), graph_->catalog().FindLabel(label));
  }
};

TEST_F(AnyEndTest, IsTheLabelThatHasTheKeyElseTheFirst) {
  const ImportSummary summary = Import(kAny);
  EXPECT_EQ(summary.total.created, 2u);
  EXPECT_EQ(summary.total.implied, 2u);  // the car 3 and the sensor
  EXPECT_EQ(summary.total.sightings, 3u);
  EXPECT_EQ(Count("Car"), 2u);
  EXPECT_EQ(Count("Phone"), 1u);
  EXPECT_THAT(Export(), HasSubstr("ts: INTEGER 1700000001"));
  const std::string before = Export();
  ExpectNoChange(Import(kAny));
  EXPECT_EQ(Export(), before);
}

TEST_F(AnyEndTest, ChunksOfOneGiveTheSameGraph) {
  Import(kAny);
  const std::string whole = Export();
  Fresh();
  options_.chunk_rows = 1;
  Import(kAny);
  EXPECT_EQ(Export(), whole);
}

TEST_F(AnyEndTest, FindsWhatNoImportMade) {
  data_.Write("nodes.csv", "id,kind\n1,car\n");
  auto transaction = *graph_->Begin(Viewer::All(), {});
  NewNode node;
  node.labels = {*graph_->catalog().InternLabel("Phone")};
  node.properties = {{*graph_->catalog().InternKey("id"), Value::Integer(3)}};
  ASSERT_TRUE(transaction->CreateNode(node).ok());
  ASSERT_TRUE(transaction->Commit().ok());
  Import(kAny);
  EXPECT_EQ(Count("Phone"), 1u);
  EXPECT_EQ(Count("Car"), 2u);  // 1, and 2 implied
}

TEST_F(AnyEndTest, TheTimeColumnIsATimeKey) {
  Import(kAny);
  const auto key = graph_->catalog().GetTimeKey(*graph_->catalog().FindLinkType("SEEN_AT"));
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->key, *graph_->catalog().FindKey("ts"));
  EXPECT_EQ(key->unit, TimeUnit::kSeconds);
}

TEST_F(AnyEndTest, OddListsAreRefused) {
  for (const char* list : {"[Car]", "[Car, Car]", "[]"}) {
    std::string yaml = kAny;
    yaml.replace(yaml.find("[Car, Phone]"), 12, list);
    EXPECT_FALSE(ParseMapping(yaml, "m.yaml").ok()) << list;
  }
}

}  // namespace
}  // namespace skein
