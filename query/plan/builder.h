// The planner's state and steps; private to query/plan (planner.h is the entry).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "query/plan/planner.h"

namespace skein::plan {

// What is known about the graph's size; guesses where there is no Reader.
class Statistics {
 public:
  explicit Statistics(const PlanOptions& options) : options_(options) {}
  // Remembered: one plan asks the same again and again.
  double Nodes(std::string_view label) const;  // "": all
  double Links(const std::vector<std::string>& types) const;
  // An online index over exactly `key` of `label`. Sets *unique.
  std::optional<uint32_t> FindIndex(std::string_view label, std::string_view key,
                                    bool* unique) const;
  // The online indexes of `label` over several keys or over points, in order of their ids.
  std::vector<IndexInfo> OtherIndexes(std::string_view label) const;
  std::string_view KeyName(KeyId key) const { return options_.reader->catalog().Name(key); }

 private:
  double CountNodes(std::string_view label) const;
  double CountLinks(const std::vector<std::string>& types) const;

  const PlanOptions& options_;
  mutable std::map<std::string, double, std::less<>> nodes_;
  mutable std::map<std::vector<std::string>, double> links_;
};

// One decision about the order in which the nodes of a pattern get values.
struct OrderStep {
  enum class Way : uint8_t { kStart, kLink, kJoin } way = Way::kStart;
  Slot node = kNoSlot;     // that gets its value; kJoin: that both halves have
  size_t link = SIZE_MAX;  // kLink
  std::set<Slot> side;     // kJoin: nodes of the half that is found apart, `node` among them
};

class Builder {
 public:
  Builder(const bind::BoundStatement& statement, const PlanOptions& options)
      : options_(options),
        statistics_(options),
        next_slot_(statement.slots),
        slot_names_(statement.slot_names) {}

  // The plan of a query over `input`. Inside an Apply `partition` numbers the outer rows.
  absl::StatusOr<NodePtr> BuildQuery(const bind::Query& query, NodePtr input, Slot partition,
                                     const std::set<Slot>& bound);
  Slot NewSlot(std::string name);
  Slot slots() const { return next_slot_; }
  const std::vector<std::string>& slot_names() const { return slot_names_; }
  bool windowed() const { return windowed_; }

 private:
  friend class PatternPlanner;
  struct State {
    NodePtr plan;
    Slot partition = kNoSlot;
    std::set<Slot> outer;   // slots of the outer row, inside an Apply
    std::set<Slot> bound;   // slots that rows have
    bool has_read = false;  // since the last barrier
    bool has_written = false;
  };

  absl::Status BuildClause(const bind::Clause& clause, State* state);
  absl::Status BuildMatch(const bind::Match& match, State* state);
  absl::Status PlanPatternSubqueries(const bind::Pattern& pattern);
  absl::Status BuildPattern(const bind::Pattern& pattern, State* state);
  absl::Status BuildProject(const bind::Project& project, State* state);
  absl::Status BuildOrder(const bind::Project& project, State* state);
  absl::Status BuildMerge(const bind::Merge& merge, State* state);
  absl::Status BuildForeach(const bind::Foreach& foreach, State* state);
  absl::Status BuildProcedure(const bind::CallProcedure& call, State* state);
  absl::Status BuildCall(const bind::CallSubquery& call, State* state);
  absl::StatusOr<NodePtr> BuildPart(const bind::QueryPart& part, NodePtr input, Slot partition,
                                    const std::set<Slot>& bound);

  // Plans the subqueries inside an expression (once each).
  absl::Status PlanSubqueries(const ExprRef& e);
  absl::Status PlanSubqueries(const std::vector<ExprRef>& list);
  // New node over *state's plan.
  absl::StatusOr<Node*> Add(NodeKind kind, State* state);
  absl::Status Filter(const std::vector<ExprRef>& predicates, State* state);
  // The other side of a semi-join that answers an EXISTS, or NOT EXISTS, once for all of `rows`
  // rows; no plan where that cannot be, or costs more than asking for each (semi_joins.cc).
  struct SemiJoin {
    NodePtr plan;
    bool anti = false;
    std::vector<ExprRef> left_keys, right_keys;
  };
  absl::StatusOr<SemiJoin> MakeSemiJoin(const ExprRef& predicate, double rows);
  // Before a write: what was read so far is settled. Before a read: what was written is.
  absl::Status BeforeWrite(State* state);
  absl::Status BeforeRead(State* state);
  absl::Status BeforeReadIfAny(const std::vector<ExprRef>& exprs, State* state);

  const PlanOptions& options_;
  Statistics statistics_;
  Slot next_slot_;
  std::vector<std::string> slot_names_;
  size_t nodes_ = 0;
  bool windowed_ = false;
};

// Open ends of `n.key <op> value` and the like; null `value` where the predicate is no such thing.
struct PropertyTest {
  enum class Op : uint8_t { kNone, kEqual, kIn, kLess, kLessEqual, kGreater, kGreaterEqual, kId };
  Op op = Op::kNone;
  Slot node = kNoSlot;
  std::string key;
  ExprRef value;
};
PropertyTest ReadPropertyTest(const ExprRef& e);

// point.distance(n.key, center) < extent, or point.withinBBox(n.key, center, extent); null `center`
// where the predicate is neither.
struct AreaTest {
  Slot node = kNoSlot;
  std::string key;
  ExprRef center, extent;
  bool box = false;
};
AreaTest ReadAreaTest(const ExprRef& e);

// The clauses with simple predicates moved to the MATCH that gives what they read its value, where
// they may choose how it is found (carry_predicates.cc).
std::vector<bind::ClauseRef> CarryPredicates(const std::vector<bind::ClauseRef>& clauses);

// Turns one pattern into operators over state->plan.
class PatternPlanner {
 public:
  PatternPlanner(Builder& builder, const bind::Pattern& pattern, Builder::State* state);
  absl::Status Run();

