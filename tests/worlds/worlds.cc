// skein_worlds [--count N] [--seed S]: what one who may not see the hidden elements is told must be
// what the store without them tells.
//
// Prints the statement and both answers of the first differences, and the seed that repeats them.
// The last line is `N statements, N differences`; exit status 1 where there is one.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "storage/base/status.h"
#include "tests/worlds/answer.h"
#include "tests/worlds/statement.h"
#include "tests/worlds/world.h"

namespace skein::worlds {
namespace {

constexpr int kCount = 2000;
constexpr int kCountNightly = 20'000;
constexpr int kStatementsPerWorld = 25;
constexpr int kLargeEvery = 40;  // worlds
constexpr int kDifferencesMax = 8;

void Print(const char* title, const std::vector<std::string>& lines,
           const std::vector<std::string>& other) {
  std::printf("%s (%zu lines)\n", title, lines.size());
  int printed = 0;
  for (size_t i = 0; i < lines.size() && printed < 12; ++i) {
    if (i < other.size() && other[i] == lines[i]) continue;
    std::printf("  %zu: %s\n", i, lines[i].c_str());
    ++printed;
  }
}

// Of one world; how many statements differ.
absl::StatusOr<int> RunWorld(uint64_t seed) {
  Dice dice(seed);
  const bool large = seed % kLargeEvery == 0;
  const WorldPlan plan = MakeWorld(dice, large);
  SKEIN_ASSIGN_OR_RETURN(const World whole, Build(plan, true));
  SKEIN_ASSIGN_OR_RETURN(const World twin, Build(plan, false));
  int differences = 0;
  for (int i = 0; i < kStatementsPerWorld; ++i) {
    Statement statement = MakeStatement(dice, plan);
    // Patterns without an anchor are products over thousands of nodes.
    if (large && statement.rows_read == INT64_MAX) statement.rows_read = 100'000;
    const std::vector<std::string> told = Answer(whole, statement);
    const std::vector<std::string> expected = Answer(twin, statement);
    if (told == expected) continue;
    ++differences;
    std::printf("seed %llu, statement %d%s, batches of %u, %lld rows, $x = %d\n  %s\n",
                static_cast<unsigned long long>(seed), i, statement.fused ? ", fused" : "",
                statement.batch_rows, static_cast<long long>(statement.rows_read), statement.number,
                statement.text.c_str());
    Print("with hidden elements", told, expected);
    Print("without", expected, told);
  }
  return differences;
}

int Main(int argc, char** argv) {
  const bool nightly = std::getenv("SKEIN_NIGHTLY") != nullptr;
  int count = nightly ? kCountNightly : kCount;
  uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string(argv[i]) == "--count") count = std::atoi(argv[i + 1]);
    if (std::string(argv[i]) == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  int statements = 0;
  int differences = 0;
  for (; statements < count && differences < kDifferencesMax;
       statements += kStatementsPerWorld, ++seed) {
    const absl::StatusOr<int> found = RunWorld(seed);
    if (!found.ok()) {
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                  found.status().ToString().c_str());
      return 1;
    }
    differences += *found;
  }
  std::printf("%d statements, %d differences\n", statements, differences);
  return differences == 0 ? 0 : 1;
}

}  // namespace
}  // namespace skein::worlds

int main(int argc, char** argv) { return skein::worlds::Main(argc, argv); }
