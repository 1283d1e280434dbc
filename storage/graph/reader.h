// Reader: everything the layers above may read of a graph, at one version, for one viewer.
//
// Two implementations: Snapshot (a committed version) and Transaction (a snapshot plus the
// transaction's own writes). The query layer cannot tell them apart, and reads nothing else.
//
// Shape     Every call takes a whole batch (one traversal level, one operator's input): one storage
//           round trip a call, however many ids. Nothing is read one vertex at a time.
// Visible   An element is visible iff its policy is in the viewer's set and, for a link, both ends'
//           are too. What is not visible does not exist: it is in no list, count, degree or error.
// Order     Scans by id. Expand by frontier position, then (direction out before in, type,
//           valid-from, link id). Index seeks by (value, id). The same after a restart.
// Units     Times in µs since 1970 UTC; windows are [from, to) and match links whose valid time
//           overlaps them. Budgets count visible rows.
// Errors    RESOURCE_EXHAUSTED  the budget is spent
//           CANCELLED, DEADLINE_EXCEEDED  as the budget's token says
//           DATA_LOSS           a stored row does not decode; names table and key
//           UNAVAILABLE         the store cannot read just now
//           Ids that do not exist (or are hidden) are not errors: they yield nothing, or null.
// Threads   A Snapshot serves any number of threads; a Transaction one at a time. A cursor one.
// Lifetime  Cursors borrow the Reader, the Viewer and the spans, which must outlive them.
// Cost      Columns that are not asked for are not decoded.
// Source    docs/formats/graph.md
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/base/ids.h"
#include "storage/base/value.h"

namespace skein {

class Catalog;
class MemoryBudget;
struct PointArea;  // storage/base/point_area.h

// Whose eyes: the policies a person may see now. Built by the caller from identity and policy
// tables; immutable.
class Viewer {
 public:
  // Sees everything: sandboxes, and the server's own system space.
  static Viewer All() { return Viewer(true, nullptr); }
  // Sees the open policy and those given.
  static Viewer Of(std::span<const PolicyId> visible);

  bool Sees(PolicyId policy) const {
    const uint64_t p = Raw(policy);
    return p == 0 || (p / 64 < words_ ? (bits_[p / 64] >> (p % 64) & 1) != 0 : all_);
  }
  bool sees_all() const { return all_; }
  // Equal keys see alike: part of the plan cache's key. Made once for all copies of a viewer, and
  // lives as long as one of them.
  std::string_view CacheKey() const;

 private:
  // Copies share it: every statement keeps a viewer of its own, of as many policies as there are.
  struct Policies {
    std::vector<uint64_t> bits;
    std::string key;
  };
  explicit Viewer(bool all, std::shared_ptr<const Policies> policies);

  bool all_ = false;
  size_t words_ = 0;  // of policies_
  const uint64_t* bits_ = nullptr;
  std::shared_ptr<const Policies> policies_;  // null: all_
};

// What one query may spend, shared by its operators and cursors. Threads: all members are atomic or
// set before use.
struct Budget {
  std::atomic<int64_t> rows_left{INT64_MAX};   // visible rows that may still be read
  std::atomic<int64_t> bytes_left{INT64_MAX};  // memory that may still be charged
  std::atomic<bool> cancelled{false};
  absl::Time deadline = absl::InfiniteFuture();  // compared with the injected clock
  std::atomic<bool> expired{false};              // set by whoever watches the clock
  MemoryBudget* process = nullptr;               // whose bytes these are as well; set before use

  ~Budget();

  // OK, CANCELLED or DEADLINE_EXCEEDED; cheap, called at least once a batch.
  absl::Status Check() const;
  // Takes n rows (bytes); RESOURCE_EXHAUSTED names the limit.
  absl::Status TakeRows(int64_t n);
  absl::Status TakeBytes(int64_t n);
  void GiveBackBytes(int64_t n);

