#include "tests/crash/store_work.h"

#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "storage/base/status.h"

namespace skein {
namespace {

constexpr uint64_t kKeys = 50;
constexpr uint64_t kIngestEvery = 17;
constexpr uint64_t kIngestRows = 20;

std::string KeyOf(uint64_t i) { return "key " + std::to_string(100 + i % kKeys); }
std::string ValueOf(uint64_t i) {
  std::mt19937_64 dice(i);
  // Mostly small; some larger than the log keeps in its ring.
  std::string value(i % 23 == 0 ? 150'000 : dice() % 3000, '\0');
  for (char& c : value) c = static_cast<char>(dice());
  return value;
}
std::string RunKey(uint64_t i, uint64_t row) {
  return "run " + std::to_string(100'000 + i) + "/" + std::to_string(100 + row);
}
bool Ingests(uint64_t i) { return i % kIngestEvery == 0; }

absl::Status IngestStep(Store& store, uint64_t i) {
  uint64_t row = 0;
  std::string key;
  bool noted = false, counted = false;
  const std::string number = EncodeCounter(static_cast<int64_t>(i));
  SortedRun runs[3];
  runs[0] = {Table::kLinks, [&](std::string_view* k, std::string_view* v) -> absl::StatusOr<bool> {
               if (row == kIngestRows) return false;
               key = RunKey(i, row++);
               *k = key;
               *v = number;
               return true;
             }};
  runs[1] = {Table::kCatalog,
             [&](std::string_view* k, std::string_view* v) -> absl::StatusOr<bool> {
               *k = "last";
               *v = number;
               return !std::exchange(noted, true);
             }};
  runs[2] = {Table::kStats, [&](std::string_view* k, std::string_view* v) -> absl::StatusOr<bool> {
               *k = "sum";
               *v = number;
               return !std::exchange(counted, true);
             }};
  return store.Ingest(runs).status();
}

using Rows = std::map<std::string, std::string>;

Rows ExpectedKeys(uint64_t k) {
  std::map<std::string, uint64_t> last;
  for (uint64_t i = 1; i <= k; ++i) {
    if (Ingests(i)) continue;
    last[KeyOf(i)] = i;
    if (i % 11 == 0) last.erase(KeyOf(i + 7));
  }
  Rows rows;
  for (const auto& [key, i] : last) rows[key] = ValueOf(i);
  return rows;
}

absl::StatusOr<Rows> AllRows(Store& store, const View& view, Table table) {
  SKEIN_ASSIGN_OR_RETURN(auto found, ScanPrefix(store, view, table, ""));
  return Rows(found.begin(), found.end());
}

}  // namespace

absl::Status DoStep(Store& store, uint64_t i) {
  if (Ingests(i)) return IngestStep(store, i);
  WriteBatch batch(Version{0});
  batch.PutUnguarded(Table::kNodes, KeyOf(i), ValueOf(i));
  if (i % 11 == 0) batch.DeleteUnguarded(Table::kNodes, KeyOf(i + 7));
  batch.Add(Table::kStats, "sum", static_cast<int64_t>(i));
  batch.PutUnguarded(Table::kCatalog, "last", EncodeCounter(static_cast<int64_t>(i)));
  return store.Commit(batch, StepIsSynced(i) ? Durability::kSync : Durability::kAsync).status();
}

absl::StatusOr<uint64_t> LastStep(Store& store) {
  SKEIN_ASSIGN_OR_RETURN(const auto view, store.Latest());
  SKEIN_ASSIGN_OR_RETURN(const auto last, GetOne(store, *view, Table::kCatalog, "last"));
  return last ? static_cast<uint64_t>(DecodeCounter(*last)) : 0;
}

std::string CheckSteps(Store& store, uint64_t acked, uint64_t started) {
  const auto k = LastStep(store);
  if (!k.ok()) return k.status().ToString();
  if (*k < acked) return internal::Join("silent: ", acked, " steps acknowledged, there: ", *k);
  if (*k > started) return internal::Join("silent: ", started, " steps started, there: ", *k);
  const auto view = store.Latest();
  if (!view.ok()) return view.status().ToString();
  const auto keys = AllRows(store, **view, Table::kNodes);
  if (!keys.ok()) return keys.status().ToString();
  if (*keys != ExpectedKeys(*k)) return internal::Join("silent: other keys than after step ", *k);
  const auto runs = AllRows(store, **view, Table::kLinks);
  if (!runs.ok()) return runs.status().ToString();
  Rows expected;
  for (uint64_t i = kIngestEvery; i <= *k; i += kIngestEvery) {
    for (uint64_t row = 0; row < kIngestRows; ++row) {
      expected[RunKey(i, row)] = EncodeCounter(static_cast<int64_t>(i));
    }
  }
  if (*runs != expected) return internal::Join("silent: other runs than after step ", *k);
  const auto sum = GetOne(store, **view, Table::kStats, "sum");
  if (!sum.ok()) return sum.status().ToString();
  const int64_t counted = *sum ? DecodeCounter(**sum) : 0;
  const auto wanted = static_cast<int64_t>(*k * (*k + 1) / 2);
  if (counted == wanted) return "";
  return internal::Join("silent: the counter is ", counted, ", not ", wanted);
}

void DoSteps(Store& store, uint64_t last, int retries, uint64_t* acked, uint64_t* started) {
  uint64_t next = *acked + 1;
  while (next <= last) {
    *started = std::max(*started, next);
    const absl::Status status = DoStep(store, next);
    if (absl::IsResourceExhausted(status) && retries-- > 0) continue;
    if (!status.ok()) return;
    if (StepIsSynced(next)) *acked = next;
    ++next;
  }
}

}  // namespace skein
