// carry_predicates: what a later clause asks of a node alone is asked by the MATCH that finds it.
//
//   MATCH (p:Person)-->(q) WITH p, q WHERE p.id = 5      MATCH (p)  MATCH (p)-->(q) WHERE p.id = 5
//
// In both an index may now find p.
//
// Right     Between the two stand only clauses that treat every row by itself (MATCH, OPTIONAL
//           MATCH, UNWIND, plain WITH), so a row that fails later may as well fail at once. Only
//           predicates move that cannot fail with an error: labels, and properties compared with
//           literals and parameters.
#include <algorithm>
#include <utility>

#include "query/plan/builder.h"

namespace skein::plan {

namespace {

using bind::ClauseKind;
using bind::ClauseRef;
using bind::ExprKind;

bool IsGiven(const ExprRef& e) {
  if (e->kind == ExprKind::kList) return std::all_of(e->args.begin(), e->args.end(), IsGiven);
  return e->kind == ExprKind::kLiteral || e->kind == ExprKind::kParameter;
}

// The node that a predicate asks of, and nothing else; kNoSlot of any other predicate.
Slot AsksOf(const ExprRef& e) {
  if (e->kind == ExprKind::kLabelTest) {
    const ExprRef& of = e->args[0];
    return of->kind == ExprKind::kSlot && of->type.is_only(bind::Kinds::kNode) ? of->slot : kNoSlot;
  }
  const PropertyTest test = ReadPropertyTest(e);
  using Op = PropertyTest::Op;
  if (test.op == Op::kNone || !IsGiven(test.value)) return kNoSlot;
  // IN asks for a list when it runs: what it is given must be one.
  const bool list =
      test.value->kind == ExprKind::kList ||
      (test.value->kind == ExprKind::kLiteral && test.value->literal.kind() == ValueKind::kList);
  if (e->kind == ExprKind::kBinary && !list) return kNoSlot;
  return test.node;
}

// Takes the predicates that ask of one of `found` alone.
std::vector<ExprRef> Take(const std::set<Slot>& found, std::vector<ExprRef>* predicates) {
  std::vector<ExprRef> taken;
  std::erase_if(*predicates, [&found, &taken](const ExprRef& e) {
    const Slot slot = AsksOf(e);
    if (slot == kNoSlot || !found.contains(slot)) return false;
    taken.push_back(e);
    return true;
  });
  return taken;
}

bool IsMatch(const bind::Clause& clause) {
  if (clause.kind != ClauseKind::kMatch) return false;
  const auto& match = static_cast<const bind::Match&>(clause);
  return !match.optional && match.pattern.select_length == nullptr;
}

bool IsPlainWith(const bind::Project& project) {
  return !project.aggregating && !project.distinct && project.order.empty() &&
         project.skip == nullptr && project.limit == nullptr;
}

// Statements of a hundred thousand clauses are refused elsewhere, and looked at before.
constexpr size_t kClausesAhead = 32;

bool AnyToTake(const std::set<Slot>& found, const std::vector<ExprRef>& predicates) {
  return std::any_of(predicates.begin(), predicates.end(), [&found](const ExprRef& e) {
    const Slot slot = AsksOf(e);
    return slot != kNoSlot && found.contains(slot);
  });
}

// What the clauses after `at` ask of the nodes that it finds.
std::vector<ExprRef> TakeAfter(size_t at, const std::set<Slot>& found,
                               std::vector<ClauseRef>* clauses) {
  std::vector<ExprRef> out;
  const auto add = [&out](std::vector<ExprRef> taken) {
    for (ExprRef& e : taken) out.push_back(std::move(e));
  };
  const size_t end = std::min(clauses->size(), at + 1 + kClausesAhead);
  for (size_t i = at + 1; i < end; ++i) {
    const bind::Clause& clause = *(*clauses)[i];
    if (IsMatch(clause)) {
      if (!AnyToTake(found, static_cast<const bind::Match&>(clause).pattern.predicates)) continue;
      auto copy = std::make_shared<bind::Match>(static_cast<const bind::Match&>(clause));
      add(Take(found, &copy->pattern.predicates));
      (*clauses)[i] = std::move(copy);
    } else if (clause.kind == ClauseKind::kProject &&
               IsPlainWith(static_cast<const bind::Project&>(clause))) {
      if (!AnyToTake(found, static_cast<const bind::Project&>(clause).where)) continue;
      auto copy = std::make_shared<bind::Project>(static_cast<const bind::Project&>(clause));
      add(Take(found, &copy->where));
      (*clauses)[i] = std::move(copy);
    } else if (clause.kind != ClauseKind::kUnwind && clause.kind != ClauseKind::kMatch) {
      break;
    }
  }
  return out;
}

}  // namespace

std::vector<ClauseRef> CarryPredicates(const std::vector<ClauseRef>& clauses) {
  std::vector<ClauseRef> out = clauses;
  for (size_t i = 0; i + 1 < out.size(); ++i) {
    if (!IsMatch(*out[i])) continue;
    std::set<Slot> found;
    for (const auto& n : static_cast<const bind::Match&>(*out[i]).pattern.nodes) {
      if (!n.bound) found.insert(n.slot);
    }
    std::vector<ExprRef> carried = TakeAfter(i, found, &out);
    if (carried.empty()) continue;
    auto copy = std::make_shared<bind::Match>(static_cast<const bind::Match&>(*out[i]));
    for (ExprRef& e : carried) copy->pattern.predicates.push_back(std::move(e));
    out[i] = std::move(copy);
  }
  return out;
}

}  // namespace skein::plan
