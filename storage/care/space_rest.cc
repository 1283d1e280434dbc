// SpaceCheck: identities of imports, assertions of fusion, counters, and the marks of ids.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "storage/base/status.h"
#include "storage/care/space_check.h"
#include "storage/fusion/assertion.h"
#include "storage/keys/ascending.h"

namespace skein {
namespace {

constexpr size_t kSpaceBytes = 1;
constexpr size_t kIdentityKeyBytes = kSpaceBytes + 1 + 16;
constexpr size_t kBulkKeyBytes = kSpaceBytes + 1 + 2 + 8;
constexpr size_t kFusionKeyBytes = kSpaceBytes + 3 * 8;
// Sums that pairs of fusion rows are compared by.
constexpr size_t kFusionSums = 4096;

// Of an assertion: the lower node, the higher, its id.
using AssertionKey = std::array<uint64_t, 3>;

}  // namespace

absl::Status SpaceCheck::Identities() {
  TableScan scan = TableScan::OfPrefix(context_, Table::kImports, layout_.Space());
  const auto wrong = [this](std::string_view key, std::string what) {
    Add(FindingKind::kIdentity, Table::kImports, SpellKey(key), std::move(what));
  };
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) return absl::OkStatus();
    const std::string_view key = scan.key(), value = scan.value();
    const char kind = key.size() > kSpaceBytes ? key[kSpaceBytes] : '\0';
    if (kind == 'i' && key.size() == kIdentityKeyBytes) {
      ++report_.checked.identities;
      ByteReader in(value);
      const uint64_t id = in.Varint();
      if (!in.ok() || !in.done()) {
        wrong(key, "does not decode");
        continue;
      }
      const auto row = rows_marks_.find(static_cast<uint32_t>(id >> 32));
      const bool node = id < std::max(nodes_mark_, nodes_used_);
      if (!node && (row == rows_marks_.end() || (id & UINT32_MAX) >= row->second)) {
        wrong(key, internal::Join("names element ", id, ", which was never made"));
      }
    } else if (kind == 'h' && key.size() == kBulkKeyBytes) {
      chunks_used_ = std::max(chunks_used_, TrailingId(key) + 1);
      std::vector<uint64_t> numbers;
      if (!ReadKeptIdentities(value, &numbers)) wrong(key, "does not decode");
      report_.checked.identities += numbers.size();
    } else {
      OddKey(Table::kImports, key);
    }
  }
}

// Each assertion lies at both its nodes with equal values. First by sums; rows of sums that are not
// zero are then compared one by one.
absl::Status SpaceCheck::Fusion() {
  std::array<uint64_t, kFusionSums> sums{};
  const auto scan_all = [this](
                            const std::function<void(const FusionRow&, const AssertionKey&)>& each,
                            bool first_time) -> absl::Status {
    TableScan scan = TableScan::OfPrefix(context_, Table::kFusion, layout_.Space());
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
      if (!more) return absl::OkStatus();
      ByteReader in(scan.key().substr(std::min(scan.key().size(), kSpaceBytes)));
      FusionRow row;
      row.node = NodeId{in.Be64()};
      row.other = NodeId{in.Be64()};
      row.id = in.Be64();
      row.value = std::string(scan.value());
      if (scan.key().size() != kFusionKeyBytes || row.node == row.other) {
        if (first_time) OddKey(Table::kFusion, scan.key());
        continue;
      }
      each(row, {std::min(Raw(row.node), Raw(row.other)), std::max(Raw(row.node), Raw(row.other)),
                 row.id});
    }
  };
  const auto wrong = [this](const AssertionKey& key, std::string what) {
    Add(FindingKind::kFusion, Table::kFusion,
        internal::Join("nodes ", key[0], " and ", key[1], ", assertion ", key[2]), std::move(what));
  };
  SKEIN_RETURN_IF_ERROR(scan_all(
      [&](const FusionRow& row, const AssertionKey& key) {
        const uint64_t hash = absl::HashOf(key, row.value);
        uint64_t& sum = sums[absl::HashOf(key) % kFusionSums];
        const bool lower = Raw(row.node) == key[0];
        lower ? sum += hash : sum -= hash;
        if (!lower) return;
        ++report_.checked.assertions;
        const auto assertion = DecodeAssertion(row);
        if (!assertion.ok()) {
          wrong(key, "does not decode");
        } else if (Raw(assertion->policy) >= catalog_->policy_count() ||
                   !CheckSource(assertion->source)) {
          wrong(key, "its policy or batch is not in the catalogue");
        } else if (key[1] >= std::max(nodes_mark_, nodes_used_)) {
          wrong(key, "names a node that was never made");
        }
      },
      true));
  std::map<AssertionKey, std::array<std::string, 2>> differing;
  if (std::all_of(sums.begin(), sums.end(), [](uint64_t sum) { return sum == 0; })) {
    return absl::OkStatus();
  }
  SKEIN_RETURN_IF_ERROR(scan_all(
      [&](const FusionRow& row, const AssertionKey& key) {
        if (sums[absl::HashOf(key) % kFusionSums] == 0) return;
        differing[key][Raw(row.node) == key[0] ? 0 : 1] = row.value;
      },
      false));
  for (const auto& [key, values] : differing) {
    if (values[0] == values[1]) continue;
    wrong(key, values[0].empty() || values[1].empty() ? "lies at one of its nodes only"
                                                      : "says different things at its two nodes");
  }
  return absl::OkStatus();
}

