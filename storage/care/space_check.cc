#include "storage/care/space_check.h"

#include <algorithm>
#include <utility>

#include "storage/base/clock.h"
#include "storage/base/status.h"
#include "storage/graph/link_page.h"
#include "storage/graph/overlay.h"
#include "storage/graph/time_key.h"

namespace skein {
namespace {

constexpr size_t kSpaceBytes = 1;
constexpr size_t kChunkKeyBytes = kSpaceBytes + 16;  // page, chunk
// Of one node of a window: its policy, and its part of the sums of its page.
constexpr size_t kBytesPerNode = 8;
// Pages that ids of 64 bits have, but the last: its end would be no number.
constexpr uint64_t kPagesMax = UINT64_MAX / kVerticesPerPage;

uint64_t MarkOf(const std::optional<std::string>& stored, uint64_t first) {
  return stored ? static_cast<uint64_t>(DecodeCounter(*stored)) : first;
}

}  // namespace

std::string SpellKey(std::string_view key) {
  constexpr char kDigits[] = "0123456789abcdef";
  constexpr size_t kBytesShown = 40;
  std::string out = "key ";
  for (const char c : key.substr(0, kBytesShown)) {
    out.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    out.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
  return key.size() > kBytesShown ? out + "..." : out;
}

std::optional<PolicyId> SpaceCheck::Window::Policy(NodeId id) const {
  const uint64_t place = Raw(id) - first;
  if (place >= policies.size() || policies[place] == 0) return std::nullopt;
  return PolicyId{policies[place] - 1};
}

void SpaceCheck::Add(FindingKind kind, Table table, std::string place, std::string what) {
  report_.found.Add({kind, space_, table, std::move(place), std::move(what)});
}

void SpaceCheck::OddKey(Table table, std::string_view key) {
  Add(FindingKind::kKey, table, SpellKey(key), "is no key of this table");
}

absl::Status SpaceCheck::OpenCatalog() {
  auto catalog = StoredCatalog::Open(context_.store, space_, Clock::Real());
  if (catalog.status().code() == absl::StatusCode::kDataLoss) {
    Add(FindingKind::kCatalog, Table::kCatalog, "", std::string(Message(catalog.status())));
    return absl::OkStatus();
  }
  SKEIN_RETURN_IF_ERROR(catalog.status());
  catalog_ = *std::move(catalog);
  batches_ = catalog_->Batches().size() + 1;
  for (const IndexInfo& index : catalog_->Indexes()) {
    if (index.kind != IndexKind::kText) indexes_.push_back(index);
  }
  return absl::OkStatus();
}

absl::Status SpaceCheck::ReadMarks() {
  const auto read = [this](const std::string& key) {
    return GetOne(context_.store, context_.view, Table::kMeta, key);
  };
  SKEIN_ASSIGN_OR_RETURN(const auto nodes, read(layout_.Meta("next_node")));
  SKEIN_ASSIGN_OR_RETURN(const auto chunks, read(layout_.Meta("next_chunk")));
  nodes_mark_ = MarkOf(nodes, 0);
  chunks_mark_ = MarkOf(chunks, 1);
  const std::string prefix = layout_.Meta("next_row");
  TableScan scan = TableScan::OfPrefix(context_, Table::kMeta, prefix);
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) return absl::OkStatus();
    if (scan.key().size() != prefix.size() + 4) continue;
    rows_marks_[ByteReader(scan.key().substr(prefix.size())).Be32()] =
        static_cast<uint64_t>(DecodeCounter(scan.value()));
  }
}

absl::Status SpaceCheck::Run(const std::function<void(std::string_view)>& stage) {
  const auto say = [&stage](std::string_view what) {
    if (stage) stage(what);
  };
  say("catalogue");
  SKEIN_RETURN_IF_ERROR(OpenCatalog());
  if (catalog_ == nullptr) return absl::OkStatus();  // a finding says why
  SKEIN_RETURN_IF_ERROR(ReadMarks());
  SKEIN_RETURN_IF_ERROR(ReadLoads());
  SKEIN_RETURN_IF_ERROR(ReadRecent());
  const uint64_t window_pages =
      std::max<uint64_t>(1, memory_bytes_ / 2 / kBytesPerNode / kVerticesPerPage);
  uint64_t page = 0;
  bool first_time = true;
  while (page < kPagesMax) {
    const uint64_t last = page + std::min(window_pages, kPagesMax - page);
    Window window{page * kVerticesPerPage, last * kVerticesPerPage, {}};
    DerivedRows rows(page, last);
    say(first_time ? "nodes, links, adjacency, labels, indexes"
                   : "nodes, links, adjacency, labels, indexes: further nodes");
    SKEIN_RETURN_IF_ERROR(Stream(&window, first_time, &rows));
    SKEIN_RETURN_IF_ERROR(Compare(&window, rows.Differing()));
    page = rows.next_page();
    first_time = false;
  }
  say("text");
  SKEIN_RETURN_IF_ERROR(Text());
  say("identities, assertions, past versions, counters");
  SKEIN_RETURN_IF_ERROR(Identities());
  SKEIN_RETURN_IF_ERROR(Fusion());
  SKEIN_RETURN_IF_ERROR(Versions());
  SKEIN_RETURN_IF_ERROR(Counters());
  return Marks();
}

