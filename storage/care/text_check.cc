// SpaceCheck: postings of the text index against the texts of nodes.
//
// Idea      A posting that no longer holds is no damage (searches check each), so sums cannot be
//           compared: the hashes of the postings that must be there are held in memory, sorted, and
//           those met in the table are ticked off. Where they are more than fit, the hashes are
//           parted by their remainder and each part has its own go.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/hash/hash.h"
#include "storage/base/status.h"
#include "storage/care/space_check.h"
#include "storage/index/text.h"

namespace skein {
namespace {

constexpr size_t kSpaceBytes = 1;
constexpr size_t kPostingsBytesMax = size_t{4} << 20;

uint64_t PostingHash(char kind, std::string_view token, uint64_t node, uint32_t key) {
  return absl::HashOf(kind, token, node, key);
}

using EachPosting =
    std::function<absl::Status(const TextToken& token, uint64_t node, uint32_t key)>;

// Every posting that the node's texts call for.
absl::Status ForPostings(const NodeRecord& node, const EachPosting& each) {
  for (const PropertyEntry& property : node.properties) {
    for (const std::string& text : SearchableTexts(property.value)) {
      for (const TextToken& token : IndexTokens(FoldText(text))) {
        SKEIN_RETURN_IF_ERROR(each(token, Raw(node.id), static_cast<uint32_t>(Raw(property.key))));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ForNodes(const ScanContext& context, const Layout& layout,
                      const std::function<absl::Status(const NodeRecord&)>& each) {
  TableScan scan = TableScan::OfPrefix(context, Table::kNodes, layout.Space());
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) return absl::OkStatus();
    if (scan.key().size() != kSpaceBytes + 8) continue;  // reported by the check of nodes
    const auto node = DecodeNode(NodeId{TrailingId(scan.key())}, scan.value());
    if (node) SKEIN_RETURN_IF_ERROR(each(*node));
  }
}

bool DecodePostings(std::string_view bytes, std::vector<std::pair<uint64_t, uint32_t>>* out) {
  out->clear();
  ByteReader in(bytes);
  if (in.Byte() != 0) return false;
  uint64_t node = 0;
  while (in.ok() && !in.done()) {
    node = in.Delta(node);
    const uint32_t key = in.Varint32();
    out->emplace_back(node, key);
  }
  return in.ok();
}

// One part of the hashes: those with this remainder.
struct Part {
  uint64_t of = 1, number = 0;
  std::vector<uint64_t> wanted;  // ascending
  std::vector<bool> met;
  bool Has(uint64_t hash) const { return hash % of == number; }
};

}  // namespace

// Writes postings that are missing, in chunks of their own.
class SpaceCheck::TextFix {
 public:
  explicit TextFix(SpaceCheck& check) : check_(check) {}
  absl::Status Add(const TextToken& token, uint64_t node, uint32_t key) {
    auto& [bytes, last] = rows_[check_.layout_.Text(token.kind, token.text) + '\0'];
    if (bytes.empty()) bytes.push_back('\0');
    AppendDelta(&bytes, node, last);
    AppendVarint(&bytes, key);
    last = node;
    size_ += token.text.size() + 16;
    return size_ < kPostingsBytesMax ? absl::OkStatus() : Flush();
  }
  absl::Status Flush() {
    const uint64_t chunk = std::max(check_.chunks_mark_, check_.chunks_used_);
    if (!rows_.empty()) check_.chunks_used_ = chunk + 1;
    for (const auto& [prefix, posting] : rows_) {
      std::string key = prefix;
      AppendBe64(&key, chunk);
      ++check_.fixer_->report().rows;
      SKEIN_RETURN_IF_ERROR(check_.fixer_->Put(Table::kText, key, posting.first));
    }
    rows_.clear();
    size_ = 0;
    return absl::OkStatus();
  }

 private:
  SpaceCheck& check_;
  std::map<std::string, std::pair<std::string, uint64_t>> rows_;
  size_t size_ = 0;
};

absl::Status SpaceCheck::Text() {
  const size_t wanted_max = std::max<size_t>(1024, memory_bytes_ / 16);
  Part part;
  for (; part.number < part.of; ++part.number) {
    part.wanted.clear();
    const auto want = [&](const TextToken& token, uint64_t node, uint32_t key) {
      const uint64_t hash = PostingHash(token.kind, token.text, node, key);
      if (part.Has(hash)) part.wanted.push_back(hash);
      // Only while the first part is gathered can parts be made smaller.
      while (part.number == 0 && part.wanted.size() > wanted_max) {
        part.of *= 2;
        std::erase_if(part.wanted, [&part](uint64_t h) { return !part.Has(h); });
      }
      return absl::OkStatus();
    };
    SKEIN_RETURN_IF_ERROR(ForNodes(
        context_, layout_, [&want](const NodeRecord& node) { return ForPostings(node, want); }));
    std::sort(part.wanted.begin(), part.wanted.end());
    part.wanted.erase(std::unique(part.wanted.begin(), part.wanted.end()), part.wanted.end());
    part.met.assign(part.wanted.size(), false);
    SKEIN_RETURN_IF_ERROR(TickOff(part.number == 0, [&part](uint64_t hash) {
      if (!part.Has(hash)) return true;
      const auto it = std::lower_bound(part.wanted.begin(), part.wanted.end(), hash);
      if (it == part.wanted.end() || *it != hash) return false;
      part.met[static_cast<size_t>(it - part.wanted.begin())] = true;
      return true;
    }));
    std::vector<uint64_t> missing;
    for (size_t i = 0; i < part.wanted.size(); ++i) {
      if (!part.met[i]) missing.push_back(part.wanted[i]);
    }
    if (!missing.empty()) SKEIN_RETURN_IF_ERROR(ShowMissing(missing));
  }
  return absl::OkStatus();
}

absl::Status SpaceCheck::TickOff(bool first_time, const std::function<bool(uint64_t)>& tick) {
  absl::Status odd = absl::OkStatus();
  std::vector<std::pair<uint64_t, uint32_t>> postings;
  const auto each = [&](ChunkList& list) -> absl::Status {
    const std::string_view prefix = list.prefix;
    const bool sound = prefix.size() > kSpaceBytes + 2 && prefix.back() == '\0' &&
                       std::string_view("cwp").find(prefix[kSpaceBytes]) != std::string_view::npos;
    for (const auto& [chunk, bytes] : list.chunks) {
      std::string key = list.prefix;
      AppendBe64(&key, chunk);
      if (!sound || !DecodePostings(bytes, &postings)) {
        if (!first_time) continue;
        Add(FindingKind::kText, Table::kText, SpellKey(key),
            sound ? "does not decode" : "is no key of this table");
        if (fixer_ == nullptr) continue;
        ++fixer_->report().rows;
        SKEIN_RETURN_IF_ERROR(fixer_->Delete(Table::kText, key));
        continue;
      }
      chunks_used_ = std::max(chunks_used_, chunk + 1);
      if (first_time) report_.checked.postings += postings.size();
      const std::string_view token =
          prefix.substr(kSpaceBytes + 1, prefix.size() - kSpaceBytes - 2);
      for (const auto& [node, property] : postings) {
        if (!tick(PostingHash(prefix[kSpaceBytes], token, node, property))) {
          report_.found.Count(FindingKind::kStalePosting);
        }
      }
    }
    return absl::OkStatus();
  };
  SKEIN_RETURN_IF_ERROR(ForChunkLists(context_, Table::kText, layout_.Space(),
                                      PrefixEnd(layout_.Space()), 0, each,
                                      [&](std::string_view key) {
                                        if (first_time && odd.ok())
                                          odd = OddDerived(FindingKind::kText, Table::kText, key);
                                      }));
  return odd;
}

absl::Status SpaceCheck::ShowMissing(const std::vector<uint64_t>& missing) {
  TextFix fix(*this);
  const auto show = [&](const TextToken& token, uint64_t node, uint32_t key) -> absl::Status {
    const uint64_t hash = PostingHash(token.kind, token.text, node, key);
    if (!std::binary_search(missing.begin(), missing.end(), hash)) return absl::OkStatus();
    Add(FindingKind::kText, Table::kText, internal::Join("node ", node, ", property ", key),
        "a token of its text is missing");
    return fixer_ == nullptr ? absl::OkStatus() : fix.Add(token, node, key);
  };
  SKEIN_RETURN_IF_ERROR(ForNodes(
      context_, layout_, [&show](const NodeRecord& node) { return ForPostings(node, show); }));
  return fixer_ == nullptr ? absl::OkStatus() : fix.Flush();
}

}  // namespace skein
