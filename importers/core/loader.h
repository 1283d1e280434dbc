// Loader: rows to one graph, a durable commit per chunk; the same rows again change nothing.
//
// Order     Prepare once; then for each file BeginFile, any number of Load, EndFile; then EndFiles,
//           AssertSame, Finish. Of a file that StreamsLinks: BeginLinks, then LoadLinks for Load.
// Rules     docs/reference/mapping.md: keys unique per label, implied entities, ranks of sources,
//           identities. Each commit holds whole rows with their identities, so that a process
//           killed anywhere leaves rows that are wholly there or not at all, and a repeat goes on.
// Errors    RESOURCE_EXHAUSTED  no space: what was committed stays, a repeat goes on from there
//           FAILED_PRECONDITION what is in the store contradicts a key (one example named)
//           UNAVAILABLE, DATA_LOSS, UNKNOWN  of the store
// Threads   one thread. Other threads may write the graph meanwhile: conflicts are tried again.
// Lifetime  borrows the graph and the name table.
// Cost      a chunk is one identity look-up, one read of what exists and one commit. In runs over
//           1 MiB, new entities, links without a key and sightings are gathered over the files
//           (≤ 2 GiB) and loaded in bulk.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "importers/core/known_nodes.h"
#include "importers/core/link_maker.h"
#include "importers/core/row_maker.h"
#include "importers/core/summary.h"
#include "storage/graph/graph.h"

namespace skein {

// Whose work an import is; into the batches' provenance.
struct ImportPurpose {
  std::string person, case_number;
};

// Which runs load entities of new keys, links without a key, and sightings in bulk.
struct BulkLimits {
  uint64_t run_bytes = uint64_t{1} << 20;  // those of so many bytes, all files together
  size_t memory_bytes = size_t{2} << 30;   // what is gathered before it is written
};

// The file being loaded.
struct LoadedFile {
  const Mapping* mapping = nullptr;
  const FileRule* rule = nullptr;
  std::string name;
  std::string sha256;
  uint64_t run_bytes = 0;  // of all files of the run
  // Keys (Short of their identity) whose records in this file disagree: their values are gathered
  // and written once, at EndFile, the last record winning.
  absl::flat_hash_set<uint64_t> disagreeing;
};

class Loader {
 public:
  Loader(Graph& graph, NameTable& names, ImportPurpose purpose,
         std::function<void()> after_commit = nullptr, const BulkLimits& bulk = {});
  ~Loader();

  // Names, sighting types and the unique index of every label's key.
  absl::Status Prepare(const std::vector<Mapping>& mappings);
  absl::Status BeginFile(LoadedFile file);
  // Counts go to *counts only once they are durable. Clears *rows.
  absl::Status Load(std::vector<Row>* rows, ImportCounts* counts);
  absl::Status EndFile(ImportCounts* counts);
  // Writes what is still gathered, and closes its batches.
  absl::Status EndFiles();

  // Files of nothing but links that are loaded in bulk: without chunks.
  bool StreamsLinks() const;
  absl::Status BeginLinks();
  absl::Status LoadLinks(LinkBlock* block, ImportCounts* counts);
  absl::StatusOr<KeyId> KeyNamed(const std::string& name);
  // What the mappings' `same` rules say of the graph as it is now; counts go to *counts.
  absl::Status AssertSame(const std::vector<Mapping>& mappings, TimeUs now_us,
                          ImportCounts* counts);
  // Of the entities that the n-th file (from 0) implied: how many a later file or row defined. The
  // caller takes them off that file's `implied`.
  uint64_t defined_later(size_t file) const {
    return file < defined_later_.size() ? defined_later_[file] : 0;
  }
  // What was loaded in bulk of the n-th file (from 0), which is known after EndFiles only.
  const ImportCounts& late(size_t file) const { return late_[file]; }
  // Indexes that mappings ask for, then compaction: all is durable, indexed and quick to open.
  absl::Status Finish(const std::vector<Mapping>& mappings);
  static std::string_view NamePrefix(IndexKind kind);

 private:
  struct Slot;
  struct LinkSlot;
  struct Chunk;
  struct Gathered;

  // Nodes of one label, or of the first of several that has the key, by integer key: keys from 0 on
  // that lie close together in an array, others in a table.
  class EndTable {
   public:
    std::vector<uint32_t> labels;
    uint32_t property = 0;  // name of the key

    // kNoNode: not known; it then counts as asked for.
    NodeId Find(int64_t key, bool* fresh);
    void Set(int64_t key, NodeId id) { *Slot(key) = id; }
    void Forget(int64_t key);
    void Clear();
    size_t size() const { return size_; }
    void Prefetch(int64_t key) const {
      if (static_cast<uint64_t>(key) < close_.size()) {
        __builtin_prefetch(&close_[static_cast<size_t>(key)]);
      } else {
        far_.prefetch(key);
      }
    }

   private:
    NodeId* Slot(int64_t key);

    std::vector<NodeId> close_;
    absl::flat_hash_map<int64_t, NodeId> far_;
    size_t size_ = 0;
  };
  struct NewEnd {
    size_t table;
    int64_t key;
    uint32_t row;
  };
  struct StreamRule {
    LinkTypeId type{};
    PolicyId policy{};
    size_t from = 0, to = 0;  // tables
    bool sighting = false;
  };

