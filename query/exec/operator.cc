#include "query/exec/operator.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <utility>

#include "query/exec/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

using plan::NodeKind;

void WantedOf(const plan::Node& node, Slot partition, std::set<Slot>* out) {
  if (node.kind == NodeKind::kArgument && node.partition == partition) {
    out->insert(node.live.begin(), node.live.end());
  }
  for (const plan::NodePtr& child : node.children) WantedOf(*child, partition, out);
}

using UnaryMaker = absl::StatusOr<OperatorPtr> (*)(const plan::Node& node, OperatorPtr input,
                                                   Context& c);

// nullptr: the kind has not exactly one input, or needs more to be built.
UnaryMaker MakerOf(NodeKind kind) {
  switch (kind) {
    case NodeKind::kArgument:
    case NodeKind::kAggregate:
    case NodeKind::kUnion:
    case NodeKind::kJoin:
    case NodeKind::kSemiJoin:
    case NodeKind::kAntiJoin:
      return nullptr;
    case NodeKind::kScanNodes:
      return &MakeScanNodes;
    case NodeKind::kSeekIds:
      return &MakeSeekIds;
    case NodeKind::kSeekIndex:
      return &MakeSeekIndex;
    case NodeKind::kLinkEnds:
      return &MakeLinkEnds;
    case NodeKind::kExpand:
      return &MakeExpand;
    case NodeKind::kExpandInto:
      return &MakeExpandInto;
    case NodeKind::kIntersect:
      return &MakeIntersect;
    case NodeKind::kVarExpand:
      return &MakeVarExpand;
    case NodeKind::kReachable:
      return &MakeReachable;
    case NodeKind::kDegree:
      return &MakeDegree;
    case NodeKind::kShortestPath:
      return &MakeShortestPath;
    case NodeKind::kRepeat:
      return &MakeRepeat;
    case NodeKind::kSelect:
      return &MakeSelect;
    case NodeKind::kFilter:
      return &MakeFilter;
    case NodeKind::kProject:
      return &MakeProject;
    case NodeKind::kDistinct:
      return &MakeDistinct;
    case NodeKind::kSort:
    case NodeKind::kTop:
      return &MakeSort;
    case NodeKind::kSkip:
    case NodeKind::kLimit:
      return &MakeLimit;
    case NodeKind::kUnwind:
      return &MakeUnwind;
    case NodeKind::kApply:
      return &MakeApply;
    case NodeKind::kProcedure:
      return &MakeProcedure;
    case NodeKind::kEager:
      return &MakeEager;
    case NodeKind::kEmptyResult:
      return &MakeEmptyResult;
    case NodeKind::kCountStore:
      return &MakeCountStore;
    case NodeKind::kCreate:
      return &MakeCreate;
    case NodeKind::kMerge:
      return &MakeMerge;
    case NodeKind::kSet:
      return &MakeSet;
    case NodeKind::kDelete:
      return &MakeDelete;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<bool> Operator::Next(Batch* out) {
  SKEIN_RETURN_IF_ERROR(context_.Check());
  if (!context_.measuring()) return DoNext(out);
  return Measured(out);
}

absl::StatusOr<bool> Operator::Measured(Batch* out) {
  Context::Spent* const above = context_.below();
  Context::Spent below;
  context_.set_below(&below);
  const absl::Time before = context_.clock().Now();
  const int64_t bytes = context_.budget().bytes_left.load(std::memory_order_relaxed);
  const int64_t rows = context_.budget().rows_left.load(std::memory_order_relaxed);
  const auto calls = static_cast<int64_t>(context_.storage_calls());
  absl::StatusOr<bool> more = DoNext(out);
  Context::Spent all;
  all.nanos = absl::ToInt64Nanoseconds(context_.clock().Now() - before);
  all.bytes = bytes - context_.budget().bytes_left.load(std::memory_order_relaxed);
  all.rows = rows - context_.budget().rows_left.load(std::memory_order_relaxed);
  all.calls = static_cast<int64_t>(context_.storage_calls()) - calls;
  context_.set_below(above);
  if (above != nullptr) {
    above->nanos += all.nanos;
    above->bytes += all.bytes;
    above->rows += all.rows;
    above->calls += all.calls;
  }
  plan::Measure& m = context_.measures()[&node_];
  m.nanos += all.nanos - below.nanos;
  m.bytes_held += all.bytes - below.bytes;
  m.bytes_peak = std::max(m.bytes_peak, m.bytes_held);
  m.rows_read += all.rows - below.rows;
  m.calls += all.calls - below.calls;
  if (more.ok() && *more) {
    ++m.batches;
    m.rows += out->rows;
  }
  return more;
}

bool Operator::IsLive(Slot slot) const {
  return std::binary_search(node_.live.begin(), node_.live.end(), slot);
}

absl::StatusOr<bool> ArgumentOperator::DoNext(Batch* out) {
  if (done_) return false;
  done_ = true;
  out->Clear();
  if (rows_ == nullptr) {
    out->rows = 1;
    return true;
  }
  if (rows_->rows == 0) return false;
  *out = *rows_;
  return true;
}

void BuildContext::SetArguments(Slot partition, const Batch* rows) const {
  const auto it = arguments.find(partition);
  if (it == arguments.end()) return;
  for (ArgumentOperator* argument : it->second) argument->Set(rows);
}

const ArgumentOperator* BuildContext::FirstArgument(Slot partition) const {
  const auto it = arguments.find(partition);
  return it == arguments.end() ? nullptr : it->second.front();
}

Column Ordinals(size_t n) {
  std::vector<int64_t> v(n);
  std::iota(v.begin(), v.end(), int64_t{0});
  return Column::Integers(std::move(v));
}

absl::Status InnerPlan::Build(Context& context) {
  build_ = std::make_unique<BuildContext>(context);
  SKEIN_ASSIGN_OR_RETURN(operator_, BuildOperator(root_, *build_));
  std::set<Slot> wanted;
  WantedOf(root_, partition_, &wanted);
  wanted.erase(partition_);
  wanted_.assign(wanted.begin(), wanted.end());
  return absl::OkStatus();
}

absl::Status InnerPlan::Start(const Batch* arguments) {
  build_->SetArguments(partition_, arguments);
  return operator_->Open();
}

absl::StatusOr<OperatorPtr> BuildOperator(const plan::Node& node, BuildContext& build) {
  Context& c = build.context;
  if (node.kind == NodeKind::kArgument) {
    auto leaf = std::make_unique<ArgumentOperator>(node, c);
    if (node.partition != kNoSlot) build.arguments[node.partition].push_back(leaf.get());
    return OperatorPtr(std::move(leaf));
  }
  if (Workers* workers = c.WorkersFor(node.morsel_rows); workers != nullptr) {
    if (node.kind == NodeKind::kAggregate) return MakePartialAggregate(node, c, *workers);
    return MakeMorsels(node, c, *workers);
  }
  if (node.kind == NodeKind::kUnion) {
    std::vector<OperatorPtr> parts;
    for (const plan::NodePtr& child : node.children) {
      SKEIN_ASSIGN_OR_RETURN(OperatorPtr part, BuildOperator(*child, build));
      parts.push_back(std::move(part));
    }
    return MakeUnion(node, std::move(parts), c);
  }
  std::array<OperatorPtr, 2> inputs;
  // The inner plan of an Apply is built by itself.
  const bool inner = node.kind == NodeKind::kApply || node.kind == NodeKind::kMerge ||
                     node.kind == NodeKind::kRepeat;
  const size_t built = inner ? 1 : node.children.size();
  for (size_t i = 0; i < built; ++i) {
    SKEIN_ASSIGN_OR_RETURN(inputs.at(i), BuildOperator(*node.children[i], build));
  }
  if (node.kind == NodeKind::kJoin) {
    return MakeJoin(node, std::move(inputs[0]), std::move(inputs[1]), c);
  }
  if (node.kind == NodeKind::kSemiJoin || node.kind == NodeKind::kAntiJoin) {
    return MakeSemiJoin(node, std::move(inputs[0]), std::move(inputs[1]), c);
  }
  if (node.kind == NodeKind::kAggregate) return MakeAggregate(node, std::move(inputs[0]), build);
  const UnaryMaker make = MakerOf(node.kind);
  if (make == nullptr) return Internal("operator ", plan::KindText(node.kind), " is not built");
  return make(node, std::move(inputs[0]), c);
}

}  // namespace skein::exec
