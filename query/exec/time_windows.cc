#include "query/exec/time_windows.h"

#include <algorithm>
#include <cmath>

#include "storage/base/status.h"

namespace skein::exec {

namespace {

using syntax::ComparisonOp;

constexpr ValidTime kNothing = {kTimeMax, kTimeMin};
// No float at or beyond it is an INTEGER.
constexpr double kIntegerEnd = 9223372036854775808.0;

int64_t MicrosPer(TimeUnit unit) {
  if (unit == TimeUnit::kSeconds) return 1'000'000;
  return unit == TimeUnit::kMillis ? 1'000 : 1;
}

TimeUs Scaled(int64_t count, int64_t micros_each) {
  TimeUs out = 0;
  if (!__builtin_mul_overflow(count, micros_each, &out)) return out;
  return count < 0 ? kTimeMin : kTimeMax;
}

TimeUs After(TimeUs time) { return time == kTimeMax ? time : time + 1; }

void Meet(ComparisonOp op, TimeUs time, ValidTime* window) {
  switch (op) {
    case ComparisonOp::kEqual:
      window->from = std::max(window->from, time);
      window->to = std::min(window->to, After(time));
      break;
    case ComparisonOp::kGreater:
      window->from = std::max(window->from, After(time));
      break;
    case ComparisonOp::kGreaterEqual:
      window->from = std::max(window->from, time);
      break;
    case ComparisonOp::kLess:
      window->to = std::min(window->to, time);
      break;
    case ComparisonOp::kLessEqual:
      window->to = std::min(window->to, After(time));
      break;
    case ComparisonOp::kNotEqual:
      break;
  }
}

void MeetFloat(ComparisonOp op, double value, int64_t micros_each, ValidTime* window) {
  const bool below = op == ComparisonOp::kLess || op == ComparisonOp::kLessEqual;
  const bool above = op == ComparisonOp::kGreater || op == ComparisonOp::kGreaterEqual;
  if (std::isnan(value) || (op == ComparisonOp::kEqual && value != std::floor(value))) {
    *window = kNothing;
  } else if (value >= kIntegerEnd) {
    if (!below) *window = kNothing;
  } else if (value < -kIntegerEnd) {
    if (!above) *window = kNothing;
  } else {
    // The nearest integer for which the comparison says the same.
    const bool up = op == ComparisonOp::kGreaterEqual || op == ComparisonOp::kLess;
    const double whole = up ? std::ceil(value) : std::floor(value);
    if (whole >= kIntegerEnd) {
      if (!below) *window = kNothing;
      return;
    }
    Meet(op, Scaled(static_cast<int64_t>(whole), micros_each), window);
  }
}

// Bounds of finer times than microseconds, both inclusive: the filter above is exact.
void MeetWidened(ComparisonOp op, int64_t seconds, int32_t nanos, ValidTime* window) {
  const TimeUs start = Scaled(seconds, 1'000'000);
  TimeUs time = 0;
  if (__builtin_add_overflow(start, TimeUs{nanos / 1000}, &time)) time = start;
  if (op == ComparisonOp::kGreater) op = ComparisonOp::kGreaterEqual;
  if (op == ComparisonOp::kLess) op = ComparisonOp::kLessEqual;
  Meet(op, time, window);
}

void Narrow(ComparisonOp op, const Value& value, TimeUnit unit, ValidTime* window) {
  // A link without the property begins at kTimeMin.
  window->from = std::max(window->from, kTimeMin + 1);
  const bool local = unit == TimeUnit::kLocalDateTime;
  if (local && value.kind() == ValueKind::kLocalDateTime) {
    MeetWidened(op, value.local_date_time().seconds, value.local_date_time().nanos, window);
  } else if (unit == TimeUnit::kDateTime && value.kind() == ValueKind::kDateTime) {
    MeetWidened(op, value.date_time().seconds, value.date_time().nanos, window);
  } else if (local || unit == TimeUnit::kDateTime) {
    *window = kNothing;
  } else if (value.kind() == ValueKind::kInteger) {
    Meet(op, Scaled(value.integer(), MicrosPer(unit)), window);
  } else if (value.kind() == ValueKind::kFloat) {
    MeetFloat(op, value.number(), MicrosPer(unit), window);
  } else {
    *window = kNothing;
  }
}

}  // namespace

absl::Status TimeWindows::Compile(const plan::Node& node, Context& context) {
  node_ = &node;
  for (const plan::TimeBound& bound : node.time_bounds) {
    SKEIN_ASSIGN_OR_RETURN(EvaluatorPtr value, exec::Compile(bound.value, context));
    values_.push_back(std::move(value));
  }
  return absl::OkStatus();
}

absl::Status TimeWindows::Reset(const Batch& batch) {
  if (empty()) return absl::OkStatus();
  std::vector<Column> columns(values_.size());
  bool constant = true;
  for (size_t i = 0; i < values_.size(); ++i) {
    SKEIN_RETURN_IF_ERROR(EvalAll(*values_[i], batch, &columns[i]));
    constant = constant && columns[i].kind() == Column::Kind::kConstant;
  }
  windows_.assign(constant ? 1 : batch.rows, {});
  for (size_t i = 0; i < values_.size(); ++i) {
    const ComparisonOp op = node_->time_bounds[i].op;
    for (size_t row = 0; row < windows_.size(); ++row) {
      Narrow(op, columns[i].At(row), node_->time_unit, &windows_[row]);
    }
  }
  return absl::OkStatus();
}

void TimeWindows::Apply(std::span<const uint32_t> rows, ExpandOptions* options) {
  if (empty()) return;
  options->by_start = true;
  if (windows_.size() == 1) {
    options->window = windows_[0];
    return;
  }
  applied_.clear();
  applied_.reserve(rows.size());
  for (const uint32_t row : rows) applied_.push_back(windows_[row]);
  options->windows = applied_;
}

void TimeWindows::Apply(uint32_t row, ExpandOptions* options) const {
  if (empty()) return;
  options->by_start = true;
  options->window = At(row);
}

bool TimeInUnit(TimeUs from, TimeUnit unit, int64_t* out) {
  if (from == kTimeMin) return false;
  *out = from / MicrosPer(unit);
  return true;
}

}  // namespace skein::exec
