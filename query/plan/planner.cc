#include "query/plan/planner.h"

#include <algorithm>
#include <utility>

#include "query/plan/builder.h"

namespace skein::plan {

namespace {

NodePtr NewNode(NodeKind kind) { return std::make_unique<Node>(kind); }

}  // namespace

Slot Builder::NewSlot(std::string name) {
  slot_names_.push_back(std::move(name));
  return next_slot_++;
}

absl::StatusOr<Node*> Builder::Add(NodeKind kind, State* state) {
  if (++nodes_ > kNodesMax) {
    return ResourceExhausted("the plan has more than ", kNodesMax, " operators");
  }
  NodePtr node = NewNode(kind);
  node->estimated_rows = state->plan->estimated_rows;
  node->children.push_back(std::move(state->plan));
  state->plan = std::move(node);
  return state->plan.get();
}

absl::Status Builder::PlanSubqueries(const ExprRef& e) {
  absl::Status status;
  bind::Walk(e, [this, &status](const bind::Expr& node) {
    if (!status.ok() || node.kind != bind::ExprKind::kSubquery) return status.ok();
    if (node.subquery->plan != nullptr) return true;
    const Slot partition = NewSlot("#row");
    NodePtr argument = NewNode(NodeKind::kArgument);
    argument->partition = partition;
    std::set<Slot> bound(node.subquery->imports.begin(), node.subquery->imports.end());
    bound.insert(partition);
    absl::StatusOr<NodePtr> plan =
        BuildQuery(*node.subquery->query, std::move(argument), partition, bound);
    if (!plan.ok()) {
      status = plan.status();
      return false;
    }
    node.subquery->partition = partition;
    node.subquery->plan = *std::move(plan);
    return true;
  });
  return status;
}

absl::Status Builder::PlanSubqueries(const std::vector<ExprRef>& list) {
  for (const ExprRef& e : list) SKEIN_RETURN_IF_ERROR(PlanSubqueries(e));
  return absl::OkStatus();
}

absl::Status Builder::Filter(const std::vector<ExprRef>& predicates, State* state) {
  if (predicates.empty()) return absl::OkStatus();
  SKEIN_RETURN_IF_ERROR(PlanSubqueries(predicates));
  std::vector<ExprRef> asked;
  std::vector<SemiJoin> joins;
  for (const ExprRef& e : predicates) {
    const double rows = state->plan->estimated_rows / (asked.empty() ? 1 : 2);
    SKEIN_ASSIGN_OR_RETURN(SemiJoin join, MakeSemiJoin(e, rows));
    if (join.plan == nullptr) {
      asked.push_back(e);
    } else {
      joins.push_back(std::move(join));
    }
  }
  if (!asked.empty()) {
    SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kFilter, state));
    node->exprs = std::move(asked);
    node->estimated_rows = std::max(1.0, node->estimated_rows / 2);
  }
  for (SemiJoin& join : joins) {
    SKEIN_ASSIGN_OR_RETURN(Node * node,
                           Add(join.anti ? NodeKind::kAntiJoin : NodeKind::kSemiJoin, state));
    node->left_keys = std::move(join.left_keys);
    node->right_keys = std::move(join.right_keys);
    node->estimated_rows = std::max(1.0, node->estimated_rows / 2);
    node->children.push_back(std::move(join.plan));
  }
  return absl::OkStatus();
}

absl::Status Builder::BeforeWrite(State* state) {
  if (state->has_read) {
    SKEIN_RETURN_IF_ERROR(Add(NodeKind::kEager, state).status());
    state->has_read = false;
  }
  state->has_written = true;
  return absl::OkStatus();
}

absl::Status Builder::BeforeRead(State* state) {
  if (state->has_written) {
    SKEIN_RETURN_IF_ERROR(Add(NodeKind::kEager, state).status());
    state->has_written = false;
  }
  state->has_read = true;
  return absl::OkStatus();
}

