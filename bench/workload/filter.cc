// What it costs that a viewer does not see everything: the yardstick's classes on one store, asked
// by a viewer of a sandbox, for whom nothing is checked, by one who sees all policies by name, and
// by one who sees the even ones; and on a store that holds only what that one sees.
//
//   skein_bench_filter --store STORE [--half STORE] --data DIR [--rounds N] [--seeds N] [--only
//   CLASS]...
//
// Stores    of bench/workload/real_store.cc: with 10^4 policies, and the same with --half. In the
//           profile "clean" beside these figures: --ended 0 --delta 0 --clustered 0.
// Method    In every round each class is asked by each viewer in turn; medians of latencies by
//           class, then medians over rounds. With --half every answer of the viewer of half the
//           policies is that of the half store, which the same viewer asks.
// Seeds     those whose entities the viewer of half the policies sees: of others there is nothing
//           to find.
// Goals     all visible: at most 1.25 times unchecked; half: at most 2.5 times the half store.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "bench/workload/clock.h"
#include "bench/workload/yardstick_queries.h"
#include "storage/base/status.h"
#include "storage/kv/open.h"

namespace skein::bench {

namespace {

struct Flags {
  std::string data, store, half;
  std::vector<std::string> only;
  int rounds = 5;
  size_t seeds = 300;
};

struct Opened {
  OpenedStore store;
  std::unique_ptr<Graph> users, system;
  std::unique_ptr<Engine> engine;

  static absl::StatusOr<std::unique_ptr<Opened>> Open(const std::string& path) {
    auto out = std::make_unique<Opened>();
    SKEIN_ASSIGN_OR_RETURN(out->store, OpenStore(path, {}));
    SKEIN_ASSIGN_OR_RETURN(out->users,
                           Graph::Open(*out->store.store, {.space = GraphSpace::kUsers}));
    SKEIN_ASSIGN_OR_RETURN(out->system,
                           Graph::Open(*out->store.store, {.space = GraphSpace::kSystem}));
    SKEIN_ASSIGN_OR_RETURN(out->engine, Engine::Create(*out->users, *out->system, {}));
    return out;
  }
};

// One who asks, and the latencies of a class by round.
struct Asker {
  std::string name;
  std::unique_ptr<Connection> connection;
  std::vector<int64_t> answers;
  std::vector<double> medians;