  // To `process`; what is left of it is given back when the query's budget goes.
  std::atomic<int64_t> charged{0};
};

enum class Direction : uint8_t { kOut, kIn, kBoth };

// Where a fact came from: batch → source, file, hash (Catalog::GetBatch); row → record in the file.
struct Provenance {
  BatchId batch{};
  uint32_t row = 0;  // 1-based record number; 0: written by a person
  bool operator==(const Provenance&) const = default;
};

struct PropertyEntry {
  KeyId key{};
  Value value;
  Provenance source;
};

// A node as one source stated it. Labels and properties are those it has at the reader's version;
// valid time is when the fact held in the world, not when it was recorded.
struct NodeRecord {
  NodeId id{};
  std::vector<LabelId> labels;            // ascending
  std::vector<PropertyEntry> properties;  // ascending by key
  ValidTime valid;
  PolicyId policy{};
  Provenance source;
  uint64_t since = 0;  // for the store: the Stamp (records.h) of what wrote it
};

// A link. Its id is (batch << 32 | number within the batch); the record of the file it came from is
// in `source`, because one record may make several links. Ends and type never change.
struct LinkRecord {
  LinkId id{};
  LinkTypeId type{};
  NodeId from{};
  NodeId to{};
  std::vector<PropertyEntry> properties;
  ValidTime valid;
  PolicyId policy{};
  Provenance source;
};

struct LinkEnds {
  NodeId from{kNoNode};  // kNoNode: no such visible link
  NodeId to{kNoNode};
  LinkTypeId type{};
};

// What an expansion passes and delivers.
// Window    A link whose valid time is an instant [t, t) passes iff t lies in the window. With
//           `windows`, parallel to the frontier and borrowed as it is, each vertex has its own in
//           place of `window`. by_start: a link passes iff its valid-from lies in the window,
//           whatever its end; both bounds are then found by binary search.
// Types     In any order, repeats allowed; rows come by ascending type id all the same.
struct ExpandOptions {
  Direction direction = Direction::kBoth;
  std::vector<LinkTypeId> types;  // empty: all types
  ValidTime window;               // default: all times
  std::span<const ValidTime> windows;
  bool by_start = false;
  // Columns beside `neighbour`, each decoded only when asked for.
  bool source = true;
  bool links = false;
  bool type = false;
  bool outgoing = false;
  bool valid = false;
  // With kBoth a link from a vertex to itself is one row, not two (openCypher's rule).
  bool loops_once = true;
  // The links of one vertex may come in any order, which then tells what was written after what and
  // what has been folded: for who only counts. A list of which several chunks speak is not merged.
  bool any_order = false;
  uint32_t rows_per_batch = 2048;
};

// One batch of an expansion; columns are parallel, those not asked for are empty.
struct ExpandBatch {
  std::vector<uint32_t> source;  // position in the frontier
  std::vector<NodeId> neighbour;
  std::vector<LinkId> link;
  std::vector<LinkTypeId> type;
  std::vector<uint8_t> outgoing;  // 1: the link leaves the frontier vertex
  std::vector<ValidTime> valid;
  size_t size() const { return neighbour.size(); }
};

// Pulls an expansion, batch by batch. A batch may end in the middle of a vertex's links.
// Budget    Checked at each call; rows are taken as they are delivered.
// Lifetime  Borrows reader, viewer, frontier and budget. Of a Transaction: not past its next write.
class ExpandCursor {
 public:
  virtual ~ExpandCursor() = default;
  // Fills `batch` (cleared first) with 1 … rows_per_batch rows; false at the end. After an error
  // the cursor is spent.
  virtual absl::StatusOr<bool> Next(ExpandBatch* batch) = 0;
};

// Number of links of one vertex by (type, direction, the other end's first label).
struct NeighbourCount {
  LinkTypeId type{};
  bool outgoing = false;
  std::optional<LabelId> label;
  uint64_t count = 0;
};

// Pulls ids (raw: of nodes or links, as the call says) in the order the call promises.
// Lifetime  Borrows reader, viewer and budget. It stays safe beside writes of the same Transaction,
//           but what it then yields of what they touch is not defined: finish reading first.
class IdCursor {
 public:
  virtual ~IdCursor() = default;
  // Appends up to `max` ids to *out (cleared first); false at the end.
  virtual absl::StatusOr<bool> Next(size_t max, std::vector<uint64_t>* out) = 0;
};

// A range of the index's first property, or of the one after those that are to equal something: an
// index of (a, b) answers a = 1 AND b > 5. Only values that compare with a given bound are in it:
// numbers with numbers, strings with strings; points and durations have no ranges.
struct IndexRange {
  std::vector<Value> equal;        // of the properties before the one that low and high bound
  std::optional<Value> low, high;  // nullopt: open end
  bool low_inclusive = true, high_inclusive = true;
};

// One property value that a text search found. What is found: storage/index/text.h.
struct TextHit {
  NodeId node{};
  KeyId key{};
  double score = 0;  // higher is better; for ordering only
};

class Reader {
 public:
  virtual ~Reader() = default;

  // The catalogue as it is now, which may know names that are newer than the version.
  virtual const Catalog& catalog() const = 0;
  // The committed version that is read; a Transaction's is the one it began at.
  virtual Version version() const = 0;

  // The only way to traverse. `frontier` may repeat ids; each position is expanded on its own.
  virtual absl::StatusOr<std::unique_ptr<ExpandCursor>> Expand(const Viewer& viewer,
                                                               std::span<const NodeId> frontier,
                                                               const ExpandOptions& options,
                                                               Budget& budget) const = 0;
  // Visible links per frontier position, without enumerating them where the layout allows.
  virtual absl::Status Degrees(const Viewer& viewer, std::span<const NodeId> frontier,
                               const ExpandOptions& options, Budget& budget,
                               std::vector<uint64_t>* out) const = 0;
  // By type, direction and the first (lowest) label of the other end; out before in. A link from
  // the node to itself counts in both directions. No entry where the count would be 0.
  virtual absl::StatusOr<std::vector<NeighbourCount>> CountNeighbours(const Viewer& viewer,
                                                                      NodeId node,
                                                                      const ValidTime& window,
                                                                      Budget& budget) const = 0;

