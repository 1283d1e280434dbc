#include "query/procedures/options.h"

#include <algorithm>
#include <cmath>

#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::procedures {

absl::Status BadArgument(std::string_view message) {
  return MakeQueryError(ErrorClass::kArgumentError, ErrorDetail::kInvalidArgumentValue, message);
}

absl::Status ArgumentOutOfRange(std::string_view message) {
  return MakeQueryError(ErrorClass::kArgumentError, ErrorDetail::kNumberOutOfRange, message);
}

std::optional<TimeUs> MomentOf(const Value& value) {
  constexpr int64_t kMillion = 1'000'000;
  // Seconds that no µs can hold name no moment that is stored.
  constexpr int64_t kSecondsMax = kTimeMax / kMillion - 1;
  const auto at = [](int64_t seconds, int32_t nanos) -> std::optional<TimeUs> {
    if (seconds > kSecondsMax || seconds < -kSecondsMax) return std::nullopt;
    return seconds * kMillion + nanos / 1000;
  };
  switch (value.kind()) {
    case ValueKind::kInteger:
      return value.integer();
    case ValueKind::kDate:
      if (std::abs(value.date().days) > kSecondsMax / 86'400) return std::nullopt;
      return at(value.date().days * 86'400, 0);
    case ValueKind::kLocalDateTime:
      return at(value.local_date_time().seconds, value.local_date_time().nanos);
    case ValueKind::kDateTime:
      return at(value.date_time().seconds, value.date_time().nanos);
    default:
      return std::nullopt;
  }
}

const Value* Options::Any(std::string_view key) {
  known_.emplace_back(key);
  if (map_.kind() != ValueKind::kMap) return nullptr;
  const Value* found = map_.Find(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

void Options::Fail(const absl::Status& status) {
  if (first_.ok()) first_ = status;
}

void Options::Wrong(std::string_view key, std::string_view wanted, const Value& found) {
  Fail(MakeQueryError(
      ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType,
      internal::Join("option `", key, "` is ", wanted, ", found ", KindName(found.kind()))));
}

int64_t Options::Integer(std::string_view key, int64_t missing, int64_t min, int64_t max) {
  const Value* v = Any(key);
  if (v == nullptr) return missing;
  if (v->kind() != ValueKind::kInteger) {
    Wrong(key, "INTEGER", *v);
    return missing;
  }
  if (v->integer() < min || v->integer() > max) {
    Fail(ArgumentOutOfRange(internal::Join("option `", key, "` is ", v->integer(), ", not within ",
                                           min, " and ", max)));
    return missing;
  }
  return v->integer();
}

double Options::Float(std::string_view key, double missing, double min, double max) {
  const Value* v = Any(key);
  if (v == nullptr) return missing;
  if (!v->is_number()) {
    Wrong(key, "a number", *v);
    return missing;
  }
  const double x = v->number();
  if (!(x >= min && x <= max)) {
    Fail(ArgumentOutOfRange(
        internal::Join("option `", key, "` is ", x, ", not within ", min, " and ", max)));
    return missing;
  }
  return x;
}

bool Options::Boolean(std::string_view key, bool missing) {
  const Value* v = Any(key);
  if (v == nullptr) return missing;
  if (v->kind() == ValueKind::kBoolean) return v->boolean();
  Wrong(key, "BOOLEAN", *v);
  return missing;
}

std::string Options::Text(std::string_view key, std::string_view missing) {
  const Value* v = Any(key);
  if (v == nullptr) return std::string(missing);
  if (v->kind() == ValueKind::kString) return v->string();
  Wrong(key, "STRING", *v);
  return std::string(missing);
}

std::vector<std::string> Options::Texts(std::string_view key) {
  const Value* v = Any(key);
  if (v == nullptr) return {};
  if (v->kind() == ValueKind::kString) return {v->string()};
  if (v->kind() != ValueKind::kList) {
    Wrong(key, "STRING or a list of them", *v);
    return {};
  }
  std::vector<std::string> out;
  for (const Value& item : v->list()) {
    if (item.kind() != ValueKind::kString) {
      Wrong(key, "a list of STRING", item);
      return {};
    }
    out.push_back(item.string());
  }
  return out;
}

std::vector<NodeId> Options::Nodes(std::string_view key) {
  const Value* v = Any(key);
  if (v == nullptr) return {};
  if (v->kind() == ValueKind::kNode) return {v->node()};
  if (v->kind() != ValueKind::kList) {
    Wrong(key, "NODE or a list of them", *v);
    return {};
  }
  std::vector<NodeId> out;
  for (const Value& item : v->list()) {
    if (item.is_null()) continue;
    if (item.kind() != ValueKind::kNode) {
      Wrong(key, "a list of NODE", item);
      return {};
    }
    out.push_back(item.node());
  }
  return out;
}

std::optional<TimeUs> Options::Moment(std::string_view key) {
  const Value* v = Any(key);
  if (v == nullptr) return std::nullopt;
  const std::optional<TimeUs> at = MomentOf(*v);
  if (!at.has_value()) Wrong(key, "a moment (DATETIME, LOCAL DATETIME, DATE or µs)", *v);
  return at;
}

std::optional<int64_t> Options::Span(std::string_view key) {
  const Value* v = Any(key);
  if (v == nullptr) return std::nullopt;
  constexpr double kSecondsMax = 1e12;  // 30,000 years
  double seconds = 0;
  int64_t nanos = 0;
  if (v->kind() == ValueKind::kDuration && v->duration().months == 0) {
    const Duration& d = v->duration();
    seconds = static_cast<double>(d.days) * 86'400 + static_cast<double>(d.seconds);
    nanos = d.nanos;
  } else if (v->is_number()) {
    seconds = v->number();
  } else {
    Wrong(key, "a DURATION without months, or seconds", *v);
    return std::nullopt;
  }
  if (!(seconds >= 0 && seconds <= kSecondsMax)) {
    Fail(ArgumentOutOfRange(
        internal::Join("option `", key, "` is ", seconds, " s, not within 0 and 1e12")));
    return std::nullopt;
  }
  return static_cast<int64_t>(seconds * 1e6) + nanos / 1000;
}

absl::Status Options::Finish() {
  SKEIN_RETURN_IF_ERROR(first_);
  if (map_.kind() != ValueKind::kMap) return absl::OkStatus();
  for (const auto& [key, value] : map_.map()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    std::string all;
    for (const std::string& name : known_) all += (all.empty() ? "" : ", ") + name;
    return BadArgument("there is no option `" + key + "`; there are: " + all);
  }
  return absl::OkStatus();
}

}  // namespace skein::procedures
