// The writer that crash tests kill: `skein_crash_writer DIR KILL_AT COUNT`.
//
// Commits up to COUNT transactions of the script, printing "s N" before and "a N" after each, and
// kills itself with SIGKILL at its KILL_AT-th change of a file, opening included.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "storage/kv/fault_file_system.h"
#include "storage/kv/open.h"
#include "tests/crash/script.h"

namespace {

// One write(2) a line: what the parent has read, it keeps, whatever happens next.
void Say(char word, uint64_t number) {
  char line[32];
  const int n =
      std::snprintf(line, sizeof(line), "%c %llu\n", word, static_cast<unsigned long long>(number));
  if (::write(STDOUT_FILENO, line, static_cast<size_t>(n)) != n) std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto faults = skein::FaultFileSystem::Create();
  faults->RunAt(std::atoll(argv[2]), [] { ::kill(::getpid(), SIGKILL); });
  skein::OpenStoreOptions options;
  options.create = true;
  options.rocks.free_bytes_min = 0;
  options.rocks.write_buffer_bytes = 64 << 10;
  options.rocks.file_system = faults->file_system();
  options.rocks.log_disk = faults->log_disk();
  auto opened = skein::OpenStore(argv[1], options);
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", opened.status().ToString().c_str());
    Say('e', 1);
    return 1;
  }
  auto script = skein::CrashScript::Open(*opened->store);
  if (!script.ok()) {
    std::fprintf(stderr, "%s\n", script.status().ToString().c_str());
    Say('e', 2);
    return 1;
  }
  auto last = (*script)->Last();
  if (!last.ok()) return 1;
  const uint64_t end = *last + std::strtoull(argv[3], nullptr, 10);
  for (uint64_t i = *last + 1; i <= end; ++i) {
    Say('s', i);
    const absl::Status status = (*script)->Commit(i);
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", status.ToString().c_str());
      Say('e', 3);
      return 1;
    }
    Say('a', i);
  }
  return 0;
}
