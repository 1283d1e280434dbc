// RocksDB behind Store. Internal to storage/kv: others open stores through storage/kv/open.h.
//
// One column family a table. What is not yet in RocksDB's files is in our own log (storage/log),
// which is synced once for every group of commits; RocksDB writes none.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/base/clock.h"
#include "storage/kv/store.h"
#include "storage/log/disk.h"

namespace rocksdb {
class FileSystem;
}

namespace skein {

struct DiskSpace {
  uint64_t free_bytes = 0;
  uint64_t total_bytes = 0;
};

// Of the file system that holds `path`.
absl::StatusOr<DiskSpace> ReadDiskSpace(const std::string& path);

struct RocksStoreOptions {
  Clock* clock = &Clock::Real();
  size_t cache_bytes = size_t{256} << 20;
  // Of one table; all tables together hold at most twice as much before they are flushed, and four
  // times as much while that goes on, after which commits wait.
  size_t write_buffer_bytes = size_t{64} << 20;
  uint64_t log_file_bytes = uint64_t{64} << 20;
  // Writes are refused below the smaller of the two; 0 switches the check off.
  uint64_t free_bytes_min = uint64_t{1} << 30;
  double free_share_min = 0.05;
  std::function<absl::StatusOr<DiskSpace>(const std::string&)> disk_space = &ReadDiskSpace;
  // False only in the control of crash tests, which must then lose data.
  bool sync = true;
  std::shared_ptr<rocksdb::FileSystem> file_system = nullptr;  // nullptr: the real one
  std::shared_ptr<log::LogDisk> log_disk = nullptr;            // likewise
};

// Opens or creates the database in directory `dir` and its log in `log_dir`. A database without a
// log is taken over: whatever RocksDB's own log still holds is flushed first. `notes`, unless null,
// gets a line for everything that opening repaired or cut off.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const std::string& dir,
                                                      const std::string& log_dir,
                                                      const RocksStoreOptions& options,
                                                      std::vector<std::string>* notes = nullptr);

}  // namespace skein
