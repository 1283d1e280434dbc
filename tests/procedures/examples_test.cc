// The example of every procedure and of every form of the language runs on the people of
// tests/cases and gives the rows that its page says.
#include <fstream>
#include <sstream>

#include "query/procedures/procedure.h"
#include "query/syntax/forms.h"
#include "tests/procedures/world.h"

namespace skein {
namespace {

// Procedures whose answer on this graph is empty by its nature.
const std::set<std::string_view> kEmpty = {
    "dbms.clientConfig", "db.indexes",      "db.constraints", "db.awaitIndexes",
    "trace.together",    "fusion.clusters", "show.indexes",   "show.constraints"};

std::string People() {
  std::ifstream file("tests/cases/graphs/people.cypher");
  EXPECT_TRUE(file) << "run from the root of the repository";
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ExamplesTest, EveryExampleRuns) {
  World world;
  world.Run(People());
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

// Without ORDER BY the order of rows is the plan's affair.
std::string Shown(const Rows& rows, bool ordered) {
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string& line = lines.emplace_back();
    for (const Value& value : row) line += (line.empty() ? "" : ", ") + ToLiteral(value);
  }
  if (!ordered) std::sort(lines.begin(), lines.end());
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "; ") + line;
  return out;
}

TEST(ExamplesTest, EveryFormOfTheLanguageRuns) {
  const std::string people = People();
  for (const syntax::FormGroup& group : syntax::AllForms()) {
    for (const syntax::Form& form : group.forms) {
      SCOPED_TRACE(std::string(form.name));
      World world;
      world.Run(people);
      std::string rest(form.example);
      absl::StatusOr<Rows> rows = Rows();
      while (!rest.empty() && rows.ok()) {
        const size_t end = rest.find("; ");
        rows = world.Try(rest.substr(0, end), {{"name", Value::String("Ann")}});
        rest = end == std::string::npos ? "" : rest.substr(end + 2);
      }
      if (form.name == "KILL") {  // of a query that is not there
        EXPECT_TRUE(absl::IsNotFound(rows.status())) << rows.status();
        continue;
      }
      EXPECT_TRUE(rows.ok()) << form.example << "\n" << rows.status();
      if (!rows.ok() || form.result.empty()) continue;
      const bool ordered = form.example.find("ORDER BY") != std::string_view::npos;
      EXPECT_EQ(Shown(*rows, ordered), form.result) << form.example;
    }
  }
}

}  // namespace
}  // namespace skein