absl::Status Builder::BeforeReadIfAny(const std::vector<ExprRef>& exprs, State* state) {
  const bool reads = std::any_of(exprs.begin(), exprs.end(), bind::ReadsGraph);
  return reads ? BeforeRead(state) : absl::OkStatus();
}

absl::StatusOr<NodePtr> Builder::BuildQuery(const bind::Query& query, NodePtr input, Slot partition,
                                            const std::set<Slot>& bound) {
  if (query.parts.size() == 1) {
    SKEIN_ASSIGN_OR_RETURN(NodePtr plan,
                           BuildPart(query.parts[0], std::move(input), partition, bound));
    return plan;
  }
  NodePtr all = NewNode(NodeKind::kUnion);
  all->partition = partition;
  all->estimated_rows = 0;
  for (const bind::ProjectItem& output : query.outputs) all->keys.push_back(output.slot);
  for (const bind::QueryPart& part : query.parts) {
    NodePtr leaf = NewNode(NodeKind::kArgument);
    leaf->partition = input->partition;
    SKEIN_ASSIGN_OR_RETURN(NodePtr plan, BuildPart(part, std::move(leaf), partition, bound));
    all->estimated_rows += plan->estimated_rows;
    all->children.push_back(std::move(plan));
    std::vector<Slot> slots;
    for (const bind::ProjectItem& output : part.outputs) slots.push_back(output.slot);
    all->part_slots.push_back(std::move(slots));
  }
  if (query.union_all) return all;
  NodePtr distinct = NewNode(NodeKind::kDistinct);
  distinct->partition = partition;
  distinct->keys = all->keys;
  distinct->estimated_rows = all->estimated_rows;
  distinct->children.push_back(std::move(all));
  return distinct;
}

absl::StatusOr<NodePtr> Builder::BuildPart(const bind::QueryPart& part, NodePtr input,
                                           Slot partition, const std::set<Slot>& bound) {
  State state;
  state.plan = std::move(input);
  state.partition = partition;
  state.bound = bound;
  state.outer = bound;
  const std::vector<bind::ClauseRef> clauses =
      options_.carry_predicates ? CarryPredicates(part.clauses) : part.clauses;
  for (const bind::ClauseRef& clause : clauses) {
    SKEIN_RETURN_IF_ERROR(BuildClause(*clause, &state));
  }
  // What writes must be done before anything above can stop asking for rows.
  if (state.has_written) SKEIN_RETURN_IF_ERROR(Add(NodeKind::kEager, &state).status());
  return std::move(state.plan);
}

absl::Status Builder::BuildClause(const bind::Clause& clause, State* state) {
  using K = bind::ClauseKind;
  switch (clause.kind) {
    case K::kMatch:
      return BuildMatch(static_cast<const bind::Match&>(clause), state);
    case K::kUnwind: {
      const auto& unwind = static_cast<const bind::Unwind&>(clause);
      SKEIN_RETURN_IF_ERROR(BeforeReadIfAny({unwind.list}, state));
      SKEIN_RETURN_IF_ERROR(PlanSubqueries(unwind.list));
      SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kUnwind, state));
      node->exprs = {unwind.list};
      node->to = unwind.slot;
      node->estimated_rows *= 10;
      state->bound.insert(unwind.slot);
      return absl::OkStatus();
    }
    case K::kProject:
      return BuildProject(static_cast<const bind::Project&>(clause), state);
    case K::kCreate: {
      const auto& create = static_cast<const bind::Create&>(clause);
      SKEIN_RETURN_IF_ERROR(BeforeWrite(state));
      SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kCreate, state));
      node->creation = create.creation;
      SKEIN_RETURN_IF_ERROR(PlanSubqueries(ExprsOf(*node)));
      for (const Slot slot : AddedSlots(*node)) state->bound.insert(slot);
      return absl::OkStatus();
    }
    case K::kMerge:
      return BuildMerge(static_cast<const bind::Merge&>(clause), state);
    case K::kSet: {
      const auto& set = static_cast<const bind::Set&>(clause);
      SKEIN_RETURN_IF_ERROR(BeforeWrite(state));
      SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kSet, state));
      node->set_items = set.items;
      return PlanSubqueries(ExprsOf(*node));
    }
    case K::kDelete: {
      const auto& del = static_cast<const bind::Delete&>(clause);
      SKEIN_RETURN_IF_ERROR(BeforeWrite(state));
      SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kDelete, state));
      node->exprs = del.targets;
      node->detach = del.detach;
      return PlanSubqueries(del.targets);
    }
    case K::kForeach:
      return BuildForeach(static_cast<const bind::Foreach&>(clause), state);
    case K::kCallProcedure:
      return BuildProcedure(static_cast<const bind::CallProcedure&>(clause), state);
    case K::kCallSubquery:
      return BuildCall(static_cast<const bind::CallSubquery&>(clause), state);
  }
  return Internal("clause kind ", static_cast<int>(clause.kind), " is not planned");
}

