#include "storage/care/findings.h"

#include <utility>

#include "storage/base/status.h"

namespace skein {

std::string_view FindingName(FindingKind kind) {
  switch (kind) {
    case FindingKind::kBytes:
      return "bytes";
    case FindingKind::kCatalog:
      return "catalog";
    case FindingKind::kNode:
      return "node";
    case FindingKind::kLink:
      return "link";
    case FindingKind::kLinkEnd:
      return "link_end";
    case FindingKind::kIdentity:
      return "identity";
    case FindingKind::kFusion:
      return "fusion";
    case FindingKind::kHistory:
      return "history";
    case FindingKind::kConstraint:
      return "constraint";
    case FindingKind::kTimeKey:
      return "time_key";
    case FindingKind::kVersion:
      return "version";
    case FindingKind::kKey:
      return "key";
    case FindingKind::kAdjacency:
      return "adjacency";
    case FindingKind::kLabel:
      return "label";
    case FindingKind::kIndex:
      return "index";
    case FindingKind::kText:
      return "text";
    case FindingKind::kCounter:
      return "counter";
    case FindingKind::kMark:
      return "mark";
    case FindingKind::kStalePosting:
      return "stale_posting";
    case FindingKind::kLeftover:
      return "leftover";
    case FindingKind::kSightingTwice:
      return "sighting_twice";
  }
  return "?";
}

std::string FindingText(const Finding& finding) {
  constexpr std::string_view kSpaces[] = {"store", "users", "system"};
  const auto space = static_cast<size_t>(finding.space);
  return internal::Join(kSpaces[space < 3 ? space : 0], "/", TableName(finding.table),
                        finding.place.empty() ? "" : ", ", finding.place, ": ", finding.what);
}

void Findings::Add(Finding finding) {
  Count(finding.kind);
  if (!wants_lines() || IsNote(finding.kind)) return;
  ++shown_;
  show_(finding);
}

uint64_t Findings::Sum(const std::function<bool(FindingKind)>& of) const {
  uint64_t sum = 0;
  for (size_t i = 0; i < kFindingKinds; ++i) {
    if (of(static_cast<FindingKind>(i))) sum += counts_[i];
  }
  return sum;
}

}  // namespace skein
