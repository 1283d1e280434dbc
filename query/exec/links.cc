#include "query/exec/links.h"

#include <algorithm>

#include "query/exec/evaluator.h"
#include "query/functions/valid_time.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

Direction ToDirection(bind::LinkDirection d) {
  switch (d) {
    case bind::LinkDirection::kRight:
      return Direction::kOut;
    case bind::LinkDirection::kLeft:
      return Direction::kIn;
    case bind::LinkDirection::kBoth:
      return Direction::kBoth;
  }
  return Direction::kBoth;
}

ExpandOptions OptionsOf(const plan::Node& node, Context& context, bool* none) {
  ExpandOptions options;
  options.direction = ToDirection(node.direction);
  options.types = node.type_ids.empty() ? context.Types(node.types, none) : node.type_ids;
  options.rows_per_batch = std::max<uint32_t>(context.batch_rows(), 1);
  return options;
}

absl::StatusOr<ExpandOptions> WindowedOptionsOf(const plan::Node& node, Context& context,
                                                bool* none) {
  ExpandOptions options = OptionsOf(node, context, none);
  if (node.valid_from == nullptr) return options;
  SKEIN_ASSIGN_OR_RETURN(const Value from, EvalConstant(node.valid_from, context));
  Value to;
  if (node.valid_to != nullptr) {
    SKEIN_ASSIGN_OR_RETURN(to, EvalConstant(node.valid_to, context));
  }
  // Null is no time: nothing held then.
  if (from.is_null() || (node.valid_to != nullptr && to.is_null())) {
    *none = true;
    return options;
  }
  const absl::StatusOr<ValidTime> window = functions::WindowOf(from, to);
  if (!window.ok()) return WithPosition(window.status(), node.valid_from->position);
  options.window = *window;
  // A window that ends before it begins holds nothing.
  if (window->from >= window->to) *none = true;
  return options;
}

void DistinctLinks::Reset(const Batch& batch, const std::vector<Slot>& slots) {
  columns_.clear();
  for (const Slot slot : slots) {
    if (batch.has(slot)) columns_.push_back(&batch.at(slot));
  }
}

bool DistinctLinks::Allows(uint32_t row, LinkId link) const {
  return std::none_of(columns_.begin(), columns_.end(),
                      [row, link](const Column* column) { return NamesLink(*column, row, link); });
}

bool NamesLink(const Column& column, size_t row, LinkId link) {
  if (column.kind() == Column::Kind::kLink) return column.links()[row] == link;
  const Value v = column.At(row);
  if (v.kind() == ValueKind::kLink) return v.link() == link;
  if (v.kind() != ValueKind::kList) return false;
  return std::any_of(v.list().begin(), v.list().end(), [link](const Value& item) {
    return item.kind() == ValueKind::kLink && item.link() == link;
  });
}

bool ShareLink(const Column& a, size_t i, const Column& b, size_t j) {
  const Value v = a.At(i);
  if (v.kind() == ValueKind::kLink) return NamesLink(b, j, v.link());
  if (v.kind() != ValueKind::kList) return false;
  return std::any_of(v.list().begin(), v.list().end(), [&b, j](const Value& item) {
    return item.kind() == ValueKind::kLink && NamesLink(b, j, item.link());
  });
}

}  // namespace skein::exec