absl::Status Builder::PlanPatternSubqueries(const bind::Pattern& pattern) {
  SKEIN_RETURN_IF_ERROR(PlanSubqueries(pattern.predicates));
  SKEIN_RETURN_IF_ERROR(PlanSubqueries(pattern.after));
  for (const bind::PatternLink& link : pattern.links) {
    SKEIN_RETURN_IF_ERROR(PlanSubqueries(link.element_predicates));
    if (link.group != nullptr) SKEIN_RETURN_IF_ERROR(PlanPatternSubqueries(link.group->pattern));
  }
  return absl::OkStatus();
}

// The pattern's rows, and what a selector leaves of them.
absl::Status Builder::BuildPattern(const bind::Pattern& pattern, State* state) {
  PatternPlanner planner(*this, pattern, state);
  SKEIN_RETURN_IF_ERROR(planner.Run());
  if (pattern.select_length == nullptr) return absl::OkStatus();
  SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kSelect, state));
  node->partition = state->partition;
  node->keys = pattern.select_ends;
  node->exprs = {pattern.select_length};
  node->groups = pattern.select_groups;
  node->count = pattern.select_count;
  return Filter(pattern.after, state);
}

absl::Status Builder::BuildMatch(const bind::Match& match, State* state) {
  SKEIN_RETURN_IF_ERROR(BeforeRead(state));
  SKEIN_RETURN_IF_ERROR(PlanPatternSubqueries(match.pattern));
  // A selector chooses for each row before the clause: its pattern is a plan of its own.
  const bool selects = match.pattern.select_length != nullptr;
  if (!match.optional && !selects) return BuildPattern(match.pattern, state);
  State inner;
  inner.partition = NewSlot("#row");
  inner.plan = NewNode(NodeKind::kArgument);
  inner.plan->partition = inner.partition;
  inner.bound = state->bound;
  SKEIN_RETURN_IF_ERROR(BuildPattern(match.pattern, &inner));
  SKEIN_ASSIGN_OR_RETURN(Node * apply, Add(NodeKind::kApply, state));
  apply->optional = match.optional;
  apply->partition = inner.partition;
  apply->estimated_rows *= std::max(1.0, inner.plan->estimated_rows);
  apply->children.push_back(std::move(inner.plan));
  for (const Slot slot : inner.bound) {
    if (slot != apply->partition && state->bound.insert(slot).second) apply->nulls.push_back(slot);
  }
  return absl::OkStatus();
}

