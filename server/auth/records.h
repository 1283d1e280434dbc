// SystemRecords: the server's own small records (units, persons, cases, operations) by kind and
// key.
//
// Shape     A record is a flat map of values that has the member `key`; in the system space it is a
//           node labelled with its kind.
// Order     Load: any. Errors: what the engine returns; ABORTED is retried here.
// Threads   Safe from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/engine.h"
#include "storage/base/value.h"

namespace skein::auth {

class SystemRecords {
 public:
  virtual ~SystemRecords() = default;
  virtual absl::StatusOr<std::vector<ValueMap>> Load(std::string_view kind) = 0;
  // Durable when it returns: creates, or replaces the record of that kind and key.
  virtual absl::Status Put(std::string_view kind, const ValueMap& record) = 0;
  // Durable when it returns; a record that is not there is fine.
  virtual absl::Status Remove(std::string_view kind, const std::string& key) = 0;
};

// In the engine's system space, by ordinary queries. Borrows the engine.
std::unique_ptr<SystemRecords> MakeEngineRecords(Engine& engine);
// For tests.
std::unique_ptr<SystemRecords> MakeMemoryRecords();

// The member of a record, or what stands for a missing one.
std::string TextOf(const ValueMap& record, std::string_view key);
int64_t IntegerOf(const ValueMap& record, std::string_view key);
bool FlagOf(const ValueMap& record, std::string_view key);
std::vector<std::string> TextsOf(const ValueMap& record, std::string_view key);
Value TextList(const std::vector<std::string>& texts);

}  // namespace skein::auth
