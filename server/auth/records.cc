#include "server/auth/records.h"

#include <map>
#include <mutex>

#include "storage/base/status.h"

namespace skein::auth {
namespace {

constexpr int kTries = 10;  // conflicts of concurrent administrators end after one or two

const Value* Find(const ValueMap& record, std::string_view key) {
  for (const auto& [name, value] : record) {
    if (name == key) return &value;
  }
  return nullptr;
}

// Kinds are literals of this folder, never input: they may stand in the query's text.
class EngineRecords final : public SystemRecords {
 public:
  explicit EngineRecords(Engine& engine) : engine_(engine) {}

  absl::StatusOr<std::vector<ValueMap>> Load(std::string_view kind) override {
    std::vector<ValueMap> records;
    const std::string text = "MATCH (r:" + std::string(kind) + ") RETURN properties(r) AS record";
    SKEIN_RETURN_IF_ERROR(Run(text, {}, &records));
    return records;
  }

  absl::Status Put(std::string_view kind, const ValueMap& record) override {
    const std::string text = "MERGE (r:" + std::string(kind) + " {key: $key}) SET r = $record";
    const Value* key = Find(record, "key");
    if (key == nullptr) return Internal("a system record without key");
    return Write(text, {{"key", *key}, {"record", Value::Map(record)}});
  }

  absl::Status Remove(std::string_view kind, const std::string& key) override {
    return Write("MATCH (r:" + std::string(kind) + " {key: $key}) DELETE r",
                 {{"key", Value::String(key)}});
  }

 private:
  absl::Status Write(const std::string& text, const ValueMap& parameters) {
    absl::Status status;
    for (int i = 0; i < kTries; ++i) {
      status = Run(text, parameters, nullptr);
      if (status.code() != absl::StatusCode::kAborted) break;
    }
    return status;
  }

  absl::Status Run(const std::string& text, const ValueMap& parameters,
                   std::vector<ValueMap>* records) {
    SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection, engine_.ConnectSystem());
    SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<Cursor> cursor, connection->Run(text, parameters));
    std::vector<std::vector<Value>> rows;
    while (true) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(1000, &rows));
      for (const auto& row : rows) {
        if (records != nullptr && !row.empty()) records->push_back(row[0].map());
      }
      if (!more) return absl::OkStatus();
    }
  }

  Engine& engine_;
};

class MemoryRecords final : public SystemRecords {
 public:
  absl::StatusOr<std::vector<ValueMap>> Load(std::string_view kind) override {
    const std::lock_guard lock(mutex_);
    std::vector<ValueMap> out;
    for (const auto& [key, record] : records_) {
      if (key.first == kind) out.push_back(record);
    }
    return out;
  }
  absl::Status Put(std::string_view kind, const ValueMap& record) override {
    const std::lock_guard lock(mutex_);
    records_[{std::string(kind), TextOf(record, "key")}] = record;
    return absl::OkStatus();
  }
  absl::Status Remove(std::string_view kind, const std::string& key) override {
    const std::lock_guard lock(mutex_);
    records_.erase({std::string(kind), key});
    return absl::OkStatus();
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, ValueMap> records_;
};

}  // namespace

std::unique_ptr<SystemRecords> MakeEngineRecords(Engine& engine) {
  return std::make_unique<EngineRecords>(engine);
}
std::unique_ptr<SystemRecords> MakeMemoryRecords() { return std::make_unique<MemoryRecords>(); }

std::string TextOf(const ValueMap& record, std::string_view key) {
  const Value* v = Find(record, key);
  return v != nullptr && v->kind() == ValueKind::kString ? v->string() : std::string();
}

int64_t IntegerOf(const ValueMap& record, std::string_view key) {
  const Value* v = Find(record, key);
  return v != nullptr && v->kind() == ValueKind::kInteger ? v->integer() : 0;
}

bool FlagOf(const ValueMap& record, std::string_view key) {
  const Value* v = Find(record, key);
  return v != nullptr && v->kind() == ValueKind::kBoolean && v->boolean();
}

std::vector<std::string> TextsOf(const ValueMap& record, std::string_view key) {
  std::vector<std::string> texts;
  const Value* v = Find(record, key);
  if (v == nullptr || v->kind() != ValueKind::kList) return texts;
  for (const Value& item : v->list()) {
    if (item.kind() == ValueKind::kString) texts.push_back(item.string());
  }
  return texts;
}

Value TextList(const std::vector<std::string>& texts) {
  ValueList list;
  for (const std::string& text : texts) list.push_back(Value::String(text));
  return Value::List(std::move(list));
}

}  // namespace skein::auth