  // Whole elements; out is parallel to ids, nullopt where there is no such visible element.
  virtual absl::Status GetNodes(const Viewer& viewer, std::span<const NodeId> ids,
                                std::vector<std::optional<NodeRecord>>* out) const = 0;
  virtual absl::Status GetLinks(const Viewer& viewer, std::span<const LinkId> ids,
                                std::vector<std::optional<LinkRecord>>* out) const = 0;

  // Columns; out is parallel to ids, null (or an empty list) where there is nothing.
  virtual absl::Status GetNodeProperty(const Viewer& viewer, std::span<const NodeId> ids, KeyId key,
                                       std::vector<Value>* out) const = 0;
  virtual absl::Status GetLinkProperty(const Viewer& viewer, std::span<const LinkId> ids, KeyId key,
                                       std::vector<Value>* out) const = 0;
  virtual absl::Status GetLabels(const Viewer& viewer, std::span<const NodeId> ids,
                                 std::vector<std::vector<LabelId>>* out) const = 0;
  // out[i] = 1 iff ids[i] is visible and carries every label in `labels` (none: iff visible).
  virtual absl::Status FilterLabels(const Viewer& viewer, std::span<const NodeId> ids,
                                    std::span<const LabelId> labels,
                                    std::vector<uint8_t>* out) const = 0;
  virtual absl::Status GetLinkEnds(const Viewer& viewer, std::span<const LinkId> ids,
                                   std::vector<LinkEnds>* out) const = 0;

  // Scans: ids of visible nodes (with `label`), of visible links (of any of `types`; empty: all).
  virtual absl::StatusOr<std::unique_ptr<IdCursor>> ScanNodes(const Viewer& viewer,
                                                              std::optional<LabelId> label,
                                                              Budget& budget) const = 0;
  // Ids of nodes are below it; 0: parts of a scan cannot be asked for.
  virtual absl::StatusOr<uint64_t> NodeIdBound() const { return 0; }
  // The part of ScanNodes with ids in [from, to). INVALID_ARGUMENT: see NodeIdBound.
  virtual absl::StatusOr<std::unique_ptr<IdCursor>> ScanNodesWithin(const Viewer& viewer,
                                                                    std::optional<LabelId> label,
                                                                    NodeId from, NodeId to,
                                                                    Budget& budget) const;
  virtual absl::StatusOr<std::unique_ptr<IdCursor>> ScanLinks(const Viewer& viewer,
                                                              std::span<const LinkTypeId> types,
                                                              Budget& budget) const = 0;

  // Exact and range look-ups in an online index of the catalogue (kRange or kUnique). `equal` may
  // name fewer values than the index has properties, from the first on. Values that equal nothing
  // (null, NaN) find nothing. Entries exist for nodes with the label and all the properties.
  // NOT_FOUND: no such index; FAILED_PRECONDITION: it is still being built; ABORTED: it was built
  // after this version, so the version must not use it.
  virtual absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndex(const Viewer& viewer, uint32_t index,
                                                              std::span<const Value> equal,
                                                              Budget& budget) const = 0;
  virtual absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndexRange(const Viewer& viewer,
                                                                   uint32_t index,
                                                                   const IndexRange& range,
                                                                   Budget& budget) const = 0;
  // Nodes in an area, of a kPoint index: all that are in it, in no order and each once, and some
  // around it, because cells have corners: the caller compares the points. Where the index has a
  // moment, nodes without one are not in it. Errors as SeekIndex; INVALID_ARGUMENT: an index of
  // another kind.
  virtual absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndexArea(const Viewer& viewer,
                                                                  uint32_t index,
                                                                  const PointArea& area,
                                                                  Budget& budget) const = 0;
  // Names, plates, numbers: prefix and word match, Chinese by character and pinyin; best first,
  // ties by (node, key). At most `limit` hits, one a property. Strings, lists of strings and
  // integers of five digits or more are searched, whether or not an index is declared. A query that
  // fits more than 20,000 values may miss some of them.
  virtual absl::StatusOr<std::vector<TextHit>> SearchText(const Viewer& viewer,
                                                          std::string_view text,
                                                          std::optional<LabelId> label,
                                                          size_t limit, Budget& budget) const = 0;

  // Statistics, exact for the viewer: nodes with `label` (nullopt: all), links of `type` (all).
  virtual absl::StatusOr<uint64_t> CountNodes(const Viewer& viewer,
                                              std::optional<LabelId> label) const = 0;
  virtual absl::StatusOr<uint64_t> CountLinks(const Viewer& viewer,
                                              std::optional<LinkTypeId> type) const = 0;
};

}  // namespace skein
