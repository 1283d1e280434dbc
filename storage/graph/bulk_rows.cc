#include "storage/graph/bulk_rows.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <tuple>
#include <utility>

#include "storage/base/status.h"
#include "storage/graph/adjacency_page.h"
#include "storage/graph/bulk.h"
#include "storage/keys/ascending.h"

namespace skein {
namespace {

// How far ahead rows are fetched that lie anywhere in memory.
constexpr size_t kAhead = 24;
constexpr unsigned kThreadsMax = 8;

// A half while its page is sorted.
struct Sorted {
  uint64_t list;  // vertex, direction, type
  TimeUs from;
  uint32_t number;
  uint32_t half;
};

// An identity's first two bytes name its bucket, the next six are kept.
constexpr int kKeptBits = 48;
constexpr uint64_t kKeptMask = (uint64_t{1} << kKeptBits) - 1;
constexpr size_t kIdentityBytes = 16;
constexpr size_t kReadAtOnce = 8192;
constexpr size_t kRangesPerScan = 512;

uint16_t BucketOf(uint64_t identity) { return static_cast<uint16_t>(identity >> kKeptBits); }

std::string BytesOf(uint64_t identity) {
  std::string bytes;
  AppendBe64(&bytes, identity);
  return bytes;
}

absl::Status DamagedIdentities() {
  return DataLoss("table imports: a row of identities loaded in bulk does not decode");
}

}  // namespace

BulkRow& BulkRows::Add(std::string_view properties) {
  if (size_ % kBlock == 0) blocks_.push_back(std::make_unique<BulkRow[]>(kBlock));
  BulkRow& row = (*this)[size_++];
  char* const at = arena_.Take(properties.size());
  std::memcpy(at, properties.data(), properties.size());
  row.properties = at;
  row.properties_bytes = static_cast<uint32_t>(properties.size());
  return row;
}

BulkEnds::BulkEnds(const BulkRows& rows) {
  uint64_t least = UINT64_MAX, most = 0;
  for (size_t r = 0; r < rows.size(); ++r) {
    const uint64_t from = Raw(rows[r].from), to = Raw(rows[r].to);
    least = std::min({least, from, to});
    most = std::max({most, from, to});
  }
  first_ = NodeId{least};
  last_ = NodeId{most};
  base_ = least / 64 * 64;
  bits_.assign((most - base_) / 64 + 1, 0);
  for (size_t r = 0; r < rows.size(); ++r) {
    for (const NodeId id : {rows[r].from, rows[r].to}) {
      const uint64_t at = Raw(id) - base_;
      bits_[at / 64] |= uint64_t{1} << at % 64;
    }
  }
  ranks_.reserve(bits_.size());
  for (const uint64_t word : bits_) {
    ranks_.push_back(static_cast<uint32_t>(size_));
    size_ += static_cast<size_t>(__builtin_popcountll(word));
  }
}

void InParallel(size_t n, const std::function<void(size_t begin, size_t end)>& part) {
  const size_t parts = std::clamp(std::thread::hardware_concurrency(), 1U, kThreadsMax);
  std::vector<std::thread> threads;
  for (size_t i = 1; i < parts; ++i) {
    threads.emplace_back([&, i] { part(n * i / parts, n * (i + 1) / parts); });
  }
  part(0, n / parts);
  for (std::thread& thread : threads) thread.join();
}

BulkHalves::BulkHalves(const BulkRows& rows, const BulkEnds& ends,
                       const std::vector<uint32_t>& numbers) {
  first_page_ = AdjacencyPageOf(ends.first());
  const size_t pages = AdjacencyPageOf(ends.last()) - first_page_ + 1;
  begin_.assign(pages + 1, 0);
  for (size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].dropped) continue;
    ++begin_[AdjacencyPageOf(rows[r].from) - first_page_ + 1];
    ++begin_[AdjacencyPageOf(rows[r].to) - first_page_ + 1];
  }
  for (size_t i = 1; i <= pages; ++i) begin_[i] += begin_[i - 1];
  halves_.resize(begin_[pages]);
  std::vector<uint64_t> next(begin_.begin(), begin_.end() - 1);
  for (size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].dropped) continue;
    const auto half = static_cast<uint32_t>(r << 1);
    halves_[next[AdjacencyPageOf(rows[r].from) - first_page_]++] = half;
    halves_[next[AdjacencyPageOf(rows[r].to) - first_page_]++] = half | 1;
  }
  // Parts of as many halves, not pages: some pages hold a hundred times others'.
  InParallel(halves_.size(), [&](size_t begin, size_t end) {
    const auto page_at = [this](size_t half) {
      return static_cast<size_t>(std::lower_bound(begin_.begin(), begin_.end(), half) -
                                 begin_.begin());
    };
    const size_t last = end == halves_.size() ? begin_.size() - 1 : page_at(end);
    for (size_t page = page_at(begin); page < last; ++page) SortPage(rows, numbers, page);
  });
}

