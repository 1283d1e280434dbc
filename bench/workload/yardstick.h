// The yardstick's classes of queries, run the same way for every subject and written down in the
// shape that the scripts of ../shared/bench/peers write.
//
// Method    Per class: a warm pass over the seeds (at most a third of the cap), then one measured
//           pass (at most the cap); latencies by the monotonic clock around one call each.
// Units     Latencies and caps are milliseconds.
// Errors    NOT_FOUND, INVALID_ARGUMENT: queries.json is missing or not of its shape; else the
//           subject's first error, annotated with class and seed.
// Threads   One.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace skein::bench {

using Seed = std::vector<int64_t>;
using Seeds = std::map<std::string, std::vector<Seed>, std::less<>>;

// In the order in which they are run and printed.
inline constexpr std::array<std::string_view, 7> kClasses = {"point", "hop1",  "hop2", "hop3",
                                                             "tw2",   "coloc", "sp"};

absl::StatusOr<Seeds> ReadSeeds(const std::string& data_dir);

// One subject: answers a class for a seed (its arguments in the order of queries.json).
struct Subject {
  std::string name, version;
  double open_ms = 0;
  std::function<absl::StatusOr<int64_t>(std::string_view, const Seed&)> answer;
};

struct YardstickOptions {
  double cap_ms = 12000;
  int warm_passes = 1;            // more, to watch one class with a profiler; 0: cold
  size_t first = SIZE_MAX;        // seeds of each class, at most
  std::vector<std::string> only;  // classes; empty: all
};

// Prints a line per class on stderr; gives the JSON document.
absl::StatusOr<std::string> RunYardstick(const Subject& subject, const Seeds& seeds,
                                         const YardstickOptions& options);

// As the generator's: splitmix64 (Steele, Lea, Flood 2014).
uint64_t Mix(uint64_t x);
// True of `percent` of all x, the same ones every time; `salt` tells choices apart.
bool Chosen(uint64_t x, uint64_t salt, double percent);
// The links that are deleted in the profile "real": Chosen(eid, kEndedSalt, percent).
inline constexpr uint64_t kEndedSalt = 1;

double NowMs();
absl::Status WriteFile(const std::string& path, std::string_view text);

}  // namespace skein::bench
