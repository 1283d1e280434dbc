// SpaceCheck: what is remembered of the past, and the stamps that join it to the present.
#include <utility>

#include "storage/base/status.h"
#include "storage/care/space_check.h"
#include "storage/graph/link_page.h"

namespace skein {
namespace {

constexpr size_t kSpaceBytes = 1;
constexpr size_t kVersionBytes = 8;
constexpr size_t kElementKeyBytes = kSpaceBytes + 1 + 8 + kVersionBytes;  // 'n', 'l'
constexpr size_t kListKeyBytes = kElementKeyBytes + 8;                    // 'a'
constexpr size_t kRowKeyBytesMin = kSpaceBytes + 2 + kVersionBytes;       // 'd'
constexpr size_t kFusionKeyBytes = kSpaceBytes + 1 + 25 + kVersionBytes;  // 'f'
constexpr size_t kIndexKeyBytes = kSpaceBytes + 1 + 4;                    // 'i'

}  // namespace

absl::Status SpaceCheck::ReadLoads() {
  TableScan scan = TableScan::OfPrefix(context_, Table::kMeta, layout_.Loads());
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) return absl::OkStatus();
    if (scan.key().size() == layout_.Loads().size() + 8) loads_.insert(TrailingId(scan.key()));
  }
}

bool SpaceCheck::IsStamp(Stamp stamp) const {
  if (IsLoadStamp(stamp)) return loads_.contains(stamp & ~LoadStamp(0));
  return stamp <= Raw(context_.view.version());
}

// *before: the version under which the state before this one was kept, of the same element; 0:
// none.
void SpaceCheck::CheckPast(std::string_view key, std::string_view value, Stamp* before) {
  const auto wrong = [&](std::string what) {
    Add(FindingKind::kVersion, Table::kVersions, SpellKey(key), std::move(what));
  };
  const char kind = key[kSpaceBytes];
  const uint64_t id = ByteReader(key.substr(kSpaceBytes + 1)).Be64();
  Stamp since = 0;
  bool decodes = false;
  if (kind == 'n') {
    const auto node = DecodeNode(NodeId{id}, value);
    decodes = node.has_value();
    if (decodes) since = node->since;
  } else {
    const auto chunk = LinkChunk::Read(LinkPage(LinkId{id}), value);
    uint32_t place = 0;
    decodes = chunk != nullptr && chunk->Find(LinkId{id}, &place) == LinkChunk::Says::kPresent;
    if (decodes) {
      std::vector<StoredLink> link;
      chunk->Decode({&place, 1}, &link);
      since = link[0].since;
    }
  }
  if (!decodes) {
    wrong("does not decode");
  } else if (!IsStamp(since)) {
    wrong(internal::Join("its stamp ", since, " is of no commit"));
  } else if (*before != 0 && since != *before) {
    wrong(internal::Join("was so since ", since, ", but what was before it lasted to ", *before));
  }
  *before = TrailingId(key);
}

absl::Status SpaceCheck::Versions() {
  TableScan scan = TableScan::OfPrefix(context_, Table::kVersions, layout_.Space());
  std::string element;  // whose states these are
  Stamp before = 0;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) return absl::OkStatus();
    const std::string_view key = scan.key();
    const size_t size = key.size();
    const char kind = size > kSpaceBytes ? key[kSpaceBytes] : '\0';
    const bool is_element = (kind == 'n' || kind == 'l') && size == kElementKeyBytes;
    if (!is_element && !(kind == 'a' && size == kListKeyBytes) &&
        !(kind == 'd' && size > kRowKeyBytesMin) && !(kind == 'f' && size == kFusionKeyBytes) &&
        !(kind == 'i' && size == kIndexKeyBytes)) {
      OddKey(Table::kVersions, key);
      continue;
    }
    ++report_.checked.past_versions;
    if (kind != 'i' && TrailingId(key) > Raw(context_.view.version())) {
      Add(FindingKind::kVersion, Table::kVersions, SpellKey(key), "is of a version to come");
    }
    if (!is_element) continue;
    const std::string_view whose = key.substr(0, size - kVersionBytes);
    if (whose != element) {
      element = std::string(whose);
      before = 0;
    }
    CheckPast(key, scan.value(), &before);
  }
}

}  // namespace skein
