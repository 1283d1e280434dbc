// Fixer: the writes of a repair, a few MiB at a time. Internal to storage/care.
//
// Threads   One. Errors: as Store::Commit.
#pragma once

#include <string>
#include <string_view>

#include "storage/care/verify.h"
#include "storage/kv/store.h"

namespace skein {

class Fixer {
 public:
  Fixer(Store& store, Version base, RepairReport& report)
      : store_(store), base_(base), batch_(base), report_(report) {}

  absl::Status Put(Table table, std::string_view key, std::string_view value) {
    batch_.PutUnguarded(table, key, value);
    return FlushIfLarge();
  }
  absl::Status Delete(Table table, std::string_view key) {
    batch_.DeleteUnguarded(table, key);
    return FlushIfLarge();
  }
  absl::Status Add(std::string_view key, int64_t delta) {
    batch_.Add(Table::kStats, key, delta);
    return FlushIfLarge();
  }
  // Durable when it returns.
  absl::Status Finish() { return Flush(Durability::kSync); }
  RepairReport& report() { return report_; }

 private:
  static constexpr size_t kBytesMax = size_t{4} << 20;

  absl::Status FlushIfLarge() {
    return batch_.bytes() < kBytesMax ? absl::OkStatus() : Flush(Durability::kAsync);
  }
  absl::Status Flush(Durability durability) {
    const absl::Status status = store_.Commit(batch_, durability).status();
    batch_ = WriteBatch(base_);
    return status;
  }

  Store& store_;
  const Version base_;
  WriteBatch batch_;
  RepairReport& report_;
};

}  // namespace skein
