#include "query/engine/plan_cache.h"

#include <algorithm>
#include <utility>

#include "query/bind/bind.h"
#include "query/engine/notices.h"
#include "query/rewrite/rewrite.h"
#include "query/syntax/parser.h"
#include "storage/base/status.h"

namespace skein {

namespace {

// Statistics are read again when the graph is this many times as large or as small as it was.
constexpr double kStaleFactor = 4;
constexpr double kSmallGraph = 1000;         // below this, differences do not matter
constexpr uint64_t kCheckEvery = 1'000'000;  // versions are microseconds

bool Changed(double size, double before) {
  return size > before * kStaleFactor || size * kStaleFactor < before;
}

// What the plan rests on holds for the reader; and no time key has come that would make it better.
bool Holds(const Prepared& prepared, const Reader& reader) {
  const bool old_enough = !prepared.plan.time_keys || prepared.plan.since <= reader.version();
  return old_enough && prepared.time_key_epoch == reader.catalog().time_key_epoch();
}

absl::StatusOr<double> GraphSize(const Reader& reader, const Viewer& viewer) {
  SKEIN_ASSIGN_OR_RETURN(const uint64_t nodes, reader.CountNodes(viewer, std::nullopt));
  SKEIN_ASSIGN_OR_RETURN(const uint64_t links, reader.CountLinks(viewer, std::nullopt));
  return std::max(kSmallGraph, static_cast<double>(nodes + links));
}

}  // namespace

bool Prepared::NamesKnown(Version version) const {
  const uint64_t known = known_.load(std::memory_order_relaxed);
  return known != 0 && known <= Raw(version) && Raw(version) < known + kCheckEvery;
}

size_t PlanCache::HashKey::operator()(const KeyView& key) const {
  return absl::HashOf(ToAbsl(key.text), ToAbsl(key.viewer), key.schema);
}

bool PlanCache::SameKey::operator()(const KeyView& a, const KeyView& b) const {
  return a.schema == b.schema && a.text == b.text && a.viewer == b.viewer && *a.off == *b.off;
}

void PlanCache::SchemaChanged() {
  absl::MutexLock lock(&mu_);
  ++schema_;
}

void PlanCache::MakeRoom() {
  if (entries_.size() < max_ && bytes_ < kBytesMax) return;
  std::vector<uint64_t> ages;
  ages.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) ages.push_back(entry.used);
  const auto middle = ages.begin() + static_cast<ptrdiff_t>(ages.size() / 2);
  std::nth_element(ages.begin(), middle, ages.end());
  const uint64_t limit = *middle;
  absl::erase_if(entries_, [this, limit](const auto& item) {
    if (item.second.used > limit) return false;
    bytes_ -= item.first.text.size() + item.first.viewer.size();
    return true;
  });
}

absl::StatusOr<std::shared_ptr<const Prepared>> PlanCache::Get(
    std::string_view text, size_t text_bytes_max, const Reader& reader, const Viewer& viewer,
    const std::vector<std::string>& off) {
  KeyView key{text, viewer.CacheKey(), &off, 0};
  const uint64_t version = Raw(reader.version());
  std::shared_ptr<const Prepared> found;
  bool fresh = false;
  {
    absl::MutexLock lock(&mu_);
    key.schema = schema_;
    if (const auto it = entries_.find(key); it != entries_.end()) {
      it->second.used = ++clock_;
      found = it->second.prepared;
      fresh = version < Raw(it->second.checked) + kCheckEvery;
    }
  }
  if (found != nullptr && !Holds(*found, reader)) found = nullptr;
  if (found != nullptr && fresh) return found;
  SKEIN_ASSIGN_OR_RETURN(const double size, GraphSize(reader, viewer));
  if (found != nullptr && !Changed(size, found->graph_size)) {
    absl::MutexLock lock(&mu_);
    const auto it = entries_.find(key);
    if (it != entries_.end()) it->second.checked = reader.version();
    return found;
  }
  auto made = std::make_shared<Prepared>();
  made->time_key_epoch = reader.catalog().time_key_epoch();  // before it is looked at
  made->graph_size = size;
  SKEIN_ASSIGN_OR_RETURN(made->syntax, syntax::Parse(text, {.text_bytes_max = text_bytes_max}));
  if (made->syntax.query != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(const bind::BoundStatement bound, bind::Bind(made->syntax));
    made->names = bound.names;
    // Time keys promise nothing of the versions before them.
    std::vector<std::string> passes_off = off;
    if (bound.as_of != nullptr) passes_off.emplace_back("time_window");
    SKEIN_ASSIGN_OR_RETURN(made->plan,
                           rewrite::PlanAndRewrite(bound, &reader, &viewer, passes_off));
    if (made->plan.returns) {
      for (const auto& output : made->plan.outputs) made->columns.push_back(output.name);
    }
    made->estimated_work = plan::CostOf(*made->plan.root);
    made->notices = NoticesOf(made->syntax.older_forms);
    for (Notice& notice : NoticesOf(made->plan, made->estimated_work)) {
      made->notices.push_back(std::move(notice));
    }
  }
  absl::MutexLock lock(&mu_);
  MakeRoom();
  const auto [it, added] = entries_.try_emplace(Key(key));
  if (added) bytes_ += key.text.size() + key.viewer.size();
  it->second = {made, ++clock_, reader.version()};
  return std::shared_ptr<const Prepared>(made);
}

}  // namespace skein