  absl::Status Round(std::string_view name_of_class, std::span<const Seed> seeds, bool measured) {
    std::vector<double> latencies;
    answers.clear();
    for (const Seed& seed : seeds) {
      const double before = NowMs();
      SKEIN_ASSIGN_OR_RETURN(const int64_t answer,
                             AnswerYardstick(*connection, name_of_class, seed));
      latencies.push_back(NowMs() - before);
      answers.push_back(answer);
    }
    if (measured) medians.push_back(Median(std::move(latencies)));
    return absl::OkStatus();
  }
};

absl::StatusOr<Asker> MakeAsker(Opened& opened, const std::string& name, const Viewer& viewer) {
  ConnectionOptions options;
  options.sandbox = true;
  options.read_only = true;
  options.viewer = viewer;
  options.limits.time = absl::Seconds(600);
  Asker out;
  out.name = name;
  SKEIN_ASSIGN_OR_RETURN(out.connection, opened.engine->Connect(options));
  return out;
}

// Ratios of two askers by round: their median.
double Ratio(const Asker& a, const Asker& b) {
  std::vector<double> ratios;
  for (size_t i = 0; i < a.medians.size(); ++i) ratios.push_back(a.medians[i] / b.medians[i]);
  return Median(std::move(ratios));
}

// The first n seeds whose ids the asker sees.
absl::StatusOr<std::vector<Seed>> Visible(const Asker& asker, std::string_view name,
                                          std::span<const Seed> seeds, size_t n) {
  std::vector<Seed> out;
  for (const Seed& seed : seeds) {
    if (out.size() == n) break;
    const size_t ids = name == "sp" ? 2 : 1;
    bool sees = true;
    for (size_t i = 0; i < ids && sees; ++i) {
      SKEIN_ASSIGN_OR_RETURN(const int64_t found,
                             AnswerYardstick(*asker.connection, "point", {seed[i]}));
      sees = found == 1;
    }
    if (sees) out.push_back(seed);
  }
  return out;
}

absl::Status RunClass(std::string_view name, std::span<const Seed> seeds, int rounds,
                      std::vector<Asker>* askers) {
  for (Asker& asker : *askers) asker.medians.clear();
  for (int round = 0; round <= rounds; ++round) {
    for (Asker& asker : *askers) SKEIN_RETURN_IF_ERROR(asker.Round(name, seeds, round > 0));
  }
  if ((*askers)[0].answers != (*askers)[1].answers) return Internal(name, ": all visible differs");
  if (askers->size() == 4 && (*askers)[2].answers != (*askers)[3].answers) {
    return Internal(name, ": the half store answers otherwise");
  }
  std::printf("%-7s", std::string(name).c_str());
  for (const Asker& asker : *askers) std::printf("%12.4f", Median(asker.medians));
  std::printf("%10.2fx", Ratio((*askers)[1], (*askers)[0]));
  if (askers->size() == 4) std::printf("%10.2fx", Ratio((*askers)[2], (*askers)[3]));
  std::printf("\n");
  return absl::OkStatus();
}

absl::Status Main(const Flags& flags) {
  SKEIN_ASSIGN_OR_RETURN(const auto whole, Opened::Open(flags.store));
  std::unique_ptr<Opened> half;
  const uint32_t policies = whole->users->catalog().policy_count();
  std::vector<PolicyId> all, even;
  for (uint32_t p = 0; p < policies; ++p) {
    all.push_back(PolicyId{p});
    if (p % 2 == 0) even.push_back(PolicyId{p});
  }
  std::vector<Asker> askers(3);
  SKEIN_ASSIGN_OR_RETURN(askers[0], MakeAsker(*whole, "unchecked", Viewer::All()));
  SKEIN_ASSIGN_OR_RETURN(askers[1], MakeAsker(*whole, "all", Viewer::Of(all)));
  SKEIN_ASSIGN_OR_RETURN(askers[2], MakeAsker(*whole, "half", Viewer::Of(even)));
  if (!flags.half.empty()) {
    SKEIN_ASSIGN_OR_RETURN(half, Opened::Open(flags.half));
    SKEIN_ASSIGN_OR_RETURN(Asker asker, MakeAsker(*half, "half store", Viewer::Of(even)));
    askers.push_back(std::move(asker));
  }
  SKEIN_ASSIGN_OR_RETURN(const Seeds seeds, ReadSeeds(flags.data));
  std::printf("%u policies; medians in ms\n%-7s", policies, "class");
  for (const Asker& asker : askers) std::printf("%12s", asker.name.c_str());
  std::printf("%11s%11s\n", "all", askers.size() == 4 ? "half" : "");
  for (const std::string_view name : kClasses) {
    if (!flags.only.empty() &&
        std::find(flags.only.begin(), flags.only.end(), name) == flags.only.end()) {
      continue;
    }
    SKEIN_ASSIGN_OR_RETURN(const std::vector<Seed> visible,
                           Visible(askers[2], name, seeds.find(name)->second, flags.seeds));
    SKEIN_RETURN_IF_ERROR(RunClass(name, visible, flags.rounds, &askers));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace skein::bench

int main(int argc, char** argv) {
  // As server/main/main.cc.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  skein::bench::Flags flags;
  CLI::App app("What checks of policies cost the yardstick's queries");
  app.add_option("--data", flags.data, "Folder of the generator's files, with queries.json")
      ->required();
  app.add_option("--store", flags.store, "A store of skein_bench_real_store")->required();
  app.add_option("--half", flags.half, "The same store made with --half");
  app.add_option("--only", flags.only, "Only these classes");
  app.add_option("--rounds", flags.rounds, "Rounds after the one that warms")
      ->capture_default_str();
  app.add_option("--seeds", flags.seeds, "Seeds of each class")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = skein::bench::Main(flags);
  if (status.ok()) return 0;
  std::fprintf(stderr, "skein_bench_filter: %s\n", std::string(skein::Message(status)).c_str());
  return 1;
}