void BulkHalves::SortPage(const BulkRows& rows, const std::vector<uint32_t>& numbers, size_t page) {
  thread_local std::vector<Sorted> sorted;
  const size_t n = begin_[page + 1] - begin_[page];
  uint32_t* halves = halves_.data() + begin_[page];
  sorted.resize(n);
  for (size_t i = 0; i < n; ++i) {
    if (i + kAhead < n) rows.Prefetch(halves[i + kAhead] >> 1);
    const uint32_t half = halves[i], r = half >> 1;
    const BulkRow& row = rows[r];
    const NodeId vertex = (half & 1) == 0 ? row.from : row.to;
    sorted[i] = {uint64_t{VertexOf(vertex)} << 33 | uint64_t{half & 1} << 32 | Raw(row.type),
                 row.valid.from, numbers.empty() ? r : numbers[r], half};
  }
  const auto less = [](const Sorted& a, const Sorted& b) {
    return std::tie(a.list, a.from, a.number) < std::tie(b.list, b.from, b.number);
  };
  // Most lists are short: by vertex first, then each by itself.
  std::array<uint32_t, 2 * kVerticesPerPage + 1> ends{};
  for (const Sorted& half : sorted) ++ends[(half.list >> 32) + 1];
  for (size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
  thread_local std::vector<Sorted> by_vertex;
  by_vertex.resize(n);
  std::array<uint32_t, 2 * kVerticesPerPage + 1> next = ends;
  for (const Sorted& half : sorted) by_vertex[next[half.list >> 32]++] = half;
  for (size_t i = 0; i + 1 < ends.size(); ++i) {
    const auto begin = by_vertex.begin() + ends[i], end = by_vertex.begin() + ends[i + 1];
    if (!std::is_sorted(begin, end, less)) std::sort(begin, end, less);
  }
  for (size_t i = 0; i < n; ++i) halves[i] = by_vertex[i].half;
}

bool OrderByTime(const BulkRows& rows, size_t begin, size_t end, std::vector<uint32_t>* order) {
  bool sorted = true;
  for (size_t r = begin + 1; r < end && sorted; ++r) {
    sorted = rows[r - 1].valid.from <= rows[r].valid.from;
  }
  if (sorted) return false;
  std::vector<std::pair<TimeUs, uint32_t>> times;
  times.reserve(end - begin);
  for (size_t r = begin; r < end; ++r) {
    times.emplace_back(rows[r].valid.from, static_cast<uint32_t>(r));
  }
  // Halves at once, then merged.
  const size_t middle = times.size() / 2;
  std::thread second(
      [&] { std::sort(times.begin() + static_cast<ptrdiff_t>(middle), times.end()); });
  std::sort(times.begin(), times.begin() + static_cast<ptrdiff_t>(middle));
  second.join();
  std::inplace_merge(times.begin(), times.begin() + static_cast<ptrdiff_t>(middle), times.end());
  for (const auto& [time, row] : times) order->push_back(row);
  return true;
}

uint64_t IdentityNumber(std::string_view identity) { return ByteReader(identity).Be64(); }

std::string RepeatIdentity(std::string_view first, uint32_t repeat) {
  if (repeat == 0) return std::string(first);
  std::string text("repeat");
  text.append(first.substr(0, sizeof(uint64_t)));
  AppendBe32(&text, repeat);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return {reinterpret_cast<const char*>(digest), kIdentityBytes};
}

// By their first byte, then each part by itself.
void BulkIdentities::Sort() {
  constexpr size_t kParts = 256;
  std::vector<size_t> begin(kParts + 1, 0);
  for (const Entry& entry : entries_) ++begin[(entry.identity >> 56) + 1];
  for (size_t i = 1; i <= kParts; ++i) begin[i] += begin[i - 1];
  std::vector<Entry> parted(entries_.size());
  std::vector<size_t> next(begin.begin(), begin.end() - 1);
  for (const Entry& entry : entries_) parted[next[entry.identity >> 56]++] = entry;
  entries_.swap(parted);
  InParallel(kParts, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      std::sort(entries_.begin() + static_cast<ptrdiff_t>(begin[i]),
                entries_.begin() + static_cast<ptrdiff_t>(begin[i + 1]));
    }
  });
}

