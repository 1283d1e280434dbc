#include "storage/graph/index_builder.h"

#include <utility>
#include <vector>

#include "storage/base/status.h"
#include "storage/graph/overlay.h"
#include "storage/graph/read_ops.h"
#include "storage/graph/snapshot_source.h"

namespace skein {
namespace {

// Each retry reads a newer version; only a page whose nodes change all the time needs more.
constexpr int kTriesMax = 100;

absl::StatusOr<SnapshotSource> LatestSource(const std::shared_ptr<GraphCore>& core) {
  SKEIN_ASSIGN_OR_RETURN(GraphView latest, core->Latest());
  return SnapshotSource(core, std::move(latest));
}

// One page of nodes from `from` on; sets *next. ABORTED: a node changed meanwhile, try again.
absl::Status BuildPage(const std::shared_ptr<GraphCore>& core, const IndexInfo& index, NodeId from,
                       std::optional<NodeId>* next) {
  SKEIN_ASSIGN_OR_RETURN(const SnapshotSource source, LatestSource(core));
  std::vector<ScannedNode> page;
  SKEIN_RETURN_IF_ERROR(source.NodePage(index.label, from, &page, next));
  std::vector<NodeId> ids;
  ids.reserve(page.size());
  for (const ScannedNode& node : page) ids.push_back(node.id);
  std::vector<NodePtr> nodes;
  SKEIN_RETURN_IF_ERROR(source.Nodes(ids, &nodes));
  WriteBatch batch(source.source_version());
  for (const NodePtr& node : nodes) {
    if (node == nullptr) continue;
    const auto values = IndexValuesKey(core->layout, index, *node);
    if (!values.ok()) {
      return FailedPrecondition("index '", index.name, "': a node has ", Message(values.status()));
    }
    const std::optional<std::string> key = IndexEntryKey(core->layout, index, *node);
    if (!key) continue;
    std::string policy;
    AppendVarint(&policy, Raw(node->policy));
    batch.Check(Table::kNodes, core->layout.Node(node->id));
    batch.PutUnguarded(Table::kIndex, *key, policy);
  }
  if (batch.size() == 0) return absl::OkStatus();
  return core->store.Commit(batch, Durability::kAsync).status();
}

// FAILED_PRECONDITION names one example. Commits are held meanwhile.
absl::Status CheckViolations(const std::shared_ptr<GraphCore>& core, const IndexInfo& index) {
  SKEIN_ASSIGN_OR_RETURN(const SnapshotSource source, LatestSource(core));
  const std::string begin = core->layout.Index(index.id);
  std::optional<std::string> next = begin;
  std::vector<IndexHit> hits;
  std::string values;              // of the run of entries with equal values
  std::vector<std::string> units;  // owners seen in that run
  while (next) {
    const std::string from = *next;
    SKEIN_RETURN_IF_ERROR(source.IndexPage(index.id, from, PrefixEnd(begin), &hits, &next));
    for (const IndexHit& hit : hits) {
      const std::string_view same = std::string_view(hit.key).substr(0, hit.key.size() - 8);
      if (same != values) {
        values = std::string(same);
        units.clear();
      }
      std::string unit = core->catalog->GetPolicy(hit.policy).owner_unit;
      if (std::find(units.begin(), units.end(), unit) == units.end()) {
        units.push_back(std::move(unit));
        continue;
      }
      std::vector<NodePtr> nodes;
      SKEIN_RETURN_IF_ERROR(source.Nodes({&hit.node, 1}, &nodes));
      const PropertyEntry* property =
          nodes[0] == nullptr ? nullptr
                              : read_ops::FindProperty(nodes[0]->properties, index.keys[0]);
      return FailedPrecondition("constraint '", index.name, "': two nodes have ",
                                core->catalog->Name(index.keys[0]), " = ",
                                property == nullptr ? "?" : ToLiteral(property->value));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DropIndexEntries(GraphCore& core, uint32_t index) {
  const std::string prefix = core.layout.Index(index);
  while (true) {
    SKEIN_ASSIGN_OR_RETURN(const auto view, core.store.Latest());
    const std::string end = PrefixEnd(prefix);
    const ScanRange range{Table::kIndex, prefix, end, kScanRowsMax, true};
    std::vector<ScanPage> pages;
    SKEIN_RETURN_IF_ERROR(core.store.MultiScan(*view, {&range, 1}, &pages));
    if (pages[0].rows.empty()) return absl::OkStatus();
    WriteBatch batch(view->version());
    for (const auto& [key, value] : pages[0].rows) batch.DeleteUnguarded(Table::kIndex, key);
    SKEIN_RETURN_IF_ERROR(core.store.Commit(batch, Durability::kAsync).status());
  }
}

absl::Status FinishIndex(const std::shared_ptr<GraphCore>& core, const IndexInfo& index) {
  absl::Status built = absl::OkStatus();
  if (index.kind != IndexKind::kText) {
    std::optional<NodeId> next = NodeId{0};
    int tries = 0;
    while (next && built.ok()) {
      const NodeId from = *next;
      built = BuildPage(core, index, from, &next);
      if (built.code() == absl::StatusCode::kAborted && ++tries < kTriesMax) {
        next = from;
        built = absl::OkStatus();
      } else {
        tries = 0;
      }
    }
  }
  absl::MutexLock commits_wait(&core->index_mu);
  if (built.ok() && index.kind == IndexKind::kUnique) built = CheckViolations(core, index);
  if (built.ok()) {
    SKEIN_ASSIGN_OR_RETURN(const auto view, core->store.Latest());
    core->SetIndexSince(index.id, view->version());
    WriteBatch batch(view->version());
    batch.PutStamped(Table::kVersions, core->layout.IndexBuilt(index.id), StampValue({}), 1,
                     /*guarded=*/false);
    SKEIN_RETURN_IF_ERROR(core->store.Commit(batch).status());
    return core->catalog->SetIndexOnline(index.id);
  }
  SKEIN_RETURN_IF_ERROR(core->catalog->RemoveIndex(index.id));
  SKEIN_RETURN_IF_ERROR(DropIndexEntries(*core, index.id));
  return built;
}

absl::StatusOr<uint32_t> CreateIndexOnline(const std::shared_ptr<GraphCore>& core,
                                           const IndexInfo& wanted) {
  IndexInfo index;
  {
    absl::MutexLock commits_wait(&core->index_mu);
    SKEIN_ASSIGN_OR_RETURN(index, core->catalog->AddIndex(wanted));
  }
  SKEIN_RETURN_IF_ERROR(FinishIndex(core, index));
  return index.id;
}

}  // namespace skein
