// Durable writes beside SQLite's, in turn: single links, links of 16 threads, batches of 10,000.
//
//   skein_bench_durable --dir DIR [--nodes N] [--links N] [--rounds N] [--kv | --alone]
//
// Both get the same nodes and links first, then the same inserts: links between random nodes with
// two numbers, each transaction on the disk when it returns. Ours go through the public Graph API,
// and single ones also through the query language. SQLite has the yardstick's table and both
// covering indexes, synchronous=FULL, in WAL mode and with the rollback journal. Medians of the
// rounds; at the end both must hold the same links (counts, and sums over every node's). --kv:
// instead, the store below the graph alone, which is what the log costs.
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "bench/workload/clock.h"
#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/open.h"

namespace skein::bench {
namespace {

struct Options {
  std::string dir;
  uint64_t nodes = 100'000, links = 1'000'000;
  int rounds = 5, singles = 400, threads = 16, each = 100, batch = 10'000;
  bool kv = false, alone = false;
};

struct Link {
  uint64_t from, to, number;
  int64_t ts, w;
};

// The same stream of links for both.
class Links {
 public:
  explicit Links(uint64_t nodes) : nodes_(nodes) {}
  std::vector<Link> Take(size_t n) {
    std::vector<Link> out(n);
    for (Link& link : out) {
      link = {dice_() % nodes_, dice_() % nodes_, next_++,
              static_cast<int64_t>(1'700'000'000 + dice_() % 10'000'000),
              static_cast<int64_t>(dice_() % 1000)};
    }
    return out;
  }

 private:
  uint64_t nodes_, next_ = 1;
  std::mt19937_64 dice_{17};
};

// --- SQLite --------------------------------------------------------------------------------------

class Sqlite {
 public:
  Sqlite(std::string path, std::string journal)
      : path_(std::move(path)), journal_(std::move(journal)) {}
  ~Sqlite() {
    sqlite3_finalize(insert_);
    sqlite3_close_v2(db_);
  }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  absl::Status Open(const std::vector<Link>& links) {
    if (sqlite3_open(path_.c_str(), &db_) != SQLITE_OK) return Failed("opening");
    SKEIN_RETURN_IF_ERROR(
        Execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                "PRAGMA cache_size=-2000000; PRAGMA mmap_size=8000000000;"
                "CREATE TABLE edges(src INT,dst INT,eid INTEGER PRIMARY KEY,"
                "type INT,ts INT,w INT)"));
    if (sqlite3_prepare_v2(db_, "INSERT INTO edges VALUES(?,?,?,1,?,?)", -1, &insert_, nullptr) !=
        SQLITE_OK) {
      return Failed("preparing");
    }
    SKEIN_RETURN_IF_ERROR(Batch(links));
    return Execute(
        "CREATE INDEX e_src ON edges(src,ts,dst); CREATE INDEX e_dst ON "
        "edges(dst,ts,src); ANALYZE; PRAGMA journal_mode=" +
        journal_ + "; PRAGMA synchronous=FULL");
  }
  absl::Status Insert(const Link& link) {
    sqlite3_bind_int64(insert_, 1, static_cast<int64_t>(link.from));
    sqlite3_bind_int64(insert_, 2, static_cast<int64_t>(link.to));
    sqlite3_bind_int64(insert_, 3, static_cast<int64_t>(link.number));
    sqlite3_bind_int64(insert_, 4, link.ts);
    sqlite3_bind_int64(insert_, 5, link.w);
    const int result = sqlite3_step(insert_);
    sqlite3_reset(insert_);
    return result == SQLITE_DONE ? absl::OkStatus() : Failed("inserting");
  }
  absl::Status Batch(const std::vector<Link>& links) {
    SKEIN_RETURN_IF_ERROR(Execute("BEGIN"));
    for (const Link& link : links) SKEIN_RETURN_IF_ERROR(Insert(link));
    return Execute("COMMIT");
  }
  // SQLite has one writer: threads share the connection, which is quicker than one each.
  absl::Status InsertLocked(const Link& link) {
    const absl::MutexLock lock(&mu_);
    return Insert(link);
  }
  absl::StatusOr<std::vector<int64_t>> Sums(uint64_t nodes) {
    std::vector<int64_t> sums(nodes, 0);
    sqlite3_stmt* read = nullptr;
    sqlite3_prepare_v2(db_, "SELECT src,count(*)+sum(w) FROM edges GROUP BY src", -1, &read,
                       nullptr);
    while (sqlite3_step(read) == SQLITE_ROW) {
      sums[static_cast<size_t>(sqlite3_column_int64(read, 0))] = sqlite3_column_int64(read, 1);
    }
    sqlite3_finalize(read);
    return sums;
  }

