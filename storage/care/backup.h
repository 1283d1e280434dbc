// Backups: copies of a store at one version each, in a folder that keeps every file once.
//
// Shape     FOLDER/SKEIN-BACKUP      which store's backups these are
//           FOLDER/files/ab/abcd…    files, named by the SHA-256 of what they hold
//           FOLDER/backups/00000001  the catalogue of one backup: its files with sizes and hashes,
//                                    and at its end the hash of itself
// Backup    A checkpoint of the store (Store::Checkpoint, hard links where there can be), copied:
//           files that are there already are not copied again. Each copy is synced, read back and
//           held against its hash before the catalogue, written last, names it. Others may read and
//           write the store meanwhile.
// Kill      At any moment: the backups that were complete stay complete; what was begun is cleared
//           away by the next one.
// Restore   Checks the catalogue and every file while it copies; the store appears under its name
//           when all of it is there and synced, or not at all.
// Errors    FAILED_PRECONDITION the folder holds another store's backups, or something else; the
//                               place of a restore is not empty
//           DATA_LOSS           a file or catalogue of the backup is damaged or missing: named
//           UNAVAILABLE         another backup to the folder is under way; reading or writing
//           failed RESOURCE_EXHAUSTED  no space else                what `step` returned
// Threads   Each call one; one writing call at a time for a folder, which a lock sees to.
// Source    docs/formats/backup.md
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/base/clock.h"
#include "storage/kv/store.h"

namespace skein {

struct BackupOptions {
  std::string folder;
  // A folder that does not exist, on the store's own file system: where the checkpoint is made, and
  // removed again.
  std::string scratch;
  uint32_t keep = 0;  // backups that stay, the newest; 0: all
  Clock* clock = &Clock::Real();
  // Called before each change of a file, and with what is being done; an error ends the backup. May
  // be empty.
  std::function<absl::Status(std::string_view what)> step;
  std::function<void(uint64_t done, uint64_t total)> progress;  // bytes; may be empty
};

struct BackupInfo {
  uint64_t number = 0;
  int64_t made_us = 0;
  Version version{};  // it has every commit up to this one
  uint64_t files = 0, bytes = 0;
  uint64_t files_copied = 0, bytes_copied = 0;  // by this backup: were not in the folder before
};

absl::StatusOr<BackupInfo> MakeBackup(Store& store, const BackupOptions& options);

// Oldest first. A damaged catalogue is an error.
absl::StatusOr<std::vector<BackupInfo>> ListBackups(const std::string& folder);

struct BackupCheck {
  uint64_t backups = 0, files = 0, bytes = 0;
  std::vector<std::string> damage;  // one line each: what, and in which backups
};
// Reads every file of every backup and holds it against its hash.
absl::StatusOr<BackupCheck> CheckBackups(
    const std::string& folder, const std::function<absl::Status(std::string_view)>& step = {});

struct RestoreOptions {
  std::string folder;
  uint64_t number = 0;  // 0: the newest
  std::string store;    // must not exist, or be empty
  std::function<absl::Status(std::string_view what)> step;
};
absl::StatusOr<BackupInfo> RestoreBackup(const RestoreOptions& options);

}  // namespace skein