absl::Status BulkIdentities::Settle(const GraphCore& core, const View& view,
                                    std::span<const size_t> batches, BulkRows* rows) {
  SKEIN_RETURN_IF_ERROR(Spill());
  Sort();
  first_.clear();
  std::vector<size_t> repeats;
  SKEIN_RETURN_IF_ERROR(TellApart(batches, rows, &repeats));
  if (!repeats.empty()) {
    SKEIN_RETURN_IF_ERROR(DropImported(core, view, repeats, rows));
    std::sort(entries_.begin(), entries_.end());
  }
  if (core.has_bulk.load()) SKEIN_RETURN_IF_ERROR(DropLoaded(core, view, rows));
  return absl::OkStatus();
}

absl::Status BulkIdentities::TellApart(std::span<const size_t> batches, BulkRows* rows,
                                       std::vector<size_t>* repeats) {
  absl::flat_hash_map<uint64_t, uint32_t> carried;
  SKEIN_RETURN_IF_ERROR(CountCarried(&carried));
  const auto batch_of = [&](uint32_t row) {
    return std::upper_bound(batches.begin(), batches.end(), row) - batches.begin();
  };
  for (size_t begin = 0; begin < entries_.size();) {
    const uint64_t first = entries_[begin].identity;
    size_t end = begin + 1;
    while (end < entries_.size() && entries_[end].identity == first) ++end;
    uint32_t taken = 0;  // by batches before
    const auto before = carried.empty() ? carried.end() : carried.find(first);
    uint32_t repeat = before == carried.end() ? 0 : before->second;
    auto batch = batch_of(entries_[begin].row);
    if (batch != 1) repeat = 0;  // only the first goes on from an earlier part
    for (size_t i = begin; i < end; ++i) {
      const auto its = i == begin ? batch : batch_of(entries_[i].row);
      if (static_cast<size_t>(its) == batches.size()) first_.push_back(first);
      if (its != batch) {
        taken = std::max(taken, repeat);
        repeat = 0;
        batch = its;
      }
      Entry& entry = entries_[i];
      entry.known = repeat < taken || (repeat == 0 && entry.known);
      if (entry.known) Know(&entry, rows);
      if (repeat > 0 && !entry.known) {
        entry.identity = IdentityNumber(RepeatIdentity(BytesOf(first), repeat));
        repeats->push_back(i);
      }
      ++repeat;
    }
    begin = end;
  }
  return absl::OkStatus();
}

absl::Status BulkIdentities::DropLoaded(const GraphCore& core, const View& view, BulkRows* rows) {
  std::string begin = core.layout.BulkIdentities();
  const std::string end = PrefixEnd(begin);
  const size_t prefix = begin.size();
  std::vector<uint64_t> numbers;
  std::vector<ScanPage> pages;
  for (bool more = true; more;) {
    const ScanRange range{Table::kImports, begin, end, kScanRowsMax, false};
    SKEIN_RETURN_IF_ERROR(core.store.MultiScan(view, {&range, 1}, &pages));
    more = pages[0].more;
    for (const auto& [key, kept] : pages[0].rows) {
      ByteReader in(std::string_view(key).substr(prefix));
      const auto bucket = static_cast<uint16_t>(in.Byte() << 8 | in.Byte());
      auto entry = std::lower_bound(entries_.begin(), entries_.end(),
                                    Entry{static_cast<uint64_t>(bucket) << kKeptBits, 0, false});
      if (!ReadKeptIdentities(kept, &numbers)) return DamagedIdentities();
      for (const uint64_t number : numbers) {
        const uint64_t stored = static_cast<uint64_t>(bucket) << kKeptBits | number;
        while (entry != entries_.end() && entry->identity < stored) ++entry;
        if (entry == entries_.end()) break;
        if (entry->identity == stored) Know(&*entry, rows);
      }
    }
    if (more) begin = NextKey(pages[0].rows.back().first);
  }
  return absl::OkStatus();
}

absl::Status BulkIdentities::DropImported(const GraphCore& core, const View& view,
                                          std::span<const size_t> repeats, BulkRows* rows) {
  std::vector<std::string> keys;
  std::vector<ScanRange> ranges;
  std::vector<ScanPage> pages;
  for (size_t at = 0; at < repeats.size(); at += kRangesPerScan) {
    const auto some = repeats.subspan(at, std::min(kRangesPerScan, repeats.size() - at));
    keys.clear();
    ranges.clear();
    for (const size_t i : some) {
      keys.push_back(core.layout.Import(BytesOf(entries_[i].identity)));
      keys.push_back(PrefixEnd(keys.back()));
    }
    for (size_t i = 0; i < some.size(); ++i) {
      ranges.push_back({Table::kImports, keys[2 * i], keys[2 * i + 1], 1, true});
    }
    SKEIN_RETURN_IF_ERROR(core.store.MultiScan(view, ranges, &pages));
    for (size_t i = 0; i < some.size(); ++i) {
      if (!pages[i].rows.empty()) Know(&entries_[some[i]], rows);
    }
  }
  return absl::OkStatus();
}

