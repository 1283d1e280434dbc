#include "storage/kv/store.h"

#include <array>
#include <cstring>

#include "storage/base/status.h"

namespace skein {

std::string_view TableName(Table table) {
  static constexpr std::array<std::string_view, kTableCount> kNames = {
      "meta", "catalog", "nodes",   "labels", "links", "adjacency", "index",
      "text", "imports", "history", "stats",  "locks", "fusion",    "versions"};
  return kNames[static_cast<size_t>(table)];
}

std::string NextKey(std::string_view key) {
  std::string next(key);
  next.push_back('\0');
  return next;
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty()) {
    const auto last = static_cast<unsigned char>(end.back());
    if (last != 0xff) {
      end.back() = static_cast<char>(last + 1);
      return end;
    }
    end.pop_back();
  }
  return end;
}

void WriteBatch::Append(Kind kind, bool guarded, Table table, std::string_view key,
                        std::string_view value, uint32_t stamp) {
  ops_.push_back({arena_.size(), static_cast<uint32_t>(key.size()),
                  static_cast<uint32_t>(value.size()), stamp, kind, guarded, table});
  arena_.append(key);
  arena_.append(value);
}

void WriteBatch::Put(Table table, std::string_view key, std::string_view value) {
  Append(Kind::kPut, true, table, key, value);
}
void WriteBatch::Delete(Table table, std::string_view key) {
  Append(Kind::kDelete, true, table, key, {});
}
void WriteBatch::PutUnguarded(Table table, std::string_view key, std::string_view value) {
  Append(Kind::kPut, false, table, key, value);
}
void WriteBatch::DeleteUnguarded(Table table, std::string_view key) {
  Append(Kind::kDelete, false, table, key, {});
}
void WriteBatch::PutStamped(Table table, std::string_view key, std::string_view value,
                            uint32_t stamp, bool guarded) {
  SKEIN_CHECK(stamp > 0 && stamp + sizeof(uint64_t) <= value.size());
  Append(Kind::kPut, guarded, table, key, value, stamp);
}
void WriteBatch::PutUnderVersion(Table table, std::string_view prefix, std::string_view value) {
  std::string key(prefix);
  key.append(sizeof(uint64_t), '\0');
  Append(Kind::kPut, false, table, key, value, kStampKey);
}
void WriteBatch::Add(Table table, std::string_view key, int64_t delta) {
  SKEIN_CHECK(table == Table::kStats);
  Append(Kind::kAdd, false, table, key, EncodeCounter(delta));
}
void WriteBatch::Check(Table table, std::string_view key) {
  Append(Kind::kCheck, false, table, key, {});
}
void WriteBatch::Touch(Table table, std::string_view key) {
  Append(Kind::kTouch, false, table, key, {});
}

WriteBatch::Op WriteBatch::op(size_t i) const {
  const Stored& s = ops_[i];
  const std::string_view arena(arena_);
  return {s.kind,
          s.guarded,
          s.table,
          arena.substr(s.offset, s.key_size),
          arena.substr(s.offset + s.key_size, s.value_size),
          s.stamp};
}

WriteBatch::Op WriteBatch::op(size_t i, Version version, std::string* scratch) const {
  Op op = this->op(i);
  if (op.stamp == 0) return op;
  const bool in_key = op.stamp == kStampKey;
  scratch->assign(in_key ? op.key : op.value);
  char* at = scratch->data() + (in_key ? scratch->size() - sizeof(uint64_t) : op.stamp);
  for (int shift = 56; shift >= 0; shift -= 8) {
    *at++ = static_cast<char>(Raw(version) >> shift & 0xff);
  }
  (in_key ? op.key : op.value) = *scratch;
  return op;
}

void WriteBatch::Reserve(size_t ops, size_t arena_bytes) {
  ops_.reserve(ops);
  arena_.reserve(arena_bytes);
}

std::string StampValue(Version version) {
  std::string value(1, '\0');
  for (int shift = 56; shift >= 0; shift -= 8) {
    value.push_back(static_cast<char>(Raw(version) >> shift & 0xff));
  }
  return value;
}

int64_t DecodeCounter(std::string_view value) {
  if (value.size() != sizeof(int64_t)) return 0;
  uint64_t bits = 0;
  for (size_t i = sizeof(bits); i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(value[i]);
  return static_cast<int64_t>(bits);
}

std::string EncodeCounter(int64_t value) {
  std::string out(sizeof(value), '\0');
  auto bits = static_cast<uint64_t>(value);
  for (char& c : out) {
    c = static_cast<char>(bits & 0xff);
    bits >>= 8;
  }
  return out;
}

absl::StatusOr<std::optional<std::string>> GetOne(Store& store, const View& view, Table table,
                                                  std::string_view key) {
  const KeyRef ref{table, key};
  std::vector<std::optional<std::string>> out;
  SKEIN_RETURN_IF_ERROR(store.MultiGet(view, {&ref, 1}, &out));
  return std::move(out[0]);
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ScanPrefix(
    Store& store, const View& view, Table table, std::string_view prefix, size_t rows_max) {
  std::vector<std::pair<std::string, std::string>> rows;
  std::string begin(prefix);
  const std::string end = PrefixEnd(prefix);
  std::vector<ScanPage> pages;
  while (true) {
    const ScanRange range{table, begin, end, kScanRowsMax, false};
    SKEIN_RETURN_IF_ERROR(store.MultiScan(view, {&range, 1}, &pages));
    ScanPage& page = pages[0];
    if (rows.size() + page.rows.size() > rows_max) {
      return ResourceExhausted("table ", TableName(table), ": more than ", rows_max,
                               " rows under one prefix");
    }
    for (auto& row : page.rows) rows.push_back(std::move(row));
    if (!page.more || rows.empty()) return rows;
    begin = NextKey(rows.back().first);
  }
}

}  // namespace skein
