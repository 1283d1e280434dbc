// SpaceCheck: the check, and the repair, of one graph space. Internal to storage/care.
//
// Order     The catalogue; then for each window of node ids: nodes, links, adjacency, labels,
//           indexes, and what differs; then text, identities, assertions, counters, marks.
// Threads   One.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/care/derived.h"
#include "storage/care/fixer.h"
#include "storage/care/scan.h"
#include "storage/care/verify.h"
#include "storage/graph/adjacency_page.h"
#include "storage/schema/stored_catalog.h"

namespace skein {

class SpaceCheck {
 public:
  // `fixer` nullptr: only look.
  SpaceCheck(const ScanContext& context, SpaceId space, size_t memory_bytes, VerifyReport& report,
             Fixer* fixer)
      : context_(context),
        space_(space),
        layout_(space),
        memory_bytes_(memory_bytes),
        report_(report),
        fixer_(fixer) {}

  absl::Status Run(const std::function<void(std::string_view)>& stage);

 private:
  // Ids of nodes, a window of them: policy + 1, or 0 where there is no node.
  struct Window {
    uint64_t first = 0, last = 0;
    std::vector<uint32_t> policies;
    bool Has(NodeId id) const { return Raw(id) >= first && Raw(id) < last; }
    std::optional<PolicyId> Policy(NodeId id) const;
  };

  void Add(FindingKind kind, Table table, std::string place, std::string what);
  void OddKey(Table table, std::string_view key);

  // space_check.cc: records.
  absl::Status OpenCatalog();
  absl::Status ReadMarks();
  absl::Status Nodes(Window* window, DerivedRows* rows);
  absl::Status CheckNode(const NodeRecord& node);
  absl::Status Links(const Window& window, bool first_time, DerivedRows* rows);
  void CheckLink(const StoredLink& link);
  void CheckEnd(const Window& window, const StoredLink& link, bool from);
  bool CheckProperties(const std::vector<PropertyEntry>& properties, std::string* what) const;
  bool CheckSource(const Provenance& source) const { return Raw(source.batch) < batches_; }

  // space_derived.cc: what is derived of them.
  absl::Status ReadRecent();
  absl::Status Adjacency(const Window& window, DerivedRows* rows);
  absl::Status FindSightingsTwice(const AdjacencyList& list);
  absl::Status CompareSightings(std::span<const LinkId> links);
  absl::Status Labels(bool first_time, DerivedRows* rows);
  absl::Status Indexes(bool first_time, DerivedRows* rows);
  absl::Status Index(const IndexInfo& index, bool first_time, DerivedRows* rows);
  absl::Status Leftovers();
  absl::Status OddDerived(FindingKind kind, Table table, std::string_view key);
  absl::StatusOr<std::optional<StoredLink>> ReadLink(LinkId id);
  absl::StatusOr<bool> IsRecordLost(const HalfLink& half);
  absl::Status Stream(Window* window, bool first_time, DerivedRows* rows);
  absl::Status Compare(Window* window, const std::vector<DerivedRows::Page>& differing);
  absl::Status ShowPage(const DerivedRows::Page& page, const DerivedRows::Rows& rows);
  absl::Status FixPage(const DerivedRows::Page& page, const DerivedRows::Rows& rows);
  absl::Status FixAdjacency(uint64_t page, const DerivedRows::Rows& rows);

  // text_check.cc
  class TextFix;
  absl::Status Text();
  // Calls `tick` with the hash of every stored posting; false: nothing asks for it.
  absl::Status TickOff(bool first_time, const std::function<bool(uint64_t)>& tick);
  absl::Status ShowMissing(const std::vector<uint64_t>& missing);

  // space_rest.cc
  absl::Status Identities();
  absl::Status Fusion();
  absl::Status ReadLoads();
  // A stamp is of a commit that was, or of a load that was.
  bool IsStamp(Stamp stamp) const;
  absl::Status Versions();
  void CheckPast(std::string_view key, std::string_view value, Stamp* before);
  absl::Status Counters();
  absl::Status Marks();

  const ScanContext& context_;
  const SpaceId space_;
  const Layout layout_;
  const size_t memory_bytes_;
  VerifyReport& report_;
  Fixer* const fixer_;

  std::unique_ptr<StoredCatalog> catalog_;
  RecentPages recent_;
  uint64_t batches_ = 1;  // ids below it are in use
  std::vector<IndexInfo> indexes_;
  std::map<std::string, int64_t> counts_;  // recounted, by key of kStats
  // Ids as they are used, against their marks.
  uint64_t nodes_mark_ = 0, chunks_mark_ = 1;
  std::map<uint32_t, uint64_t> rows_marks_;
  absl::flat_hash_set<uint64_t> loads_;   // bulk loads, by their chunk number
  absl::flat_hash_set<std::string> odd_;  // strange keys that were told already
  uint64_t sightings_compared_ = 0;
  uint64_t nodes_used_ = 0, chunks_used_ = 0;  // one past the largest; 0: none
  absl::flat_hash_map<uint32_t, uint64_t> rows_used_;
};

// "policy 3 is not in the catalogue" and the like name numbers only: never a stored value.
std::string SpellKey(std::string_view key);

}  // namespace skein