 private:
  absl::Status Failed(std::string_view what) {
    return Internal("sqlite: ", what, ": ", sqlite3_errmsg(db_));
  }
  absl::Status Execute(const std::string& sql) {
    return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK ? absl::OkStatus()
                                                                                  : Failed(sql);
  }

  std::string path_, journal_;
  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  absl::Mutex mu_;
};

// --- ours ----------------------------------------------------------------------------------------

class Ours {
 public:
  absl::Status Open(const std::string& dir, uint64_t nodes, const std::vector<Link>& links) {
    OpenStoreOptions options;
    options.create = options.sandbox = true;
    SKEIN_ASSIGN_OR_RETURN(opened_, OpenStore(dir, options));
    GraphOptions graph_options;
    graph_options.executor = background_.get();
    SKEIN_ASSIGN_OR_RETURN(graph_, Graph::Open(*opened_.store, graph_options));
    Catalog& catalog = graph_->catalog();
    SKEIN_ASSIGN_OR_RETURN(thing_, catalog.InternLabel("Thing"));
    SKEIN_ASSIGN_OR_RETURN(type_, catalog.InternLinkType("LINK"));
    SKEIN_ASSIGN_OR_RETURN(id_, catalog.InternKey("id"));
    SKEIN_ASSIGN_OR_RETURN(ts_, catalog.InternKey("ts"));
    SKEIN_ASSIGN_OR_RETURN(w_, catalog.InternKey("w"));
    Batch batch;
    batch.source = "durable";
    SKEIN_ASSIGN_OR_RETURN(batch_, graph_->OpenBatch(batch));
    for (uint64_t i = 0; i < nodes;) {
      SKEIN_ASSIGN_OR_RETURN(const auto t, Begin());
      for (const uint64_t end = std::min(nodes, i + 20'000); i < end; ++i) {
        NewNode node;
        node.labels = {thing_};
        node.properties = {{id_, Value::Integer(static_cast<int64_t>(i))}};
        SKEIN_ASSIGN_OR_RETURN(const NodeId made, t->CreateNode(node));
        nodes_.push_back(made);
      }
      SKEIN_RETURN_IF_ERROR(t->Commit().status());
    }
    IndexInfo index;
    index.label = thing_;
    index.keys = {id_};
    index.kind = IndexKind::kUnique;
    SKEIN_RETURN_IF_ERROR(graph_->CreateIndex(index).status());
    SKEIN_ASSIGN_OR_RETURN(const auto bulk, graph_->BeginBulk({kOpenPolicy, batch_}));
    for (const Link& link : links) SKEIN_RETURN_IF_ERROR(bulk->Add(Make(link), {}));
    SKEIN_RETURN_IF_ERROR(bulk->Commit().status());
    SKEIN_RETURN_IF_ERROR(graph_->Compact());
    return absl::OkStatus();
  }
  absl::Status Insert(const Link& link) {
    SKEIN_ASSIGN_OR_RETURN(const auto t, Begin());
    SKEIN_RETURN_IF_ERROR(t->CreateLink(Make(link)).status());
    return t->Commit().status();
  }
  absl::Status InsertAll(const std::vector<Link>& links) {
    SKEIN_ASSIGN_OR_RETURN(const auto t, Begin());
    for (const Link& link : links) SKEIN_RETURN_IF_ERROR(t->CreateLink(Make(link)).status());
    return t->Commit().status();
  }
  absl::StatusOr<std::vector<int64_t>> Sums(uint64_t nodes) {
    std::vector<int64_t> sums(nodes, 0);
    SKEIN_ASSIGN_OR_RETURN(const auto snapshot, graph_->Latest());
    std::vector<uint64_t> number(Raw(*std::max_element(nodes_.begin(), nodes_.end())) + 1, 0);
    for (uint64_t i = 0; i < nodes; ++i) number[Raw(nodes_[i])] = i;
    Budget budget;
    const Viewer all = Viewer::All();
    SKEIN_ASSIGN_OR_RETURN(const auto cursor, snapshot->ScanLinks(all, {}, budget));
    std::vector<uint64_t> page;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(1000, &page));
      if (!more) return sums;
      std::vector<LinkId> ids;
      ids.reserve(page.size());
      for (const uint64_t id : page) ids.push_back(LinkId{id});
      std::vector<Value> values;
      std::vector<LinkEnds> ends;
      SKEIN_RETURN_IF_ERROR(snapshot->GetLinkProperty(all, ids, w_, &values));
      SKEIN_RETURN_IF_ERROR(snapshot->GetLinkEnds(all, ids, &ends));
      for (size_t i = 0; i < ids.size(); ++i) {
        sums[number[Raw(ends[i].from)]] += 1 + values[i].integer();
      }
    }
  }

