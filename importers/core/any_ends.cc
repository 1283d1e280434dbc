#include "importers/core/any_ends.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "storage/base/status.h"

namespace skein {
namespace {

// One key that may be of several labels.
struct Open {
  NodeKey* key;
  size_t first = 0;  // of its candidates: the key's own label, then the others in order
  bool resolved = false;
};

void Choose(NodeKey* key, size_t candidate) {
  if (candidate > 0) {
    key->label = key->others[candidate - 1].first;
    key->identity = std::move(key->others[candidate - 1].second);
  }
  key->others.clear();
}

const Identity& CandidateIdentity(const NodeKey& key, size_t candidate) {
  return candidate == 0 ? key.identity : key.others[candidate - 1].second;
}

uint32_t CandidateLabel(const NodeKey& key, size_t candidate) {
  return candidate == 0 ? key.label : key.others[candidate - 1].first;
}

absl::StatusOr<bool> FoundByKey(const Reader& reader, uint32_t index, const NodeKey& key) {
  std::vector<Value> equal;
  equal.reserve(key.key.size());
  for (const auto& [name, value] : key.key) equal.push_back(value);
  Budget budget;
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<IdCursor> cursor,
                         reader.SeekIndex(Viewer::All(), index, equal, budget));
  std::vector<uint64_t> ids;
  SKEIN_RETURN_IF_ERROR(cursor->Next(1, &ids).status());
  return !ids.empty();
}

}  // namespace

absl::Status ResolveAnyEnds(Graph& graph, KnownNodes& known,
                            const absl::flat_hash_map<uint32_t, std::optional<uint32_t>>& seek,
                            std::vector<Row>* rows) {
  std::vector<Open> open;
  std::vector<std::string> identities;
  for (Row& row : *rows) {
    for (LinkRow& link : row.links) {
      for (NodeKey* key : {&link.from, &link.to}) {
        if (key->others.empty()) continue;
        open.push_back({key, identities.size()});
        identities.push_back(key->identity);
        for (const auto& [label, identity] : key->others) identities.push_back(identity);
      }
    }
  }
  if (open.empty()) return absl::OkStatus();
  absl::flat_hash_set<Identity> defined;
  for (const Row& row : *rows) {
    for (const NodeRow& node : row.nodes) defined.insert(node.key.identity);
  }
  SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, graph.Latest());
  std::vector<std::optional<NodeId>> exists;
  SKEIN_RETURN_IF_ERROR(known.Find(*snapshot, identities, &exists));
  for (Open& end : open) {
    size_t chosen = 0;
    const size_t candidates = end.key->others.size() + 1;
    for (size_t i = 0; i < candidates && !end.resolved; ++i) {
      end.resolved =
          exists[end.first + i].has_value() || defined.contains(CandidateIdentity(*end.key, i));
      if (!end.resolved) {
        const auto index = seek.find(CandidateLabel(*end.key, i));
        if (index != seek.end() && index->second) {
          SKEIN_ASSIGN_OR_RETURN(end.resolved, FoundByKey(*snapshot, *index->second, *end.key));
        }
      }
      if (end.resolved) chosen = i;
    }
    Choose(end.key, chosen);
  }
  return absl::OkStatus();
}

}  // namespace skein
