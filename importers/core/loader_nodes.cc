// The loader's way for entities of large runs: those of new keys wait in memory, where later rows
// find and change them, and are loaded in bulk.
#include <algorithm>

#include "importers/core/loader.h"
#include "importers/core/loader_chunk.h"
#include "storage/base/status.h"

namespace skein {

bool Loader::Waits(const Slot& slot) const {
  return bulk_nodes_ != nullptr && slot.id && bulk_nodes_->Has(*slot.id);
}

size_t Loader::gathered_bytes() const {
  const bool nodes = bulk_nodes_ != nullptr && !aside_.joinable();
  return (nodes ? bulk_nodes_->bytes() : 0) + (bulk_ == nullptr ? 0 : bulk_->bytes());
}

// Links that a transaction makes need their ends committed.
bool Loader::NodesGoInBulk(const Chunk& chunk) const {
  return bulk_file_ &&
         std::all_of(chunk.links.begin(), chunk.links.end(), [](const LinkSlot& slot) {
           return slot.loaded || (slot.id ? !slot.replace : slot.bulk);
         });
}

// Whoever waits is known by its identity, or a later row would make it again.
absl::Status Loader::MakeRoom(const Chunk& chunk) {
  if (known_.HasRoom(chunk.nodes.size())) return absl::OkStatus();
  SKEIN_RETURN_IF_ERROR(FlushNodes());
  known_.Clear();
  return absl::OkStatus();
}

// What is gathered goes on over the files of a run; each has its batch there.
absl::Status Loader::EnsureBulkNodes() {
  if (bulk_nodes_ != nullptr && bulk_nodes_file_ == file_number_) return absl::OkStatus();
  SKEIN_ASSIGN_OR_RETURN(const WriteContext context, FileContext());
  if (bulk_nodes_ == nullptr) {
    SKEIN_ASSIGN_OR_RETURN(bulk_nodes_, graph_.BeginBulkNodes(context));
  } else {
    SKEIN_RETURN_IF_ERROR(bulk_nodes_->NextBatch(context));
  }
  bulk_nodes_file_ = file_number_;
  return absl::OkStatus();
}

absl::Status Loader::WriteNodesInBulk(Chunk* chunk) {
  for (Slot& slot : chunk->nodes) {
    if (!slot.id) {
      SKEIN_RETURN_IF_ERROR(EnsureBulkNodes());
      SKEIN_ASSIGN_OR_RETURN(const NewNode node, NodeOf(slot));
      SKEIN_ASSIGN_OR_RETURN(slot.id, bulk_nodes_->Add(node, slot.key.identity));
      slot.created = true;
      known_.Add(slot.key.identity, *slot.id);
      continue;
    }
    const bool changed = !slot.changes.empty() || !slot.missing_labels.empty() || slot.set_valid;
    if (!changed || !Waits(slot)) continue;
    NodeChange change;
    change.properties = slot.changes;
    change.labels = slot.missing_labels;
    if (slot.set_valid) change.valid = slot.valid;
    SKEIN_ASSIGN_OR_RETURN(const WriteContext context, FileContext());
    change.source = {context.batch, slot.row};
    SKEIN_RETURN_IF_ERROR(bulk_nodes_->Change(*slot.id, change));
  }
  return absl::OkStatus();
}

void Loader::CommitNodesAside() {
  if (aside_.joinable() || bulk_nodes_ == nullptr || bulk_nodes_->size() == 0) return;
  aside_ = std::thread([this] { aside_done_ = bulk_nodes_->Commit(); });
}

absl::Status Loader::SettleNodes() {
  if (!aside_.joinable()) return absl::OkStatus();
  aside_.join();
  if (!aside_done_.ok()) return Annotate(aside_done_, "loading entities");
  if (after_commit_) after_commit_();
  return absl::OkStatus();
}

absl::Status Loader::FlushNodes() {
  SKEIN_RETURN_IF_ERROR(SettleNodes());
  if (bulk_nodes_ == nullptr || bulk_nodes_->size() == 0) return absl::OkStatus();
  const absl::Status committed = bulk_nodes_->Commit();
  if (!committed.ok()) return Annotate(committed, file_.name);
  if (after_commit_) after_commit_();
  return absl::OkStatus();
}

}  // namespace skein
