// RocksDB behind Store. Internal to storage/kv: others open stores through storage/kv/open.h.
//
// One column family a table; the write-ahead log is synced once for every group of commits. (Our
// own log, with two copies of each group, replaces RocksDB's in format 1.)
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "storage/base/clock.h"
#include "storage/kv/store.h"

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
  size_t write_buffer_bytes = size_t{64} << 20;
  // Writes are refused below the smaller of the two; 0 switches the check off.
  uint64_t free_bytes_min = uint64_t{1} << 30;
  double free_share_min = 0.05;
  std::function<absl::StatusOr<DiskSpace>(const std::string&)> disk_space = &ReadDiskSpace;
  // False only in the control of crash tests, which must then lose data.
  bool sync = true;
  std::shared_ptr<rocksdb::FileSystem> file_system = nullptr;  // nullptr: the real one
};

// Opens or creates the database in directory `dir`.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const std::string& dir,
                                                      const RocksStoreOptions& options);

}  // namespace skein
