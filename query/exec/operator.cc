#include "query/exec/operator.h"

#include <algorithm>
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

}  // namespace

absl::StatusOr<bool> Operator::Next(Batch* out) {
  SKEIN_RETURN_IF_ERROR(context_.Check());
  if (!context_.measuring()) return DoNext(out);
  const absl::Time before = context_.clock().Now();
  absl::StatusOr<bool> more = DoNext(out);
  plan::Measure& m = context_.measures()[&node_];
  m.nanos += absl::ToInt64Nanoseconds(context_.clock().Now() - before);
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
  std::vector<OperatorPtr> inputs;
  // The inner plan of an Apply is built by itself.
  const bool inner = node.kind == NodeKind::kApply || node.kind == NodeKind::kMerge;
  const size_t built = inner ? 1 : node.children.size();
  for (size_t i = 0; i < built; ++i) {
    SKEIN_ASSIGN_OR_RETURN(OperatorPtr input, BuildOperator(*node.children[i], build));
    inputs.push_back(std::move(input));
  }
  OperatorPtr input = inputs.empty() ? nullptr : std::move(inputs[0]);
  switch (node.kind) {
    case NodeKind::kArgument:
      break;
    case NodeKind::kScanNodes:
      return MakeScanNodes(node, std::move(input), c);
    case NodeKind::kSeekIds:
      return MakeSeekIds(node, std::move(input), c);
    case NodeKind::kSeekIndex:
      return MakeSeekIndex(node, std::move(input), c);
    case NodeKind::kLinkEnds:
      return MakeLinkEnds(node, std::move(input), c);
    case NodeKind::kExpand:
      return MakeExpand(node, std::move(input), c);
    case NodeKind::kExpandInto:
      return MakeExpandInto(node, std::move(input), c);
    case NodeKind::kVarExpand:
      return MakeVarExpand(node, std::move(input), c);
    case NodeKind::kReachable:
      return MakeReachable(node, std::move(input), c);
    case NodeKind::kShortestPath:
      return MakeShortestPath(node, std::move(input), c);
    case NodeKind::kFilter:
      return MakeFilter(node, std::move(input), c);
    case NodeKind::kProject:
      return MakeProject(node, std::move(input), c);
    case NodeKind::kAggregate:
      return MakeAggregate(node, std::move(input), build);
    case NodeKind::kDistinct:
      return MakeDistinct(node, std::move(input), c);
    case NodeKind::kSort:
    case NodeKind::kTop:
      return MakeSort(node, std::move(input), c);
    case NodeKind::kSkip:
    case NodeKind::kLimit:
      return MakeLimit(node, std::move(input), c);
    case NodeKind::kUnwind:
      return MakeUnwind(node, std::move(input), c);
    case NodeKind::kUnion:
      inputs[0] = std::move(input);
      return MakeUnion(node, std::move(inputs), c);
    case NodeKind::kApply:
      return MakeApply(node, std::move(input), c);
    case NodeKind::kJoin:
      return MakeJoin(node, std::move(input), std::move(inputs[1]), c);
    case NodeKind::kProcedure:
      return MakeProcedure(node, std::move(input), c);
    case NodeKind::kEager:
      return MakeEager(node, std::move(input), c);
    case NodeKind::kEmptyResult:
      return MakeEmptyResult(node, std::move(input), c);
    case NodeKind::kCountStore:
      return MakeCountStore(node, std::move(input), c);
    case NodeKind::kCreate:
      return MakeCreate(node, std::move(input), c);
    case NodeKind::kMerge:
      return MakeMerge(node, std::move(input), c);
    case NodeKind::kSet:
      return MakeSet(node, std::move(input), c);
    case NodeKind::kDelete:
      return MakeDelete(node, std::move(input), c);
  }
  return Internal("operator ", plan::KindText(node.kind), " is not built");
}

}  // namespace skein::exec