absl::Status Builder::BuildProject(const bind::Project& project, State* state) {
  std::vector<ExprRef> all;
  for (const auto& item : project.groups) all.push_back(item.expr);
  for (const auto& item : project.aggregates) all.push_back(item.call);
  for (const auto& item : project.items) all.push_back(item.expr);
  for (const auto& key : project.order) all.push_back(key.expr);
  for (const ExprRef& e : project.where) all.push_back(e);
  SKEIN_RETURN_IF_ERROR(BeforeReadIfAny(all, state));
  SKEIN_RETURN_IF_ERROR(PlanSubqueries(all));

  const auto compute = [this, state](const std::vector<bind::ProjectItem>& items) -> absl::Status {
    std::vector<bind::ProjectItem> needed;
    for (const auto& item : items) {
      if (item.expr->kind != bind::ExprKind::kSlot || item.expr->slot != item.slot) {
        needed.push_back(item);
      }
    }
    if (needed.empty()) return absl::OkStatus();
    SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kProject, state));
    node->items = std::move(needed);
    return absl::OkStatus();
  };

  if (project.aggregating) {
    SKEIN_RETURN_IF_ERROR(compute(project.groups));
    SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kAggregate, state));
    node->partition = state->partition;
    node->aggregates = project.aggregates;
    for (const auto& item : project.groups) node->keys.push_back(item.slot);
    node->estimated_rows = node->keys.empty() ? 1 : std::max(1.0, node->estimated_rows / 10);
    state->bound.clear();
    state->bound.insert(node->keys.begin(), node->keys.end());
    for (const Slot slot : state->outer) {
      if (slot != state->partition && state->bound.insert(slot).second) {
        node->carried.push_back(slot);
      }
    }
    if (state->partition != kNoSlot) state->bound.insert(state->partition);
    for (const auto& item : node->aggregates) state->bound.insert(item.slot);
  }
  SKEIN_RETURN_IF_ERROR(compute(project.items));
  for (const auto& item : project.items) state->bound.insert(item.slot);
  if (project.distinct) {
    SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kDistinct, state));
    node->partition = state->partition;
    for (const auto& item : project.items) node->keys.push_back(item.slot);
  }
  SKEIN_RETURN_IF_ERROR(BuildOrder(project, state));
  return Filter(project.where, state);
}

absl::Status Builder::BuildOrder(const bind::Project& project, State* state) {
  if (!project.order.empty()) {
    SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kSort, state));
    node->partition = state->partition;
    node->sort = project.order;
  }
  for (const auto& [kind, e] :
       {std::pair(NodeKind::kSkip, project.skip), std::pair(NodeKind::kLimit, project.limit)}) {
    if (e == nullptr) continue;
    // A limit must not cut short what writes below it.
    if (state->has_written) {
      SKEIN_RETURN_IF_ERROR(Add(NodeKind::kEager, state).status());
      state->has_written = false;
    }
    SKEIN_ASSIGN_OR_RETURN(Node * node, Add(kind, state));
    node->partition = state->partition;
    (kind == NodeKind::kSkip ? node->skip : node->limit) = e;
    if (kind == NodeKind::kLimit && e->kind == bind::ExprKind::kLiteral &&
        e->literal.kind() == ValueKind::kInteger) {
      node->estimated_rows =
          std::min(node->estimated_rows, static_cast<double>(e->literal.integer()));
    }
  }
  return absl::OkStatus();
}

absl::Status Builder::BuildMerge(const bind::Merge& merge, State* state) {
  SKEIN_RETURN_IF_ERROR(BeforeRead(state));
  SKEIN_RETURN_IF_ERROR(BeforeWrite(state));
  SKEIN_RETURN_IF_ERROR(PlanSubqueries(merge.pattern.predicates));
  State inner;
  inner.partition = NewSlot("#row");
  inner.plan = NewNode(NodeKind::kArgument);
  inner.plan->partition = inner.partition;
  inner.bound = state->bound;
  PatternPlanner planner(*this, merge.pattern, &inner);
  SKEIN_RETURN_IF_ERROR(planner.Run());
  SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kMerge, state));
  node->partition = inner.partition;
  node->children.push_back(std::move(inner.plan));
  node->creation = merge.creation;
  node->on_create = merge.on_create;
  node->on_match = merge.on_match;
  node->position = merge.position;
  SKEIN_RETURN_IF_ERROR(PlanSubqueries(ExprsOf(*node)));
  for (const Slot slot : AddedSlots(*node)) state->bound.insert(slot);
  return absl::OkStatus();
}

