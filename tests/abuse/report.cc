// skein_abuse_report [--clique N] [--star N] [--loose N] [--seconds S]: what a hostile query does
// to the others.
//
// Prints, as text: for each hostile query the p50 and p99 of a point look-up alone and beside it,
// and what ended it; then for each statement that loops how long it lived after it was cancelled.
// Nothing is asserted: the figures belong to the machine that they were taken on.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "tests/abuse/hostile_graph.h"

namespace skein::abuse {
namespace {

ConnectionOptions Options(absl::Duration time) {
  ConnectionOptions options;
  options.sandbox = true;
  options.limits.time = time;
  return options;
}

struct Percentiles {
  double p50_ms = 0, p99_ms = 0;
  size_t count = 0;
};

// Point look-ups, one after the other, until told to stop.
absl::StatusOr<Percentiles> LookUp(Engine& engine, absl::Duration time,
                                   const std::atomic<bool>* stop) {
  SKEIN_ASSIGN_OR_RETURN(const auto connection, engine.Connect(Options(absl::Seconds(60))));
  std::vector<double> ms;
  std::vector<std::vector<Value>> rows;
  const absl::Time end = absl::Now() + time;
  for (int64_t i = 0; absl::Now() < end && (stop == nullptr || !stop->load()); ++i) {
    ValueMap parameters;
    parameters.emplace_back("i", Value::Integer(i % 100));
    const absl::Time begin = absl::Now();
    SKEIN_ASSIGN_OR_RETURN(const auto cursor,
                           connection->Run("MATCH (c:C {i: $i}) RETURN c.i", parameters));
    SKEIN_RETURN_IF_ERROR(cursor->Next(10, &rows).status());
    ms.push_back(absl::ToDoubleMilliseconds(absl::Now() - begin));
    // As a client that thinks: look-ups without a pause would measure the machine's load.
    absl::SleepFor(absl::Milliseconds(1));
  }
  if (ms.empty()) return Percentiles{};
  std::sort(ms.begin(), ms.end());
  return Percentiles{ms[ms.size() / 2], ms[ms.size() * 99 / 100], ms.size()};
}

absl::Status Beside(Engine& engine, const std::string& name, const std::string& text,
                    absl::Duration time) {
  SKEIN_ASSIGN_OR_RETURN(const Percentiles alone, LookUp(engine, time, nullptr));
  absl::Status ended;
  std::atomic<bool> done{false};
  std::thread hostile([&] {
    ended = Drain(engine, text, Options(time)).status();
    done.store(true);
  });
  const absl::StatusOr<Percentiles> beside = LookUp(engine, time * 3, &done);
  hostile.join();
  SKEIN_RETURN_IF_ERROR(beside.status());
  std::printf("%-32s alone p50 %.3f p99 %.3f ms; beside p50 %.3f p99 %.3f ms (%zu look-ups); %s\n",
              name.c_str(), alone.p50_ms, alone.p99_ms, beside->p50_ms, beside->p99_ms,
              beside->count, ended.ok() ? "answered" : std::string(Message(ended)).c_str());
  return absl::OkStatus();
}

absl::Status CancelAfter(Engine& engine, const std::string& name, const std::string& text) {
  ConnectionOptions options = Options(absl::Seconds(60));
  SKEIN_ASSIGN_OR_RETURN(const auto connection, engine.Connect(options));
  absl::Time ended;
  absl::Status status;
  std::thread runner([&] {
    const auto cursor = connection->Run(text, {});
    status = cursor.status();
    std::vector<std::vector<Value>> rows;
    while (status.ok()) {
      const auto more = (*cursor)->Next(1000, &rows);
      status = more.status();
      if (more.ok() && !*more) break;
    }
    ended = absl::Now();
  });
  absl::SleepFor(absl::Milliseconds(300));
  const absl::Time cancelled = absl::Now();
  connection->Cancel();
  runner.join();
  if (ended < cancelled) {
    std::printf("%-32s ended before: %s\n", name.c_str(),
                status.ok() ? "answered" : std::string(Message(status)).c_str());
  } else {
    std::printf("%-32s ended %.1f ms after it was cancelled\n", name.c_str(),
                absl::ToDoubleMilliseconds(ended - cancelled));
  }
  return absl::OkStatus();
}

absl::Status RunAll(const Sizes& sizes, absl::Duration time) {
  const absl::Time begin = absl::Now();
  SKEIN_ASSIGN_OR_RETURN(const auto graph, HostileGraph::Make(sizes));
  std::printf("made in %.1f s: a clique of %lld, a star of %lld, %lld nodes apart\n",
              absl::ToDoubleSeconds(absl::Now() - begin), static_cast<long long>(sizes.clique),
              static_cast<long long>(sizes.star), static_cast<long long>(sizes.loose));
  const std::pair<const char*, std::string> hostile[] = {
      {"clique, *1..30", "MATCH (a:C {i: 0})-[:K*1..30]-(b) RETURN count(*)"},
      {"clique, 4-cliques",
       "MATCH (a:C)-->(b:C)-->(c:C)-->(d:C), (a)-->(c), (a)-->(d), (b)-->(d) RETURN count(*)"},
      {"star, two hops", "MATCH (a:Leaf)--(h)--(b:Leaf) RETURN count(*)"},
      {"star, shortest path",
       "MATCH (a:Leaf {i: 1}), (b:C {i: 1}) MATCH p = shortestPath((a)-[*]-(b)) RETURN p"},
      {"product of 10^12", "MATCH (a:N), (b:N), (c:N) RETURN count(*)"},
      {"product of 10^12, sorted",
       "MATCH (a:N), (b:N), (c:N) RETURN a.i + b.i + c.i AS x ORDER BY x"},
      {"(a+)+$",
       "UNWIND range(1, 1000000) AS x RETURN count('" + std::string(1000, 'a') + "!' =~ '(a+)+$')"},
      {"10^6 brackets", "RETURN " + std::string(1'000'000, '(')},
      {"10 MB of text", "RETURN '" + std::string(10'000'000, 'x') + "'"},
  };
  for (const auto& [name, text] : hostile) {
    SKEIN_RETURN_IF_ERROR(Beside(graph->engine(), name, text, time));
  }
  for (const auto& [name, text] : EndlessStatements()) {
    SKEIN_RETURN_IF_ERROR(CancelAfter(graph->engine(), name, text));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace skein::abuse

int main(int argc, char** argv) {
  skein::abuse::Sizes sizes{.clique = 2000, .star = 1'000'000, .loose = 10'000};
  double seconds = 3;
  CLI::App app("What hostile queries do to others, and how soon a cancelled one ends.");
  app.add_option("--clique", sizes.clique);
  app.add_option("--star", sizes.star);
  app.add_option("--loose", sizes.loose);
  app.add_option("--seconds", seconds, "of each hostile query");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = skein::abuse::RunAll(sizes, absl::Seconds(seconds));
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