 private:
  absl::StatusOr<std::unique_ptr<Transaction>> Begin() {
    return graph_->Begin(Viewer::All(), {kOpenPolicy, batch_});
  }
  NewLink Make(const Link& link) const {
    NewLink made;
    made.type = type_;
    made.from = nodes_[link.from];
    made.to = nodes_[link.to];
    made.valid = {link.ts * 1'000'000, link.ts * 1'000'000};
    made.properties = {{ts_, Value::Integer(link.ts)}, {w_, Value::Integer(link.w)}};
    return made;
  }

  OpenedStore opened_;
  std::unique_ptr<Executor> background_ = MakeThreadExecutor(1);  // as the program has
  std::unique_ptr<Graph> graph_;
  LabelId thing_{};
  LinkTypeId type_{};
  KeyId id_{}, ts_{}, w_{};
  BatchId batch_{};
  std::vector<NodeId> nodes_;
};

// --- rounds --------------------------------------------------------------------------------------

using InsertOne = std::function<absl::Status(const Link&)>;

// µs of each insert.
absl::StatusOr<std::vector<double>> Singles(const std::vector<Link>& links,
                                            const InsertOne& insert) {
  std::vector<double> us;
  for (const Link& link : links) {
    const double start = Seconds();
    SKEIN_RETURN_IF_ERROR(insert(link));
    us.push_back((Seconds() - start) * 1e6);
  }
  return us;
}

// Inserts a second of all threads together.
absl::StatusOr<double> Group(const std::vector<Link>& links, int threads, const InsertOne& insert) {
  std::vector<absl::Status> failed(static_cast<size_t>(threads), absl::OkStatus());
  std::vector<std::thread> workers;
  const size_t each = links.size() / static_cast<size_t>(threads);
  const double start = Seconds();
  for (size_t t = 0; t < failed.size(); ++t) {
    workers.emplace_back([&, t] {
      for (size_t i = t * each; i < (t + 1) * each && failed[t].ok(); ++i) {
        failed[t] = insert(links[i]);
        while (absl::IsAborted(failed[t])) failed[t] = insert(links[i]);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  const double seconds = Seconds() - start;
  for (const absl::Status& status : failed) SKEIN_RETURN_IF_ERROR(status);
  return static_cast<double>(each * failed.size()) / seconds;
}

struct Side {
  std::string name;
  InsertOne one, of_threads;
  std::function<absl::Status(const std::vector<Link>&)> batch;
  std::vector<double> single_us, group_rate, batch_ms;
};

absl::Status Round(const Options& options, Links links, Side& side) {
  SKEIN_ASSIGN_OR_RETURN(const auto us,
                         Singles(links.Take(static_cast<size_t>(options.singles)), side.one));
  side.single_us.push_back(Median(us));
  const auto shared =
      links.Take(static_cast<size_t>(options.threads) * static_cast<size_t>(options.each));
  SKEIN_ASSIGN_OR_RETURN(const double rate, Group(shared, options.threads, side.of_threads));
  side.group_rate.push_back(rate);
  const auto batch = links.Take(static_cast<size_t>(options.batch));
  const double start = Seconds();
  SKEIN_RETURN_IF_ERROR(side.batch(batch));
  side.batch_ms.push_back((Seconds() - start) * 1e3);
  std::printf("%-16s single %7.1f us   %d threads %8.0f /s   batch %8.2f ms\n", side.name.c_str(),
              side.single_us.back(), options.threads, rate, side.batch_ms.back());
  std::fflush(stdout);
  return absl::OkStatus();
}

void Compare(const Side& ours, const Side& theirs) {
  std::printf(
      "against %s: single %.2fx, group of threads %.2fx of its single, %.2fx of its "
      "threads, batch %.1fx\n",
      theirs.name.c_str(), Median(theirs.single_us) / Median(ours.single_us),
      Median(ours.group_rate) * Median(theirs.single_us) / 1e6,
      Median(ours.group_rate) / Median(theirs.group_rate),
      Median(theirs.batch_ms) / Median(ours.batch_ms));
}

// Links of a round.
size_t Taken(const Options& options) {
  return static_cast<size_t>(options.singles) +
         static_cast<size_t>(options.threads) * static_cast<size_t>(options.each) +
         static_cast<size_t>(options.batch);
}

absl::Status Main(const Options& options) {
  Links links(options.nodes);
  const auto base = links.Take(options.links);
  Ours ours;
  Sqlite wal(options.dir + "/wal.db", "WAL"), journal(options.dir + "/journal.db", "DELETE");
  SKEIN_RETURN_IF_ERROR(ours.Open(options.dir + "/store", options.nodes, base));
  if (options.alone) {
    Side side;
    side.name = "skein";
    side.one = side.of_threads = [&ours](const Link& link) { return ours.Insert(link); };
    side.batch = [&ours](const std::vector<Link>& all) { return ours.InsertAll(all); };
    for (int round = 0; round < options.rounds; ++round) {
      SKEIN_RETURN_IF_ERROR(Round(options, links, side));
      links.Take(Taken(options));
    }
    return absl::OkStatus();
  }
  SKEIN_RETURN_IF_ERROR(wal.Open(base));
  SKEIN_RETURN_IF_ERROR(journal.Open(base));
  const auto side = [](std::string name, Sqlite& db) {
    Side made;
    made.name = std::move(name);
    made.one = [&db](const Link& link) { return db.Insert(link); };
    made.of_threads = [&db](const Link& link) { return db.InsertLocked(link); };
    made.batch = [&db](const std::vector<Link>& all) { return db.Batch(all); };
    return made;
  };
  Side us, theirs = side("sqlite wal", wal), other = side("sqlite journal", journal);
  us.name = "skein";
  us.one = us.of_threads = [&ours](const Link& link) { return ours.Insert(link); };
  us.batch = [&ours](const std::vector<Link>& all) { return ours.InsertAll(all); };
  for (int round = 0; round < options.rounds; ++round) {
    for (Side* each : {&us, &theirs, &other}) SKEIN_RETURN_IF_ERROR(Round(options, links, *each));
    links.Take(Taken(options));
  }
  SKEIN_ASSIGN_OR_RETURN(const auto our_sums, ours.Sums(options.nodes));
  for (Sqlite* db : {&wal, &journal}) {
    SKEIN_ASSIGN_OR_RETURN(const auto their_sums, db->Sums(options.nodes));
    if (our_sums != their_sums) return Internal("the two do not hold the same links");
  }
  std::printf("equal: every node's links and sums\n");
  Compare(us, theirs);
  Compare(us, other);
  return absl::OkStatus();
}

// What a commit costs below the graph: one row of 200 bytes.
absl::Status KvMain(const Options& options) {
  OpenStoreOptions open;
  open.create = open.sandbox = true;
  SKEIN_ASSIGN_OR_RETURN(const OpenedStore opened, OpenStore(options.dir + "/kv", open));
  const std::string value(200, 'v');
  std::atomic<uint64_t> next{0};
  const InsertOne insert = [&](const Link&) {
    WriteBatch batch(Version{0});
    batch.PutUnguarded(Table::kNodes, "key" + std::to_string(next++), value);
    return opened.store->Commit(batch).status();
  };
  std::vector<double> single, group;
  Links links(1000);
  for (int round = 0; round < options.rounds; ++round) {
    SKEIN_ASSIGN_OR_RETURN(const auto us,
                           Singles(links.Take(static_cast<size_t>(options.singles)), insert));
    single.push_back(Median(us));
    SKEIN_ASSIGN_OR_RETURN(
        const double rate,
        Group(links.Take(static_cast<size_t>(options.threads) * static_cast<size_t>(options.each)),
              options.threads, insert));
    group.push_back(rate);
    std::printf("store            single %7.1f us   %d threads %8.0f /s\n", single.back(),
                options.threads, rate);
  }
  std::printf("medians: single %.1f us, %d threads %.0f commits/s\n", Median(single),
              options.threads, Median(group));
  return absl::OkStatus();
}

}  // namespace
}  // namespace skein::bench

int main(int argc, char** argv) {
  // As the program: Debian's library looks for deadlocks at every lock otherwise.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  skein::bench::Options options;
  CLI::App app("Durable writes beside SQLite's");
  app.add_option("--dir", options.dir, "A directory, new or empty, on the disk to measure")
      ->required();
  app.add_option("--nodes", options.nodes);
  app.add_option("--links", options.links, "How many are there at first");
  app.add_option("--rounds", options.rounds);
  app.add_option("--singles", options.singles, "Inserts one by one, a round");
  app.add_option("--threads", options.threads);
  app.add_option("--each", options.each, "Inserts of each thread, a round");
  app.add_option("--batch", options.batch, "Inserts of one transaction, a round");
  app.add_flag("--alone", options.alone, "Without SQLite: to profile");
  app.add_flag("--kv", options.kv, "The store below the graph alone, without SQLite");
  CLI11_PARSE(app, argc, argv);
  std::filesystem::create_directories(options.dir);
  const absl::Status status =
      options.kv ? skein::bench::KvMain(options) : skein::bench::Main(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