  size_t EndsOf(const EndRule& end);
  NodeKey EndKey(size_t table, int64_t key);
  absl::Status FindEnds(const LinkBlock& block, ImportCounts* counts);
  absl::Status FindMetEnds(std::vector<NewEnd>* missing);
  absl::Status ResolveEnds(std::span<const NewEnd> missing, ImportCounts* counts);
  absl::Status FindImportedLinks(const LinkBlock& block, std::vector<uint8_t>* known);
  absl::Status LoadOddRows(std::vector<Row>* rows, ImportCounts* counts);
  uint32_t AddKey(const NodeKey& key, Chunk* chunk);
  void AddNode(const Row& row, NodeRow* node, Chunk* chunk);
  void AddLink(const Row& row, LinkRow* link, Chunk* chunk);
  absl::Status Apply(Chunk* chunk, ImportCounts* counts);
  absl::Status FindNodes(Chunk* chunk, const Reader& reader);
  absl::Status FindByKey(Chunk* chunk, const Reader& reader);
  absl::Status FindLinks(Chunk* chunk, const Reader& reader);
  absl::Status Compare(Chunk* chunk);
  bool Outranks(const PropertyEntry& present);
  absl::Status Write(Chunk* chunk);
  // Links without a key of large files, once the chunk's other changes are written.
  absl::Status AddBulk(Chunk* chunk);
  absl::StatusOr<NewLink> LinkOf(const Chunk& chunk, const LinkSlot& slot);
  // Makes bulk_ take links of the file.
  absl::Status EnsureBulk();
  // Writes what was gathered.
  absl::Status FlushBulk();
  // Entities of large runs whose keys are new are gathered and loaded in bulk (loader_nodes.cc).
  bool Waits(const Slot& slot) const;
  bool NodesGoInBulk(const Chunk& chunk) const;
  absl::Status MakeRoom(const Chunk& chunk);
  absl::Status EnsureBulkNodes();
  absl::Status WriteNodesInBulk(Chunk* chunk);
  absl::Status FlushNodes();
  // Commits what waits on a thread of its own, while links are read; SettleNodes waits for it.
  void CommitNodesAside();
  absl::Status SettleNodes();
  size_t gathered_bytes() const;
  absl::StatusOr<WriteContext> FileContext();
  absl::Status WriteNodes(Chunk* chunk, Transaction& transaction);
  absl::StatusOr<NewNode> NodeOf(const Slot& slot);
  absl::Status WriteLinks(Chunk* chunk, Transaction& transaction);
  absl::Status CreateNode(Slot& slot, Transaction& transaction);
  void Count(const Chunk& chunk, ImportCounts* counts);
  absl::Status EnsureBatch();
  absl::StatusOr<KeyId> Key(uint32_t name);
  absl::StatusOr<LabelId> Label(std::string_view name);
  absl::StatusOr<std::vector<LabelId>> LabelsOf(const std::vector<const NodeRule*>& rules);
  absl::StatusOr<LinkTypeId> Type(uint32_t name);
  absl::StatusOr<PolicyId> PolicyOf(const RuleBase& rule);
  const Batch& BatchOf(BatchId id);

  Graph& graph_;
  NameTable& names_;
  ImportPurpose purpose_;
  std::function<void()> after_commit_;

  LoadedFile file_;
  std::optional<BatchId> batch_;  // of the file; opened with its first write
  uint64_t accepted_ = 0;         // rows of the file
  PolicyId file_policy_ = kOpenPolicy;
  std::map<Identity, Gathered> gathered_;
  const BulkLimits bulk_limits_;
  bool bulk_file_ = false;  // of a run large enough for bulk loads
  std::unique_ptr<BulkNodes> bulk_nodes_;
  uint32_t bulk_nodes_file_ = 0;  // whose entities it takes
  std::thread aside_;             // commits bulk_nodes_, which nobody touches meanwhile
  absl::Status aside_done_;
  std::unique_ptr<BulkLinks> bulk_;
  std::vector<uint32_t> bulk_files_;                    // whose links it has, by batch
  size_t bulk_begin_ = 0;                               // where those of the last begin
  std::vector<std::pair<BatchId, uint64_t>> unclosed_;  // with their rows
  std::vector<ImportCounts> late_;                      // by number of file

  std::vector<EndTable> ends_;
  std::vector<StreamRule> stream_rules_;  // of the file
  bool look_for_imported_ = false;
  std::vector<std::pair<NodeId, NodeId>> block_ends_;
  Hasher hasher_;
  KnownNodes known_;

  // Caches of ids, by NameTable number.
  std::vector<std::optional<KeyId>> keys_;
  std::vector<std::optional<LinkTypeId>> types_;
  absl::flat_hash_map<const RuleBase*, PolicyId> policies_;
  absl::flat_hash_map<uint32_t, Batch> batches_;
  // Labels whose nodes may have been made otherwise than by an import: looked up by key as well.
  absl::flat_hash_map<uint32_t, std::optional<uint32_t>> seek_;  // label name → index, if needed
  absl::flat_hash_map<uint64_t, uint32_t> implied_;  // made with their key alone → number of file
  std::vector<uint64_t> defined_later_;              // of those, by number of file
  uint32_t file_number_ = 0;
};

}  // namespace skein
