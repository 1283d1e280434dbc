// The example of every procedure runs on the people of tests/cases and gives rows.
#include <fstream>
#include <sstream>

#include "query/procedures/procedure.h"
#include "tests/procedures/world.h"

namespace skein {
namespace {

// Procedures whose answer on this graph is empty by its nature.
const std::set<std::string_view> kEmpty = {
    "dbms.clientConfig", "db.indexes",      "db.constraints", "db.awaitIndexes",
    "trace.together",    "fusion.clusters", "show.indexes",   "show.constraints"};

TEST(ExamplesTest, EveryExampleRuns) {
  std::ifstream file("tests/cases/graphs/people.cypher");
  ASSERT_TRUE(file) << "run from the root of the repository";
  std::stringstream text;
  text << file.rdbuf();
  World world;
  world.Run(text.str());
  std::set<std::string_view> names;
  for (const auto& def : procedures::AllProcedures().all()) {
    SCOPED_TRACE(std::string(def->name));
    EXPECT_TRUE(names.insert(def->name).second);
    EXPECT_FALSE(def->doc.empty());
    ASSERT_FALSE(def->example.empty());
    // What SHOW commands run is called by their own words.
    const std::string_view called = def->name.starts_with("show.") ? "SHOW " : def->name;
    EXPECT_NE(def->example.find(called), std::string_view::npos);
    const absl::StatusOr<Rows> rows = world.Try(std::string(def->example));
    ASSERT_TRUE(rows.ok()) << def->example << "\n" << rows.status();
    EXPECT_EQ(rows->empty(), kEmpty.contains(def->name)) << def->example;
  }
}

}  // namespace
}  // namespace skein