absl::Status SpaceCheck::Counters() {
  std::map<std::string, int64_t> wanted = counts_;
  std::erase_if(wanted, [](const auto& count) { return count.second == 0; });
  TableScan scan = TableScan::OfPrefix(context_, Table::kStats, layout_.Space());
  const auto fix = [this](std::string_view key, int64_t delta) -> absl::Status {
    if (fixer_ == nullptr) return absl::OkStatus();
    ++fixer_->report().counters;
    return fixer_->Add(key, delta);
  };
  const auto wrong = [this](std::string_view key, int64_t stored, int64_t recounted) {
    Add(FindingKind::kCounter, Table::kStats, SpellKey(key),
        internal::Join("says ", stored, ", a recount ", recounted));
  };
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) break;
    ++report_.checked.counters;
    const std::string key(scan.key());
    const char kind = key.size() > kSpaceBytes ? key[kSpaceBytes] : '\0';
    const size_t rest = key.size() - std::min(key.size(), kSpaceBytes + 1);
    if (!((kind == 'n' && rest == 8) || (kind == 'l' && rest == 16) ||
          (kind == 'p' && rest == 0))) {
      SKEIN_RETURN_IF_ERROR(OddDerived(FindingKind::kCounter, Table::kStats, key));
      continue;
    }
    const auto it = wanted.find(key);
    const int64_t recounted = it == wanted.end() ? 0 : it->second;
    if (it != wanted.end()) wanted.erase(it);
    const int64_t stored = DecodeCounter(scan.value());
    if (stored == recounted && scan.value().size() == sizeof(int64_t)) continue;
    wrong(key, stored, recounted);
    SKEIN_RETURN_IF_ERROR(fix(key, recounted - stored));
  }
  for (const auto& [key, recounted] : wanted) {
    wrong(key, 0, recounted);
    SKEIN_RETURN_IF_ERROR(fix(key, recounted));
  }
  return absl::OkStatus();
}

absl::Status SpaceCheck::Marks() {
  const auto check = [this](const std::string& key, std::string_view name, uint64_t used,
                            uint64_t mark) -> absl::Status {
    if (used <= mark) return absl::OkStatus();
    Add(FindingKind::kMark, Table::kMeta, std::string(name),
        internal::Join("is ", mark, ", but ", used - 1, " is in use"));
    if (fixer_ == nullptr) return absl::OkStatus();
    ++fixer_->report().counters;
    return fixer_->Put(Table::kMeta, key, EncodeCounter(static_cast<int64_t>(used)));
  };
  SKEIN_RETURN_IF_ERROR(check(layout_.Meta("next_node"), "next_node", nodes_used_, nodes_mark_));
  SKEIN_RETURN_IF_ERROR(
      check(layout_.Meta("next_chunk"), "next_chunk", chunks_used_, chunks_mark_));
  for (const auto& [batch, used] : rows_used_) {
    const auto it = rows_marks_.find(batch);
    std::string key = layout_.Meta("next_row");
    AppendBe32(&key, batch);
    SKEIN_RETURN_IF_ERROR(check(key, internal::Join("next_row of batch ", batch), used,
                                it == rows_marks_.end() ? 1 : it->second));
  }
  return absl::OkStatus();
}

}  // namespace skein
