#include "storage/care/derived.h"

#include <cstring>

#include "absl/hash/hash.h"
#include "storage/base/status.h"
#include "storage/graph/adjacency_page.h"
#include "storage/keys/bytes.h"

namespace skein {

std::string HalfLinkRow(const HalfLink& half) {
  std::string row;
  row.reserve(57);
  AppendBe64(&row, Raw(half.vertex));
  row.push_back(half.entry.outgoing ? 1 : 0);
  AppendBe64(&row, Raw(half.entry.link));
  AppendBe64(&row, Raw(half.entry.neighbour));
  AppendBe32(&row, static_cast<uint32_t>(Raw(half.entry.type)));
  AppendBe64(&row, static_cast<uint64_t>(half.entry.valid.from));
  AppendBe64(&row, static_cast<uint64_t>(half.entry.valid.to));
  for (const PolicyId policy : {half.policy, half.entry.policy, half.entry.neighbour_policy}) {
    AppendBe32(&row, static_cast<uint32_t>(Raw(policy)));
  }
  return row;
}

HalfLink ParseHalfLink(std::string_view row) {
  ByteReader in(row);
  HalfLink half;
  half.vertex = NodeId{in.Be64()};
  half.entry.outgoing = in.Byte() != 0;
  half.entry.link = LinkId{in.Be64()};
  half.entry.neighbour = NodeId{in.Be64()};
  half.entry.type = LinkTypeId{in.Be32()};
  half.entry.valid.from = static_cast<TimeUs>(in.Be64());
  half.entry.valid.to = static_cast<TimeUs>(in.Be64());
  half.policy = PolicyId{in.Be32()};
  half.entry.policy = PolicyId{in.Be32()};
  half.entry.neighbour_policy = PolicyId{in.Be32()};
  SKEIN_CHECK(in.ok());  // made by HalfLinkRow
  return half;
}

std::array<HalfLink, 2> HalvesOf(const StoredLink& link) {
  std::array<HalfLink, 2> halves;
  for (const bool outgoing : {true, false}) {
    HalfLink& half = halves[outgoing ? 0 : 1];
    half.vertex = outgoing ? link.record.from : link.record.to;
    half.policy = outgoing ? link.from_policy : link.to_policy;
    half.entry = EntryOf(link, outgoing);
  }
  return halves;
}

std::string KeyedRow(std::string_view key, std::string_view value) {
  std::string row;
  AppendBe32(&row, static_cast<uint32_t>(key.size()));
  row.append(key).append(value);
  return row;
}

std::pair<std::string, std::string> ParseKeyedRow(std::string_view row) {
  ByteReader in(row);
  const std::string key(in.Raw(in.Be32()));
  SKEIN_CHECK(in.ok());  // made by KeyedRow
  return {key, std::string(in.Raw(in.left()))};
}

DerivedRows::DerivedRows(const std::vector<Page>& pages) : gathering_(true) {
  for (const Page& page : pages) rows_[static_cast<size_t>(page.kind)][page.page];
}

void DerivedRows::SetWrong(Derived kind, uint64_t page) {
  if (Wants(kind, page)) wrong_[static_cast<size_t>(kind)].insert(page);
}

bool DerivedRows::Wants(Derived kind, uint64_t page) const {
  if (gathering_) return rows_[static_cast<size_t>(kind)].contains(page);
  return page >= first_ && page < last_;
}

void DerivedRows::Count(Derived kind, uint64_t page, std::string_view row, int sign) {
  if (gathering_) {
    auto& pages = rows_[static_cast<size_t>(kind)];
    const auto it = pages.find(page);
    if (it == pages.end()) return;
    RowCounts& counts = it->second[std::string(row)];
    ++(sign > 0 ? counts.expected : counts.found);
    return;
  }
  Name(page);
  if (page < first_ || page >= last_) return;
  std::vector<Sum>& sums = sums_[static_cast<size_t>(kind)];
  if (sums.size() <= page - first_) sums.resize(page - first_ + 1);
  Sum& sum = sums[page - first_];
  const uint64_t hash = absl::HashOf(row);
  if (sign > 0) {
    sum.hash += hash;
    ++sum.expected;
  } else {
    sum.hash -= hash;
  }
}

std::vector<DerivedRows::Page> DerivedRows::Differing() const {
  std::vector<Page> pages;
  for (size_t k = 0; k < kDerivedKinds; ++k) {
    const auto kind = static_cast<Derived>(k);
    for (uint64_t i = 0; i < sums_[k].size(); ++i) {
      if (sums_[k][i].hash == 0 && !wrong_[k].contains(first_ + i)) continue;
      pages.push_back({kind, first_ + i, sums_[k][i].expected});
    }
    for (const uint64_t page : wrong_[k]) {
      if (page - first_ >= sums_[k].size()) pages.push_back({kind, page, 0});
    }
  }
  return pages;
}

const DerivedRows::Rows& DerivedRows::RowsOf(Derived kind, uint64_t page) const {
  static const Rows kNone;
  const auto& pages = rows_[static_cast<size_t>(kind)];
  const auto it = pages.find(page);
  return it == pages.end() ? kNone : it->second;
}

}  // namespace skein
