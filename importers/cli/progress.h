// Progress: rate and time left on standard error, only when an import takes long.
//
// Shape     On a terminal one line that is rewritten twice a second and erased at the end;
// elsewhere
//           a line every ten seconds, so that a log stays short.
// Threads   one thread. Cost: one clock reading a call.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/time/time.h"
#include "storage/base/clock.h"

namespace skein {

class Progress {
 public:
  // `out` nullptr: silent.
  Progress(Clock& clock, std::FILE* out, bool terminal, uint64_t bytes_total);

  void Update(const std::string& file, uint64_t rows, uint64_t bytes_done);
  void Finish();
  double seconds() const;

  // "1 h 5 min", "3 min 20 s", "12 s".
  static std::string Spell(double seconds);

 private:
  Clock& clock_;
  std::FILE* out_;
  bool terminal_;
  uint64_t bytes_total_;
  absl::Time start_, next_;
  bool shown_ = false;
};

}  // namespace skein
