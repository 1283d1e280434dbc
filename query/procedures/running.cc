#include "query/procedures/running.h"

#include "absl/strings/numbers.h"

namespace skein::procedures {

namespace {

constexpr std::string_view kPrefix = "query-";
// Of a text that is longer, SHOW QUERIES shows the beginning.
constexpr size_t kTextShownMax = 4096;

}  // namespace

RunningQueries::Handle RunningQueries::Add(const Asker& who, std::string_view text,
                                           absl::Time started, Budget* budget) {
  Entry entry;
  entry.who = &who;
  entry.text = text.substr(0, kTextShownMax);
  entry.started = started;
  entry.budget = budget;
  entry.bytes_at_start = budget->bytes_left.load(std::memory_order_relaxed);
  entry.rows_at_start = budget->rows_left.load(std::memory_order_relaxed);
  absl::MutexLock lock(&mu_);
  const uint64_t number = next_++;
  entries_.emplace_hint(entries_.end(), number, entry);
  return {this, number};
}

void RunningQueries::Remove(uint64_t number) {
  absl::MutexLock lock(&mu_);
  entries_.erase(number);
}

bool RunningQueries::Sees(const Asker& who, const Entry& entry) {
  return who.all || (who.person == entry.who->person && who.unit == entry.who->unit);
}

std::vector<RunningQueries::Query> RunningQueries::List(const Asker& who) const {
  std::vector<Query> out;
  absl::MutexLock lock(&mu_);
  for (const auto& [number, entry] : entries_) {
    if (!Sees(who, entry)) continue;
    Query query;
    query.number = number;
    query.person = entry.who->person;
    query.unit = entry.who->unit;
    query.text = std::string(entry.text);
    query.started = entry.started;
    query.bytes = entry.bytes_at_start - entry.budget->bytes_left.load(std::memory_order_relaxed);
    query.rows = entry.rows_at_start - entry.budget->rows_left.load(std::memory_order_relaxed);
    query.killed = entry.budget->cancelled.load(std::memory_order_relaxed);
    out.push_back(std::move(query));
  }
  return out;
}

bool RunningQueries::Kill(uint64_t number, const Asker& who) {
  absl::MutexLock lock(&mu_);
  const auto it = entries_.find(number);
  if (it == entries_.end() || !Sees(who, it->second)) return false;
  it->second.budget->cancelled.store(true, std::memory_order_relaxed);
  return true;
}

std::string QueryName(uint64_t number) { return std::string(kPrefix) + std::to_string(number); }

uint64_t QueryNumber(std::string_view name) {
  uint64_t number = 0;
  if (name.substr(0, kPrefix.size()) != kPrefix) return 0;
  name.remove_prefix(kPrefix.size());
  return absl::SimpleAtoi(absl::string_view(name.data(), name.size()), &number) ? number : 0;
}

}  // namespace skein::procedures
