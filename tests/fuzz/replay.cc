// Runs a fuzz target without libFuzzer: every corpus file, then seeded mutations of each.
//
// The number of mutations is fixed, so a run takes the same time and finds the same thing
// everywhere; SKEIN_NIGHTLY=1 multiplies it by 50. Before each input its bytes are kept in memory,
// and a crash prints the file and the round from which the input follows.

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

namespace {

constexpr int kRounds = 4000;
constexpr int kNightly = 50;

std::string current;  // what is running, for the crash handler

extern "C" void OnCrash(int number) {
  // The process is lost anyway; a message that is cut short is better than none.
  std::fprintf(stderr, "crashed with signal %d at %s\n", number, current.c_str());
  std::signal(number, SIG_DFL);
  std::raise(number);
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// One small change: flip, insert, remove, repeat a piece, splice with another input.
void Mutate(std::string* bytes, const std::vector<std::string>& others, std::mt19937_64& dice) {
  const auto below = [&dice](size_t n) { return n == 0 ? 0 : static_cast<size_t>(dice() % n); };
  const size_t at = below(bytes->size() + 1);
  switch (dice() % 6) {
    case 0:
      if (at < bytes->size()) (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << below(8)));
      break;
    case 1:
      if (at < bytes->size()) (*bytes)[at] = static_cast<char>(dice());
      break;
    case 2:
      bytes->insert(at, 1, static_cast<char>(dice()));
      break;
    case 3:
      bytes->erase(at, below(8) + 1);
      break;
    case 4: {
      const std::string piece = bytes->substr(at, below(32) + 1);
      bytes->insert(at, piece);
      break;
    }
    default: {
      const std::string& other = others[below(others.size())];
      bytes->replace(at, below(16), other.substr(below(other.size()), below(64)));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      paths.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) paths.push_back(entry);
  }
  std::sort(paths.begin(), paths.end());
  if (paths.empty()) {
    std::fprintf(stderr, "no corpus: give files or folders\n");
    return 1;
  }
  for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) std::signal(number, &OnCrash);

  std::vector<std::string> inputs;
  inputs.reserve(paths.size());
  for (const auto& path : paths) inputs.push_back(ReadAll(path));
  const char* nightly = std::getenv("SKEIN_NIGHTLY");  // NOLINT(concurrency-mt-unsafe): one thread
  const int rounds = nightly != nullptr && *nightly != '\0' ? kRounds * kNightly : kRounds;
  size_t runs = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::mt19937_64 dice(i + 1);  // NOLINT: the same every time on purpose
    std::string bytes = inputs[i];
    for (int round = 0; round <= rounds; ++round, ++runs) {
      current = paths[i].string() + " round " + std::to_string(round);
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
      // Back to the seed now and then: far from it nothing gets past the first check.
      if (round % 16 == 15) bytes = inputs[i];
      Mutate(&bytes, inputs, dice);
    }
  }
  std::printf("%zu inputs, %zu runs\n", inputs.size(), runs);
  return 0;
}
