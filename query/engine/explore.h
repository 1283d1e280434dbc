// Explorer: what charts ask — search, one element with the source of each fact, neighbour counts,
// expansion with totals, trajectories — at one snapshot, for one viewer, without query text.
//
// Shape     Ids in and out are enciphered (NodeView, LinkView of engine.h use the same).
// Visible   As Reader: what the viewer may not see does not exist, in no count and no error.
// Order     Search: exact index hits first, then text hits by score, ties by id. Expand: in the
//           Reader's order, so that equal requests show equal parts. Trajectory: by time, then
//           link.
// Errors    NOT_FOUND           no such visible element
//           INVALID_ARGUMENT    an id that cannot be one
//           RESOURCE_EXHAUSTED, CANCELLED, DEADLINE_EXCEEDED   the budget (Expand: a lower bound
//                               instead of RESOURCE_EXHAUSTED)
// Threads   One at a time; Cancel() from any thread. Lifetime: borrows the Engine
//           and the clock.
// Cost      A fixed number of batched storage calls each, however many elements.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/engine.h"

namespace skein {

// An element as a chart draws it.
struct NodeCard {
  int64_t id = 0;
  std::vector<std::string> labels;
  std::string caption;  // the best name among its properties
  ValueMap properties;
  ValidTime valid;
};
struct LinkCard {
  int64_t id = 0, from = 0, to = 0;
  std::string type;
  bool sighting = false;
  ValueMap properties;
  ValidTime valid;
};
struct Cards {
  std::vector<NodeCard> nodes;
  std::vector<LinkCard> links;
};

// Where a fact came from.
struct FactSource {
  uint32_t row = 0;
  Batch batch;
};
struct Fact {
  std::string key;
  Value value;
  FactSource source;
};
struct ElementFacts {
  bool node = true;
  int64_t id = 0;
  std::string caption;
  std::vector<std::string> labels;  // of a node
  std::string type;                 // of a link
  bool sighting = false;
  NodeCard from, to;  // of a link
  std::vector<Fact> facts;
  ValidTime valid;
  Policy policy;
  FactSource source;
};

struct SearchHit {
  NodeCard node;
  std::string key;
  Value value;
};
struct SearchHits {
  std::vector<SearchHit> hits;
  bool truncated = false;
};

struct NeighbourKind {
  std::string type;
  bool outgoing = false;
  std::optional<std::string> label;
  bool sighting = false;
  uint64_t count = 0;
};

struct ExpandRequest {
  std::vector<int64_t> nodes;
  Direction direction = Direction::kBoth;
  std::vector<std::string> types;   // none: all; a type nobody uses matches nothing
  std::vector<std::string> labels;  // of the other end, any of them; none: all
  ValidTime window;
  size_t limit = 500;  // links
};
struct ExpandAnswer {
  Cards cards;  // links up to the limit, their ends, and the start nodes
  uint64_t total_links = 0, total_neighbours = 0;
  bool lower_bound = false;  // the budget ended the count
};

struct SightingCard {
  LinkCard link;
  int64_t time_us = 0;
  NodeCard sensor;
  std::optional<std::pair<double, double>> position;  // latitude, longitude, WGS-84
};
struct TrajectoryAnswer {
  std::vector<SightingCard> sightings;
  uint64_t total = 0;
};

struct GraphNames {
  struct Named {
    std::string name;
    uint64_t count = 0;
    bool sighting = false;
  };
  std::vector<Named> labels, link_types;  // that the viewer sees any of
};

class Explorer {
 public:
  // Reads at the connection's current version. `limits.time` ends any one call.
  static absl::StatusOr<std::unique_ptr<Explorer>> Open(Engine& engine, Connection& connection,
                                                        const Viewer& viewer,
                                                        const QueryLimits& limits, Clock& clock);
  virtual ~Explorer() = default;

  virtual absl::StatusOr<SearchHits> Search(std::string_view text,
                                            const std::optional<std::string>& label,
                                            size_t limit) = 0;
  // Unknown and hidden ids are left out. Ends of links are not added.
  virtual absl::StatusOr<Cards> GetCards(std::span<const int64_t> nodes,
                                         std::span<const int64_t> links) = 0;
  virtual absl::StatusOr<ElementFacts> GetNode(int64_t id) = 0;
  virtual absl::StatusOr<ElementFacts> GetLink(int64_t id) = 0;
  virtual absl::StatusOr<std::vector<NeighbourKind>> CountNeighbours(int64_t node,
                                                                     const ValidTime& window) = 0;
  virtual absl::StatusOr<ExpandAnswer> Expand(const ExpandRequest& request) = 0;
  virtual absl::StatusOr<TrajectoryAnswer> Trajectory(int64_t node, const ValidTime& window,
                                                      size_t limit) = 0;
  virtual absl::StatusOr<GraphNames> Names() = 0;
  // out[i] = 1: exists and is visible.
  virtual absl::Status Visible(std::span<const int64_t> nodes, std::span<const int64_t> links,
                               std::vector<uint8_t>* node_out, std::vector<uint8_t>* link_out) = 0;
  virtual void Cancel() = 0;
};

// The best name for people among an element's properties; `fallback` where there is none.
std::string CaptionOf(const ValueMap& properties, std::string_view fallback);

// A query error's words and place for the wire; nullopt of any other Status.
struct QueryErrorView {
  std::string error_class, detail, message, rendered;  // rendered: with the line and a caret
  uint32_t line = 0, column = 0;
};
std::optional<QueryErrorView> ViewQueryError(const absl::Status& status, std::string_view text);

}  // namespace skein
