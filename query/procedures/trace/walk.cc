#include "query/procedures/trace/walk.h"

#include <algorithm>
#include <cmath>

#include "query/procedures/visible_names.h"

namespace skein::procedures {

WalkOptions ReadWalk(Options& options, Direction direction) {
  WalkOptions walk;
  walk.types = options.Texts("types");
  const std::string way = options.Text("direction");
  if (way == "out") direction = Direction::kOut;
  if (way == "in") direction = Direction::kIn;
  if (way == "both") direction = Direction::kBoth;
  if (!way.empty() && way != "out" && way != "in" && way != "both") {
    options.Fail(BadArgument("option `direction` is 'out', 'in' or 'both', found '" + way + "'"));
  }
  walk.direction = direction;
  walk.time = options.Text("time");
  if (const auto at = options.Moment("from")) walk.from = static_cast<double>(*at);
  if (const auto at = options.Moment("until")) walk.until = static_cast<double>(*at);
  walk.strict = options.Boolean("strict", false);
  const Value* wait = options.Any("wait");
  if (wait != nullptr && wait->is_number()) {
    walk.wait = wait->number();
  } else if (const auto span = options.Span("wait")) {
    walk.wait = static_cast<double>(*span);
  }
  walk.hubs = options.Integer("hubs", walk.hubs, 0, INT64_MAX);
  return walk;
}

Walk::Walk(ProcedureContext& context, Spending& spending, WalkOptions options)
    : context_(context), spending_(spending), options_(std::move(options)) {
  for (const std::string& name : options_.types) {
    const auto type = FindVisibleType(context_.reader, context_.viewer, name);
    if (type.has_value()) types_.push_back(*type);
  }
  none_ = !options_.types.empty() && types_.empty();
}

ExpandOptions Walk::OptionsOf(bool backwards) const {
  ExpandOptions options;
  options.direction = options_.direction;
  if (backwards && options.direction != Direction::kBoth) {
    options.direction = options.direction == Direction::kOut ? Direction::kIn : Direction::kOut;
  }
  options.types = types_;
  return options;
}

absl::Status Walk::FindHubs(const std::vector<NodeId>& nodes, int64_t hubs,
                            std::vector<uint8_t>* out) {
  out->assign(nodes.size(), 0);
  if (none_ || hubs == INT64_MAX) return absl::OkStatus();
  std::vector<uint64_t> degrees;
  SKEIN_RETURN_IF_ERROR(
      context_.reader.Degrees(context_.viewer, nodes, OptionsOf(false), context_.budget, &degrees));
  for (size_t i = 0; i < nodes.size(); ++i) {
    const bool named = std::find(always_.begin(), always_.end(), nodes[i]) != always_.end();
    if (degrees[i] > static_cast<uint64_t>(hubs) && !named) (*out)[i] = 1;
  }
  return absl::OkStatus();
}

absl::Status Walk::Expand(const std::vector<NodeId>& frontier, bool backwards, bool timed,
                          std::vector<WalkStep>* out) {
  out->clear();
  if (none_ || frontier.empty()) return absl::OkStatus();
  const auto key = FindKeyFor(context_.reader, context_.viewer, options_.time);
  const bool by_property = timed && !options_.time.empty();
  if (by_property && !key.has_value()) return absl::OkStatus();
  ExpandOptions options = OptionsOf(backwards);
  options.links = true;
  options.valid = timed && !by_property;
  std::vector<uint8_t> hubs;
  SKEIN_RETURN_IF_ERROR(FindHubs(frontier, options_.hubs, &hubs));
  std::vector<NodeId> kept = frontier;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (hubs[i] != 0) kept[i] = kNoNode;  // expanded all the same, it gives nothing: positions stay
  }
  SKEIN_ASSIGN_OR_RETURN(auto cursor,
                         context_.reader.Expand(context_.viewer, kept, options, context_.budget));
  ExpandBatch batch;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&batch));
    if (!more) return absl::OkStatus();
    std::vector<Value> values;
    if (by_property) {
      SKEIN_RETURN_IF_ERROR(
          context_.reader.GetLinkProperty(context_.viewer, batch.link, *key, &values));
    }
    for (size_t i = 0; i < batch.size(); ++i) {
      double time = 0;
      if (by_property) {
        const std::optional<TimeUs> at = MomentOf(values[i]);
        if (values[i].is_number()) temporal_ = false;
        if (values[i].kind() == ValueKind::kFloat) {
          time = values[i].real();
        } else if (at.has_value()) {
          time = static_cast<double>(*at);
        } else {
          continue;
        }
      } else if (timed) {
        if (batch.valid[i].from == kTimeMin) continue;
        time = static_cast<double>(batch.valid[i].from);
      }
      if (timed && !(time >= options_.from && time <= options_.until)) continue;
      out->push_back({batch.source[i], batch.neighbour[i], batch.link[i], time});
    }
    SKEIN_RETURN_IF_ERROR(spending_.Check());
  }
}

Value Walk::TimeValue(double time) const {
  if (!temporal_) {
    // Whole numbers that a double holds exactly stay whole.
    constexpr double kExact = 9'007'199'254'740'992.0;
    if (std::floor(time) == time && std::abs(time) < kExact) {
      return Value::Integer(static_cast<int64_t>(time));
    }
    return Value::Float(time);
  }
  const auto us = static_cast<int64_t>(time);
  const int64_t seconds = us / 1'000'000 - (us % 1'000'000 < 0 ? 1 : 0);
  return Value::Of(ZonedDateTime{.seconds = seconds,
                                 .nanos = static_cast<int32_t>(us - seconds * 1'000'000) * 1000,
                                 .offset_seconds = 0,
                                 .zone = ""});
}

}  // namespace skein::procedures
