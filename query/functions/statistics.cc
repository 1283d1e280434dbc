// stDev, stDevP, percentileCont, percentileDisc.
#include <algorithm>
#include <cmath>

#include "query/functions/errors.h"
#include "query/functions/exact_sum.h"
#include "query/functions/groups.h"

namespace skein::functions {
namespace {

using Args = std::span<const Value>;

template <typename T>
std::unique_ptr<Aggregate> Make() {
  return std::make_unique<T>();
}

// Standard deviation from exact sums of x and x²: n·Σx² − (Σx)² loses nothing to cancellation, and
// the order of rows does not show. kLess: 1 of a sample, 0 of a whole population.
template <int kLess>
class Deviation final : public Aggregate {
 public:
  absl::Status Update(Args args, EvalContext&) override {
    if (args[0].is_null()) return absl::OkStatus();
    if (!args[0].is_number()) {
      return WrongArgument("a deviation is of numbers, not of ", KindName(args[0].kind()));
    }
    const double x = args[0].number();
    ++rows_;
    sum_.Add(x);
    squares_.AddProduct(x, x);
    return absl::OkStatus();
  }

  absl::Status Merge(Aggregate& other, EvalContext&) override {
    const auto& that = static_cast<Deviation&>(other);
    rows_ += that.rows_;
    sum_.Add(that.sum_);
    squares_.Add(that.squares_);
    return absl::OkStatus();
  }

  absl::StatusOr<Value> Result(EvalContext&) override {
    if (rows_ <= kLess) return Value::Float(0);
    if (!std::isfinite(squares_.Result())) return Value::Float(std::nan(""));
    const auto n = static_cast<double>(rows_);
    ExactSum numerator;
    for (const double part : squares_.parts()) numerator.AddProduct(n, part);
    for (const double a : sum_.parts()) {
      for (const double b : sum_.parts()) numerator.AddProduct(-a, b);
    }
    return Value::Float(std::sqrt(std::max(0.0, numerator.Result()) / n / (n - kLess)));
  }

 private:
  int64_t rows_ = 0;
  ExactSum sum_;
  ExactSum squares_;
};

// The values are kept and sorted at the end; what they take is charged.
class Percentile : public Aggregate {
 public:
  absl::Status Update(Args args, EvalContext& context) override {
    if (!args[1].is_number() || !(args[1].number() >= 0 && args[1].number() <= 1)) {
      return OutOfRange("a percentile is 0.0 to 1.0, not ", ToLiteral(args[1]));
    }
    percentile_ = args[1].number();
    if (args[0].is_null()) return absl::OkStatus();
    if (!args[0].is_number()) {
      return WrongArgument("a percentile is of numbers, not of ", KindName(args[0].kind()));
    }
    SKEIN_RETURN_IF_ERROR(context.Charge(sizeof(Value)));
    values_.push_back(args[0]);
    return absl::OkStatus();
  }

  absl::Status Merge(Aggregate& other, EvalContext&) override {
    auto& that = static_cast<Percentile&>(other);
    if (!that.values_.empty()) percentile_ = that.percentile_;
    values_.insert(values_.end(), that.values_.begin(), that.values_.end());
    return absl::OkStatus();
  }

 protected:
  void Sort() {
    std::sort(values_.begin(), values_.end(),
              [](const Value& a, const Value& b) { return Compare(a, b) < 0; });
  }

  double percentile_ = 0;
  ValueList values_;
};

// The nearest of the values: the first whose share of the rows reaches the percentile.
class PercentileDisc final : public Percentile {
 public:
  absl::StatusOr<Value> Result(EvalContext&) override {
    if (values_.empty()) return Value::Null();
    Sort();
    const double position = std::ceil(percentile_ * static_cast<double>(values_.size()));
    return values_[position < 1 ? 0 : static_cast<size_t>(position) - 1];
  }
};

// Interpolated linearly between the two nearest values.
class PercentileCont final : public Percentile {
 public:
  absl::StatusOr<Value> Result(EvalContext&) override {
    if (values_.empty()) return Value::Null();
    Sort();
    const double position = percentile_ * static_cast<double>(values_.size() - 1);
    const auto low = static_cast<size_t>(position);
    const double share = position - static_cast<double>(low);
    const double below = values_[low].number();
    if (share == 0) return Value::Float(below);
    return Value::Float(below * (1 - share) + values_[low + 1].number() * share);
  }
};

}  // namespace

void AddStatistics(FunctionRegistry& out) {
  out.Add({.name = "stDev",
           .args = {Type::kNumber},
           .returns = Type::kFloat,
           .nulls = Nulls::kHandle,
           .doc = "Standard deviation of a sample.",
           .example = {"stDev(n.age)", ""},
           .aggregate = &Make<Deviation<1>>});
  out.Add({.name = "stDevP",
           .args = {Type::kNumber},
           .returns = Type::kFloat,
           .nulls = Nulls::kHandle,
           .doc = "Standard deviation of a whole population.",
           .example = {"stDevP(n.age)", ""},
           .aggregate = &Make<Deviation<0>>});
  out.Add({.name = "percentileCont",
           .args = {Type::kNumber, Type::kNumber},
           .returns = Type::kFloat,
           .nulls = Nulls::kHandle,
           .doc = "The value below which a share (0.0 to 1.0) of the values lies, interpolated.",
           .example = {"percentileCont(t.amount, 0.5)", ""},
           .aggregate = &Make<PercentileCont>});
  out.Add({.name = "percentileDisc",
           .args = {Type::kNumber, Type::kNumber},
           .returns = Type::kNumber,
           .nulls = Nulls::kHandle,
           .doc = "The value below which a share (0.0 to 1.0) of the values lies, one of them.",
           .example = {"percentileDisc(t.amount, 0.9)", ""},
           .aggregate = &Make<PercentileDisc>});
}

}  // namespace skein::functions