bool SpaceCheck::CheckProperties(const std::vector<PropertyEntry>& properties,
                                 std::string* what) const {
  for (const PropertyEntry& property : properties) {
    if (Raw(property.key) >= catalog_->key_count()) {
      *what = internal::Join("property key ", Raw(property.key), " is not in the catalogue");
      return false;
    }
    if (!CheckSource(property.source)) {
      *what = internal::Join("batch ", Raw(property.source.batch), " is not in the catalogue");
      return false;
    }
  }
  return true;
}

absl::Status SpaceCheck::CheckNode(const NodeRecord& node) {
  const auto wrong = [&](std::string what) {
    Add(FindingKind::kNode, Table::kNodes, internal::Join("node ", Raw(node.id)), std::move(what));
  };
  std::string what;
  for (size_t i = 0; i < node.labels.size(); ++i) {
    if (Raw(node.labels[i]) >= catalog_->label_count()) {
      wrong(internal::Join("label ", Raw(node.labels[i]), " is not in the catalogue"));
    } else if (i > 0 && node.labels[i] <= node.labels[i - 1]) {
      wrong("its labels do not ascend");
    }
  }
  if (Raw(node.policy) >= catalog_->policy_count()) {
    wrong(internal::Join("policy ", Raw(node.policy), " is not in the catalogue"));
  }
  if (!CheckSource(node.source)) {
    wrong(internal::Join("batch ", Raw(node.source.batch), " is not in the catalogue"));
  }
  if (node.valid.from > node.valid.to) wrong("its valid time ends before it begins");
  if (!CheckProperties(node.properties, &what)) wrong(std::move(what));
  if (!IsStamp(node.since)) {
    Add(FindingKind::kVersion, Table::kNodes, internal::Join("node ", Raw(node.id)),
        internal::Join("its stamp ", node.since, " is of no commit"));
  }
  nodes_used_ = std::max(nodes_used_, Raw(node.id) + 1);
  counts_[layout_.NodeCount(kAllNames, node.policy)] += 1;
  for (const LabelId label : node.labels) {
    counts_[layout_.NodeCount(static_cast<uint32_t>(Raw(label)), node.policy)] += 1;
  }
  counts_[layout_.PropertyCount()] += static_cast<int64_t>(node.properties.size());
  ++report_.checked.nodes;
  return absl::OkStatus();
}

absl::Status SpaceCheck::Nodes(Window* window, DerivedRows* rows) {
  const bool gathering = rows->gathering();
  TableScan scan(context_, Table::kNodes, layout_.Node(NodeId{window->first}),
                 PrefixEnd(layout_.Space()));
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) return absl::OkStatus();
    if (scan.key().size() != kSpaceBytes + 8) {
      if (!gathering) OddKey(Table::kNodes, scan.key());
      continue;
    }
    const NodeId id{TrailingId(scan.key())};
    const uint64_t page = AdjacencyPageOf(id);
    if (!window->Has(id)) {
      rows->Name(page);
      return absl::OkStatus();
    }
    const std::optional<NodeRecord> node = DecodeNode(id, scan.value());
    if (!node) {
      if (!gathering) {
        Add(FindingKind::kNode, Table::kNodes, internal::Join("node ", Raw(id)), "does not decode");
      }
      continue;
    }
    if (!gathering) {
      SKEIN_RETURN_IF_ERROR(CheckNode(*node));
      const uint64_t place = Raw(id) - window->first;
      if (window->policies.size() <= place) window->policies.resize(place + 1, 0);
      window->policies[place] = static_cast<uint32_t>(Raw(node->policy)) + 1;
    }
    std::string policy;
    AppendVarint(&policy, Raw(node->policy));
    if (rows->Wants(Derived::kLabel, page)) {
      for (const LabelId label : node->labels) {
        rows->Expect(Derived::kLabel, page, KeyedRow(layout_.Label(label, id), policy));
      }
    }
    if (!rows->Wants(Derived::kIndex, page)) continue;
    for (const IndexInfo& index : indexes_) {
      if (!index.online) continue;
      const std::optional<std::string> key = IndexEntryKey(layout_, index, *node);
      if (key) rows->Expect(Derived::kIndex, page, KeyedRow(*key, policy));
    }
  }
}

