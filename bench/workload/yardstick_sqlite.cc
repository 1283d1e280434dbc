// The yardstick through SQLite's C library: the same queries, statements and indexes as
// ../shared/bench/peers/sqlite.js, without the npm binding between.
//
//   skein_bench_yardstick_sqlite --data DIR --db FILE --load [--ended PERCENT]
//   skein_bench_yardstick_sqlite --data DIR --db FILE --out FILE.json [--only CLASS]... [--cap MS]
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/container/flat_hash_set.h"
#include "bench/workload/yardstick.h"
#include "storage/base/status.h"

namespace skein::bench {

namespace {

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

absl::Status Failed(sqlite3* db, std::string_view what) {
  return Internal("sqlite: ", what, ": ", sqlite3_errmsg(db));
}

absl::Status Execute(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return Failed(db, sql);
  return absl::OkStatus();
}

absl::StatusOr<Statement> Prepare(sqlite3* db, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
      SQLITE_OK) {
    return Failed(db, sql);
  }
  return Statement(statement);
}

// Every line of a CSV file of numbers and plain text, its header left out, into one table.
// Of links, whose rows count up as their ids do, `ended` percent are left out (real_store.cc).
absl::Status LoadTable(sqlite3* db, const std::string& path, const std::string& insert,
                       double ended = 0) {
  SKEIN_ASSIGN_OR_RETURN(const Statement statement, Prepare(db, insert));
  std::ifstream in(path);
  if (!in) return NotFound("cannot read ", path);
  std::string line;
  std::getline(in, line);
  for (uint64_t row = 0; std::getline(in, line); ++row) {
    if (ended > 0 && Chosen(row, kEndedSalt, ended)) continue;
    int column = 1;
    for (size_t at = 0; at <= line.size(); ++column) {
      size_t end = line.find(',', at);
      if (end == std::string::npos) end = line.size();
      // Text, as the sqlite3 shell imports it: the column's affinity makes numbers of it.
      sqlite3_bind_text(statement.get(), column, line.data() + at, static_cast<int>(end - at),
                        SQLITE_TRANSIENT);
      at = end + 1;
    }
    if (sqlite3_step(statement.get()) != SQLITE_DONE) return Failed(db, path);
    sqlite3_reset(statement.get());
  }
  return absl::OkStatus();
}

absl::Status Load(sqlite3* db, const std::string& data, double ended) {
  SKEIN_RETURN_IF_ERROR(
      Execute(db,
              "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-4000000;"
              "PRAGMA temp_store=MEMORY; PRAGMA threads=2;"
              "CREATE TABLE entity(id INTEGER PRIMARY KEY,kind TEXT,name TEXT,region INT);"
              "CREATE TABLE location(id INTEGER PRIMARY KEY,name TEXT,lat REAL,lon REAL);"
              "CREATE TABLE edges(src INT,dst INT,eid INTEGER PRIMARY KEY,type INT,ts INT,w INT);"
              "CREATE TABLE sight(entity INT,loc INT,ts INT); BEGIN"));
  SKEIN_RETURN_IF_ERROR(LoadTable(db, data + "/nodes.csv", "INSERT INTO entity VALUES(?,?,?,?)"));
  SKEIN_RETURN_IF_ERROR(LoadTable(db, data + "/locs.csv", "INSERT INTO location VALUES(?,?,?,?)"));
  SKEIN_RETURN_IF_ERROR(
      LoadTable(db, data + "/edges.csv", "INSERT INTO edges VALUES(?,?,?,?,?,?)", ended));
  SKEIN_RETURN_IF_ERROR(LoadTable(db, data + "/sightings.csv", "INSERT INTO sight VALUES(?,?,?)"));
  return Execute(db,
                 "COMMIT; CREATE INDEX e_src ON edges(src,ts,dst); CREATE INDEX e_dst ON "
                 "edges(dst,ts,src); CREATE INDEX s_e ON sight(entity,ts,loc); CREATE INDEX s_l ON "
                 "sight(loc,ts,entity); ANALYZE");
}

// The vertices within k hops of ?1, itself left out; each level a union of both directions.
std::string HopSql(int hops) {
  std::string sql =
      "WITH h1(v) AS (SELECT dst FROM edges WHERE src=?1 UNION SELECT src FROM edges WHERE dst=?1)";
  for (int i = 2; i <= hops; ++i) {
    const std::string before = "h" + std::to_string(i - 1);
    sql += ", h" + std::to_string(i) + "(v) AS (SELECT e.dst FROM " + before +
           " h CROSS JOIN edges e ON e.src=h.v UNION SELECT e.src FROM " + before +
           " h CROSS JOIN edges e ON e.dst=h.v)";
  }
  sql += " SELECT count(*) FROM (";
  for (int i = 1; i <= hops; ++i) {
    sql += (i == 1 ? "SELECT v FROM h" : " UNION SELECT v FROM h") + std::to_string(i);
  }
  return sql + ") WHERE v<>?1";
}

constexpr char kWindowSql[] =
    "WITH h1(v) AS (SELECT dst FROM edges WHERE src=?1 AND ts>=?2 AND ts<?3 UNION SELECT src FROM "
    "edges WHERE dst=?1 AND ts>=?2 AND ts<?3), h2(v) AS (SELECT e.dst FROM h1 h CROSS JOIN edges e "
    "ON e.src=h.v AND e.ts>=?2 AND e.ts<?3 UNION SELECT e.src FROM h1 h CROSS JOIN edges e ON "
    "e.dst=h.v AND e.ts>=?2 AND e.ts<?3) SELECT count(*) FROM (SELECT v FROM h1 UNION SELECT v "
    "FROM h2) WHERE v<>?1";
constexpr char kColocationSql[] =
    "SELECT count(*) FROM (SELECT s2.entity FROM sight s1 CROSS JOIN sight s2 ON s2.loc=s1.loc AND "
    "s2.ts BETWEEN s1.ts-600 AND s1.ts+600 WHERE s1.entity=?1 AND s1.ts>=?2 AND s1.ts<?3 AND "
    "s2.entity<>?1 GROUP BY s2.entity HAVING count(DISTINCT s1.loc)>=3)";

class Sqlite {
 public:
  static absl::StatusOr<std::unique_ptr<Sqlite>> Open(const std::string& path) {
    sqlite3* db = nullptr;
    if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) return NotFound("cannot open ", path);
    auto out = std::make_unique<Sqlite>();
    out->db_.reset(db);
    // SQLite 3.38 to 3.40 put a Bloom filter over the whole table before a search of a few keys of
    // its index, which makes the windows class 10,000 times slower: a peer is run at its best.
    constexpr int kBloomFilter = 0x00080000;
    sqlite3_test_control(SQLITE_TESTCTRL_OPTIMIZATIONS, db, kBloomFilter);
    SKEIN_RETURN_IF_ERROR(Execute(db,
                                  "PRAGMA journal_mode=WAL; PRAGMA mmap_size=34359738368; PRAGMA "
                                  "cache_size=-2000000; PRAGMA temp_store=MEMORY"));
    const std::pair<const char*, std::string> all[] = {
        {"point", "SELECT kind,name,region FROM entity WHERE id=?1"},
        {"hop1", HopSql(1)},
        {"hop2", HopSql(2)},
        {"hop3", HopSql(3)},
        {"tw2", kWindowSql},
        {"coloc", kColocationSql},
        {"sp", "SELECT dst FROM edges WHERE src=?1 UNION ALL SELECT src FROM edges WHERE dst=?1"}};
    for (const auto& [name, sql] : all) {
      SKEIN_ASSIGN_OR_RETURN(out->statements_[name], Prepare(db, sql));
    }
    return out;
  }

