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
  // The best name among its properties: CaptionOf() with the first label as fallback.
  std::string caption;
  // Only what is set; sorted by key.
  ValueMap properties;
  ValidTime valid;
};
// Both ends are visible, always; whether they are cards of the same answer, the call says.
struct LinkCard {
  int64_t id = 0, from = 0, to = 0;
  std::string type;
  // The type is one of sightings: valid.from is the moment, one end the sensor.
  bool sighting = false;
  ValueMap properties;
  ValidTime valid;
};
// Each element once, in the order of the call.
struct Cards {
  std::vector<NodeCard> nodes;
  std::vector<LinkCard> links;
};

// Where a fact came from: the import of one file (or one person's writing) and the row in it,
// counted from 1; row 0: the batch as a whole.
struct FactSource {
  uint32_t row = 0;
  Batch batch;
};
// One property with its own source: two sources may have filled one entity.
struct Fact {
  std::string key;
  Value value;
  FactSource source;
};
// All that is known of one element, for the side panel.
struct ElementFacts {
  bool node = true;
  int64_t id = 0;
  std::string caption;
  // Of a node.
  std::vector<std::string> labels;
  // Of a link.
  std::string type;
  bool sighting = false;
  NodeCard from, to;
  std::vector<Fact> facts;
  ValidTime valid;
  Policy policy;
  FactSource source;
};

// A node, and the property by which it was found: shown, so that a person sees why it is there.
struct SearchHit {
  NodeCard node;
  std::string key;
  Value value;
};
struct SearchHits {
  std::vector<SearchHit> hits;
  // There are more than the limit.
  bool truncated = false;
};

// How many visible links of one kind leave or reach a node: what the expand menu counts first.
struct NeighbourKind {
  std::string type;
  bool outgoing = false;
  // Of the other end; nullopt: it has none.
  std::optional<std::string> label;
  bool sighting = false;
  // Links, not neighbours: parallel ones count each.
  uint64_t count = 0;
};

// Which links of these nodes to show.
struct ExpandRequest {
  std::vector<int64_t> nodes;
  Direction direction = Direction::kBoth;
  // None: all; a type nobody uses matches nothing.
  std::vector<std::string> types;
  // Of the other end, any of them; none: all.
  std::vector<std::string> labels;
  // Links that hold at some moment of it; the default asks for all.
  ValidTime window;
  // Of links in the answer; the totals go on counting.
  size_t limit = 500;
};
// Totals count all that fits the request, shown or not: "200 of 4,819 links".
struct ExpandAnswer {
  // Links up to the limit, their ends, and the start nodes.
  Cards cards;
  uint64_t total_links = 0, total_neighbours = 0;
  // The budget ended the count: there are at least so many.
  bool lower_bound = false;
};

// One point of a trajectory. The position is the sighting's own, else its sensor's.
struct SightingCard {
  LinkCard link;
  int64_t time_us = 0;
  NodeCard sensor;
  // Latitude, longitude, WGS-84; nullopt: neither has one.
  std::optional<std::pair<double, double>> position;
};
// The earliest `limit` of the window, and how many there are.
struct TrajectoryAnswer {
  std::vector<SightingCard> sightings;
  uint64_t total = 0;
};

// Labels and types with their counts, as the viewer sees them: for the legend and completion.
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
  // Reads at the connection's current version. `limits` are for all calls together, their time
  // counts from here: an Explorer is for one request of a person, not for a session.
  static absl::StatusOr<std::unique_ptr<Explorer>> Open(Engine& engine, Connection& connection,
                                                        const Viewer& viewer,
                                                        const QueryLimits& limits, Clock& clock);
  virtual ~Explorer() = default;

  // Names, plates, numbers, pinyin: see docs/formats/text.md for what matches. `label` narrows.
  virtual absl::StatusOr<SearchHits> Search(std::string_view text,
                                            const std::optional<std::string>& label,
                                            size_t limit) = 0;
  // Unknown and hidden ids are left out. Ends of links are not added. For charts that hold ids:
  // a joint operation's, a saved one.
  virtual absl::StatusOr<Cards> GetCards(std::span<const int64_t> nodes,
                                         std::span<const int64_t> links) = 0;
  // One element with the source of each fact; NOT_FOUND where it is unknown or hidden.
  virtual absl::StatusOr<ElementFacts> GetNode(int64_t id) = 0;
  virtual absl::StatusOr<ElementFacts> GetLink(int64_t id) = 0;
  // Kinds with a count above 0, in the Reader's order.
  virtual absl::StatusOr<std::vector<NeighbourKind>> CountNeighbours(int64_t node,
                                                                     const ValidTime& window) = 0;
  // Start nodes that are unknown or hidden are left out.
  virtual absl::StatusOr<ExpandAnswer> Expand(const ExpandRequest& request) = 0;
  virtual absl::StatusOr<TrajectoryAnswer> Trajectory(int64_t node, const ValidTime& window,
                                                      size_t limit) = 0;
  virtual absl::StatusOr<GraphNames> Names() = 0;
  // out[i] = 1: exists and is visible.
  virtual absl::Status Visible(std::span<const int64_t> nodes, std::span<const int64_t> links,
                               std::vector<uint8_t>* node_out, std::vector<uint8_t>* link_out) = 0;
  // Ends the call that is running, with CANCELLED; later calls end so too.
  virtual void Cancel() = 0;
};

// The best name for people among an element's properties; `fallback` where there is none.
std::string CaptionOf(const ValueMap& properties, std::string_view fallback);

// A query error's words and place for the wire; nullopt of any other Status.
struct QueryErrorView {
  std::string error_class, detail, message, rendered;  // rendered: with the line and a caret
  uint32_t line = 0, column = 0;
};
// The Status of a Connection keeps it through Annotate(); anything else is no error of the query.
std::optional<QueryErrorView> ViewQueryError(const absl::Status& status, std::string_view text);

}  // namespace skein