SortedRun BulkIdentities::Run(const Layout& layout, uint64_t chunk) const {
  struct State {
    size_t at = 0;
    std::vector<uint64_t> numbers;
    std::string key, value;
  };
  auto state = std::make_shared<State>();
  return {Table::kImports,
          [this, state, &layout, chunk](std::string_view* key, std::string_view* value) {
            state->value.clear();
            state->numbers.clear();
            while (state->at < entries_.size() && state->numbers.empty()) {
              const uint16_t bucket = BucketOf(entries_[state->at].identity);
              state->key = layout.BulkIdentities(bucket, chunk);
              for (; state->at < entries_.size(); ++state->at) {
                const Entry& entry = entries_[state->at];
                if (BucketOf(entry.identity) != bucket) break;
                if (!entry.known) state->numbers.push_back(entry.identity & kKeptMask);
              }
            }
            if (!state->numbers.empty()) AppendKeptIdentities(state->numbers, &state->value);
            *key = state->key;
            *value = state->value;
            return absl::StatusOr<bool>(!state->value.empty());
          }};
}

void BulkIdentities::Carry(size_t batches) {
  if (batches > 1) ForgetCarried();
  if (!first_.empty()) last_ = std::exchange(first_, {});
  entries_ = {};
}

// There is a further part: mostly there is none.
absl::Status BulkIdentities::Spill() {
  const std::vector<uint64_t> run = std::exchange(last_, {});
  if (run.empty()) return absl::OkStatus();
  if (file_ == nullptr) file_.reset(std::tmpfile());
  if (file_ == nullptr || std::fseek(file_.get(), 0, SEEK_END) != 0) {
    return ResourceExhausted("cannot write a temporary file: ", std::strerror(errno));
  }
  carried_.emplace_back(std::ftell(file_.get()), run.size());
  if (std::fwrite(run.data(), sizeof(uint64_t), run.size(), file_.get()) != run.size() ||
      std::fflush(file_.get()) != 0) {
    return ResourceExhausted("cannot write a temporary file: ", std::strerror(errno));
  }
  return absl::OkStatus();
}

absl::Status BulkIdentities::CountCarried(absl::flat_hash_map<uint64_t, uint32_t>* counts) {
  std::vector<uint64_t> some(kReadAtOnce);
  for (const auto& [where, n] : carried_) {
    if (std::fseek(file_.get(), where, SEEK_SET) != 0) {
      return DataLoss("cannot read back a temporary file: ", std::strerror(errno));
    }
    auto entry = entries_.begin();
    for (size_t left = n; left > 0;) {
      const size_t now = std::min(left, kReadAtOnce);
      if (std::fread(some.data(), sizeof(uint64_t), now, file_.get()) != now) {
        return DataLoss("cannot read back a temporary file: ", std::strerror(errno));
      }
      left -= now;
      for (size_t i = 0; i < now; ++i) {
        while (entry != entries_.end() && entry->identity < some[i]) ++entry;
        if (entry == entries_.end()) break;
        if (entry->identity == some[i]) ++(*counts)[some[i]];
      }
    }
  }
  return absl::OkStatus();
}

absl::Status FindBulkIdentities(const GraphCore& core, const View& view,
                                std::span<const std::string> identities,
                                std::vector<uint8_t>* found) {
  found->assign(identities.size(), 0);
  std::vector<std::pair<uint64_t, size_t>> wanted;
  for (size_t i = 0; i < identities.size(); ++i) {
    wanted.emplace_back(IdentityNumber(identities[i]), i);
  }
  std::sort(wanted.begin(), wanted.end());
  std::vector<uint64_t> numbers;
  std::vector<ScanPage> pages;
  for (size_t begin = 0; begin < wanted.size();) {
    const uint16_t bucket = BucketOf(wanted[begin].first);
    size_t end = begin;
    while (end < wanted.size() && BucketOf(wanted[end].first) == bucket) ++end;
    const std::string prefix = core.layout.BulkIdentities(bucket);
    const std::string after = PrefixEnd(prefix);
    const ScanRange range{Table::kImports, prefix, after, kScanRowsMax, false};
    SKEIN_RETURN_IF_ERROR(core.store.MultiScan(view, {&range, 1}, &pages));
    for (const auto& [key, kept] : pages[0].rows) {
      if (!ReadKeptIdentities(kept, &numbers)) return DamagedIdentities();
      for (size_t w = begin; w < end; ++w) {
        if (std::binary_search(numbers.begin(), numbers.end(), wanted[w].first & kKeptMask)) {
          (*found)[wanted[w].second] = 1;
        }
      }
    }
    begin = end;
  }
  return absl::OkStatus();
}

}  // namespace skein
