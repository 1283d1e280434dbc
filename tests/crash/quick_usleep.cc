#include <unistd.h>

#include <ctime>

// RocksDB waits a second, by usleep, before it repeats background work that failed. Every power cut
// would cost that second; here nobody needs to wait. (A program's own definition takes precedence
// over the C library's.)
extern "C" int usleep(useconds_t) {
  const timespec moment = {0, 20'000};
  return ::nanosleep(&moment, nullptr);
}