 private:
  struct Start {
    enum class Way : uint8_t { kAll, kLabel, kIndex, kId } way = Way::kAll;
    Slot node = kNoSlot;
    double rows = 0;
    std::string label;
    std::vector<std::string> labels;  // kIndex: any of these instead
    std::vector<uint32_t> indexes;    // kIndex: of each label
    std::vector<std::string> keys;    // kIndex: its properties
    std::vector<ExprRef> values;      // kIndex: lists, of the first keys; kId: the ids
    std::vector<size_t> predicates;   // that say so, and that the access answers
    ExprRef low, high;                // kIndex: of the key after those of `values`
    bool low_inclusive = true, high_inclusive = true;
    ExprRef center, extent;  // kIndex of points: AreaTest's
    bool box = false;
  };

  // Ways to go on, cheapest first.
  absl::Status PlaceReadyLinks(bool* progress);
  absl::Status PlaceLink(size_t index);
  absl::Status PlaceExpand(size_t index, bool from_left);
  absl::Status PlaceInto(size_t index);
  absl::Status PlaceRepeat(size_t index, bool from_left, bool to_bound);
  void Describe(size_t index, bool from_left, Node* node) const;
  ExprRef HeldThen(Slot link) const;
  absl::Status PlaceShortest(size_t index);
  void AddPathPredicates(const bind::PatternLink& link, Node* node) const;
  // The order that dynamic programming finds; empty where it finds none (join_order.cc).
  class OrderTable;
  std::vector<OrderStep> FindOrder();
  // *progress: the step was still to be done.
  absl::Status Follow(const OrderStep& step, bool* progress);

  absl::Status PlaceStart(const Start& start);
  // PlaceStart, or a join where rows are there before that the start does not read.
  absl::Status PlaceAnyStart(const Start& start);
  static bool IsCorrelated(const Start& start);
  void MarkAnswered(const Start& start);
  absl::Status PlacePredicates();
  // shared: a node of the component that has a value on this side too, on which they are joined.
  absl::Status PlaceJoin(const std::set<Slot>& component, Slot shared = kNoSlot);
  // The join's other side, and how predicates fall to it.
  struct JoinSide {
    bind::Pattern part;
    std::set<Slot> slots;
    std::vector<size_t> predicates;  // that the side answers by itself
    std::vector<ExprRef> left_keys, right_keys;
  };
  JoinSide SplitOff(const std::set<Slot>& component) const;
  // The side with a node of its own in place of `shared`.
  void Unshare(Slot shared, JoinSide* side);
  bool Best(Start* start, size_t* link, bool* from_left) const;

  Start BestStart(Slot node) const;
  void ConsiderPredicate(Slot node, size_t index, const std::vector<std::string>& labels,
                         Start* best) const;
  // An index of several keys, all but the last tested for equality.
  void ConsiderComposite(Slot node, const std::string& label, const IndexInfo& index,
                         Start* best) const;
  // An index of points, whose second key, if it has one, is asked for too.
  void ConsiderPoints(Slot node, const std::string& label, const IndexInfo& index,
                      Start* best) const;
  // What the open predicates ask of node.key in ranges: start->low and start->high.
  void FindRange(Slot node, std::string_view key, Start* start) const;
  static Start IndexStart(const Start& best, const std::string& label, const IndexInfo& index);
  // The open test of node.key that narrows most: equality before a range; SIZE_MAX if there is
  // none.
  size_t TestOf(Slot node, std::string_view key, PropertyTest* test) const;
  static void SetRange(const PropertyTest& test, Start* start);
  // An index of the key for every one of `labels`, of which a node has at least one.
  void ConsiderIndex(const PropertyTest& test, size_t predicate,
                     const std::vector<std::string>& labels, Start* best) const;
  double FanOut(size_t link, bool from_left) const;
  // The same, whatever is asked of the other end.
  double Degree(size_t link, bool from_left) const;
  // Share of rows that a predicate lets pass.
  double ShareOf(const ExprRef& e) const;
  // Share of rows that the open predicates on `node` alone let pass.
  double Selectivity(Slot node) const;
  std::vector<std::string> LabelsOf(Slot node) const;
  // Of each test `node:A|B|…`: its labels.
  std::vector<std::vector<std::string>> AnyLabelsOf(Slot node) const;
  bool IsBound(Slot slot) const { return state_->bound.contains(slot); }
  // All slots of the expression have values, `extra` apart.
  bool Ready(const ExprRef& e, Slot extra = kNoSlot) const;
  std::vector<Slot> DistinctFrom(size_t link) const;
  std::set<Slot> Component(Slot node) const;
  static bool ReadsOutside(const bind::PatternLink& link);

  Builder& builder_;
  const bind::Pattern& pattern_;
  Builder::State* state_;
  std::vector<uint8_t> link_placed_;
  std::vector<uint8_t> predicate_placed_;
};

}  // namespace skein::plan