  absl::StatusOr<int64_t> Answer(std::string_view name, const Seed& seed) {
    sqlite3_stmt* statement = statements_.find(name)->second.get();
    if (name == "sp") return ShortestPath(statement, seed[0], seed[1]);
    for (size_t i = 0; i < seed.size(); ++i) {
      sqlite3_bind_int64(statement, static_cast<int>(i) + 1, seed[i]);
    }
    int64_t answer = 0;
    if (name == "point") {
      while (sqlite3_step(statement) == SQLITE_ROW) answer += TakeRow(statement);
    } else if (sqlite3_step(statement) == SQLITE_ROW) {
      answer = sqlite3_column_int64(statement, 0);
    }
    return sqlite3_reset(statement) == SQLITE_OK ? absl::StatusOr<int64_t>(answer)
                                                 : Failed(db_.get(), name);
  }

 private:
  // A caller takes the values: so do we.
  static int64_t TakeRow(sqlite3_stmt* statement) {
    const std::string kind(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
    const std::string name(reinterpret_cast<const char*>(sqlite3_column_text(statement, 1)));
    return sqlite3_column_int64(statement, 2) >= 0 && !kind.empty() && !name.empty() ? 1 : 0;
  }

  // Breadth-first from both ends, the smaller frontier first, one statement a vertex.
  static absl::StatusOr<int64_t> ShortestPath(sqlite3_stmt* statement, int64_t a, int64_t b) {
    if (a == b) return 0;
    absl::flat_hash_set<int64_t> seen[2] = {{a}, {b}};
    std::vector<int64_t> frontier[2] = {{a}, {b}};
    int64_t depth = 0;
    for (; depth < 6 && !frontier[0].empty() && !frontier[1].empty(); ++depth) {
      const int side = frontier[0].size() <= frontier[1].size() ? 0 : 1;
      std::vector<int64_t> next;
      for (const int64_t node : frontier[side]) {
        sqlite3_bind_int64(statement, 1, node);
        while (sqlite3_step(statement) == SQLITE_ROW) {
          const int64_t found = sqlite3_column_int64(statement, 0);
          if (seen[1 - side].contains(found)) {
            sqlite3_reset(statement);
            return depth + 1;
          }
          if (seen[side].insert(found).second) next.push_back(found);
        }
        sqlite3_reset(statement);
      }
      frontier[side] = std::move(next);
    }
    return -1;
  }

  Database db_;
  std::map<std::string, Statement, std::less<>> statements_;
};

struct Flags {
  std::string data, db, out;
  YardstickOptions run;
  bool load = false;
  double ended = 0;
};

absl::Status Main(const Flags& flags) {
  if (flags.load) {
    std::remove(flags.db.c_str());
    sqlite3* db = nullptr;
    if (sqlite3_open(flags.db.c_str(), &db) != SQLITE_OK) return NotFound("cannot make ", flags.db);
    const Database closes(db);
    const double before = NowMs();
    SKEIN_RETURN_IF_ERROR(Load(db, flags.data, flags.ended));
    std::fprintf(stderr, "sqlite: loaded in %.1f s\n", (NowMs() - before) / 1000);
    return absl::OkStatus();
  }
  const double before = NowMs();
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<Sqlite> sqlite, Sqlite::Open(flags.db));
  Subject subject;
  subject.name = "sqlite";
  subject.version = sqlite3_libversion();
  subject.open_ms = NowMs() - before;
  subject.answer = [&sqlite](std::string_view name, const Seed& seed) {
    return sqlite->Answer(name, seed);
  };
  SKEIN_ASSIGN_OR_RETURN(const Seeds seeds, ReadSeeds(flags.data));
  SKEIN_ASSIGN_OR_RETURN(const std::string json, RunYardstick(subject, seeds, flags.run));
  return WriteFile(flags.out, json);
}

}  // namespace
}  // namespace skein::bench

int main(int argc, char** argv) {
  skein::bench::Flags flags;
  CLI::App app("The yardstick's queries through SQLite's C library");
  app.add_option("--data", flags.data, "Folder of the generator's files, with queries.json")
      ->required();
  app.add_option("--db", flags.db, "The database file")->required();
  app.add_option("--out", flags.out, "JSON of the shape of ../shared/bench/peers")
      ->default_val("/dev/stdout");
  app.add_option("--only", flags.run.only, "Only these classes");
  app.add_option("--warm", flags.run.warm_passes, "Passes before the measured one")
      ->capture_default_str();
  app.add_option("--first", flags.run.first, "Queries of a class, at most");
  app.add_option("--cap", flags.run.cap_ms, "Milliseconds a class may take")->capture_default_str();
  app.add_flag("--load", flags.load, "Make the database anew and end");
  app.add_option("--ended", flags.ended, "Percent of links that --load leaves out");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = skein::bench::Main(flags);
  if (status.ok()) return 0;
  std::fprintf(stderr, "skein_bench_yardstick_sqlite: %s\n",
               std::string(skein::Message(status)).c_str());
  return 1;
}