absl::Status Builder::BuildForeach(const bind::Foreach& foreach, State* state) {
  SKEIN_RETURN_IF_ERROR(BeforeWrite(state));
  SKEIN_RETURN_IF_ERROR(PlanSubqueries(foreach.list));
  State inner;
  inner.partition = NewSlot("#row");
  inner.plan = NewNode(NodeKind::kArgument);
  inner.plan->partition = inner.partition;
  inner.bound = state->bound;
  SKEIN_ASSIGN_OR_RETURN(Node * unwind, Add(NodeKind::kUnwind, &inner));
  unwind->exprs = {foreach.list};
  unwind->to = foreach.slot;
  inner.bound.insert(foreach.slot);
  for (const bind::ClauseRef& clause : foreach.body) {
    SKEIN_RETURN_IF_ERROR(BuildClause(*clause, &inner));
  }
  SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kApply, state));
  node->partition = inner.partition;
  node->row_at_a_time = true;
  node->passes_through = true;
  node->children.push_back(std::move(inner.plan));
  return absl::OkStatus();
}

absl::Status Builder::BuildProcedure(const bind::CallProcedure& call, State* state) {
  SKEIN_RETURN_IF_ERROR(BeforeRead(state));
  if (call.procedure->writes) SKEIN_RETURN_IF_ERROR(BeforeWrite(state));
  SKEIN_RETURN_IF_ERROR(PlanSubqueries(call.args));
  SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kProcedure, state));
  node->procedure = call.procedure;
  node->position = call.position;
  node->exprs = call.args;
  node->yields = call.yields;
  node->estimated_rows *= 10;
  for (const auto& [column, slot] : call.yields) state->bound.insert(slot);
  return Filter(call.where, state);
}

absl::Status Builder::BuildCall(const bind::CallSubquery& call, State* state) {
  if (call.query->reads) SKEIN_RETURN_IF_ERROR(BeforeRead(state));
  if (call.writes) SKEIN_RETURN_IF_ERROR(BeforeWrite(state));
  const Slot partition = NewSlot("#row");
  NodePtr argument = NewNode(NodeKind::kArgument);
  argument->partition = partition;
  std::set<Slot> bound(call.imports.begin(), call.imports.end());
  bound.insert(partition);
  SKEIN_ASSIGN_OR_RETURN(NodePtr inner,
                         BuildQuery(*call.query, std::move(argument), partition, bound));
  SKEIN_ASSIGN_OR_RETURN(Node * node, Add(NodeKind::kApply, state));
  node->partition = partition;
  node->row_at_a_time = call.writes;
  node->passes_through = !call.returns;
  node->estimated_rows *= std::max(1.0, inner->estimated_rows);
  node->children.push_back(std::move(inner));
  if (call.returns) {
    for (const bind::ProjectItem& item : call.query->outputs) {
      if (state->bound.insert(item.slot).second) node->nulls.push_back(item.slot);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Plan> MakePlan(const bind::BoundStatement& statement, const PlanOptions& options) {
  Builder builder(statement, options);
  Plan plan;
  SKEIN_ASSIGN_OR_RETURN(
      plan.root, builder.BuildQuery(statement.query, NewNode(NodeKind::kArgument), kNoSlot, {}));
  if (!statement.query.returns) {
    NodePtr sink = NewNode(NodeKind::kEmptyResult);
    sink->children.push_back(std::move(plan.root));
    plan.root = std::move(sink);
  }
  plan.as_of = statement.as_of;
  plan.outputs = statement.query.outputs;
  plan.slots = builder.slots();
  plan.slot_names = builder.slot_names();
  plan.parameters = statement.parameters;
  plan.returns = statement.query.returns;
  plan.reads = statement.query.reads;
  plan.writes = statement.query.writes;
  plan.windowed = builder.windowed();
  return plan;
}

}  // namespace skein::plan