void SpaceCheck::CheckLink(const StoredLink& link) {
  const LinkRecord& record = link.record;
  const auto wrong = [&](std::string what, FindingKind kind = FindingKind::kLink) {
    Add(kind, Table::kLinks,
        internal::Join("page ", LinkPage(record.id), ", link ", Raw(record.id)), std::move(what));
  };
  const auto batch = static_cast<uint32_t>(Raw(record.id) >> 32);
  uint64_t& used = rows_used_[batch];
  used = std::max(used, (Raw(record.id) & UINT32_MAX) + 1);
  if (batch >= batches_) wrong(internal::Join("batch ", batch, " is not in the catalogue"));
  if (!CheckSource(record.source)) {
    wrong(internal::Join("batch ", Raw(record.source.batch), " is not in the catalogue"));
  }
  for (const PolicyId policy : {record.policy, link.from_policy, link.to_policy}) {
    if (Raw(policy) >= catalog_->policy_count()) {
      wrong(internal::Join("policy ", Raw(policy), " is not in the catalogue"));
    }
  }
  if (record.valid.from > record.valid.to) wrong("its valid time ends before it begins");
  std::string what;
  if (!CheckProperties(record.properties, &what)) wrong(std::move(what));
  if (!IsStamp(link.since)) {
    wrong(internal::Join("its stamp ", link.since, " is of no commit"), FindingKind::kVersion);
  }
  if (Raw(record.type) >= catalog_->link_type_count()) {
    wrong(internal::Join("type ", Raw(record.type), " is not in the catalogue"));
  } else {
    if (catalog_->IsSightingType(record.type)) ++report_.checked.sightings;
    const std::optional<TimeKey> key = catalog_->GetTimeKey(record.type);
    if (key && !FitsTimeKey(*key, record)) {
      wrong("its valid time is not what its type promises", FindingKind::kTimeKey);
    }
  }
  for (const uint32_t type : {kAllNames, static_cast<uint32_t>(Raw(record.type))}) {
    counts_[layout_.LinkCount(type, record.policy, link.from_policy, link.to_policy)] += 1;
  }
  counts_[layout_.PropertyCount()] += static_cast<int64_t>(record.properties.size());
  ++report_.checked.links;
}

void SpaceCheck::CheckEnd(const Window& window, const StoredLink& link, bool from) {
  const NodeId node = from ? link.record.from : link.record.to;
  if (!window.Has(node)) return;
  const std::optional<PolicyId> policy = window.Policy(node);
  const PolicyId told = from ? link.from_policy : link.to_policy;
  if (policy == told) return;
  const std::string place =
      internal::Join("page ", LinkPage(link.record.id), ", link ", Raw(link.record.id));
  if (!policy) {
    Add(FindingKind::kLinkEnd, Table::kLinks, place,
        internal::Join("there is no node ", Raw(node), ", its ", from ? "start" : "end"));
  } else {
    Add(FindingKind::kLinkEnd, Table::kLinks, place,
        internal::Join("says policy ", Raw(told), " of node ", Raw(node), ", which has ",
                       Raw(*policy)));
  }
}

absl::Status SpaceCheck::Links(const Window& window, bool first_time, DerivedRows* rows) {
  const bool gathering = rows->gathering();
  const auto each = [&](ChunkList& list) -> absl::Status {
    const uint64_t page = TrailingId(list.prefix);
    LinkPageView view;
    for (const auto& [number, bytes] : list.chunks) {
      auto chunk = LinkChunk::Read(page, bytes);
      chunks_used_ = std::max(chunks_used_, number + 1);
      if (chunk == nullptr) {
        if (first_time) {
          Add(FindingKind::kLink, Table::kLinks, internal::Join("page ", page, ", chunk ", number),
              "does not decode");
        }
        continue;
      }
      view.chunks.push_back(std::move(chunk));
    }
    if (first_time) ++report_.checked.link_pages;
    for (const StoredLink& link : view.All(page)) {
      if (first_time) CheckLink(link);
      if (!gathering) {
        CheckEnd(window, link, true);
        CheckEnd(window, link, false);
      }
      for (const HalfLink& half : HalvesOf(link)) {
        const uint64_t of = AdjacencyPageOf(half.vertex);
        if (rows->Wants(Derived::kAdjacency, of) || !gathering) {
          rows->Expect(Derived::kAdjacency, of, HalfLinkRow(half));
        }
      }
    }
    return absl::OkStatus();
  };
  return ForChunkLists(context_, Table::kLinks, layout_.Space(), PrefixEnd(layout_.Space()),
                       kChunkKeyBytes, each, [&](std::string_view key) {
                         if (first_time) OddKey(Table::kLinks, key);
                       });
}

}  // namespace skein
