// Where the tests of this folder work, and how long.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace skein {

// `nightly` where SKEIN_NIGHTLY is set.
inline int Rounds(int normal, int nightly) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment.
  return std::getenv("SKEIN_NIGHTLY") != nullptr ? nightly : normal;
}

// An empty place for one test of this process, in memory where there is such a file system.
inline std::filesystem::path Scratch(std::string_view name) {
  namespace fs = std::filesystem;
  const fs::path root = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
  fs::path dir = root / ("skein_crash_" + std::to_string(::getpid()) + "_" + std::string(name));
  fs::remove_all(dir);
  return dir;
}

}  // namespace skein
