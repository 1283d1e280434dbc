// count, sum, avg, min, max, collect.
#include "query/functions/errors.h"
#include "query/functions/exact_sum.h"
#include "query/functions/groups.h"
#include "query/functions/temporal.h"

namespace skein::functions {
namespace {

using Args = std::span<const Value>;

template <typename T>
std::unique_ptr<Aggregate> Make() {
  return std::make_unique<T>();
}

class Count final : public Aggregate {
 public:
  absl::Status Update(Args args, EvalContext&) override {
    if (args.empty() || !args[0].is_null()) ++rows_;
    return absl::OkStatus();
  }
  absl::Status Merge(Aggregate& other, EvalContext&) override {
    rows_ += static_cast<Count&>(other).rows_;
    return absl::OkStatus();
  }
  absl::StatusOr<Value> Result(EvalContext&) override { return Value::Integer(rows_); }

 private:
  int64_t rows_ = 0;
};

// What sum and avg share: integers, floats or durations, in any order.
class Total : public Aggregate {
 public:
  absl::Status Update(Args args, EvalContext&) override {
    const Value& v = args[0];
    if (v.is_null()) return absl::OkStatus();
    if (rows_ > 0 && is_duration_ != (v.kind() == ValueKind::kDuration)) {
      return WrongArgument("durations and numbers do not add up");
    }
    switch (v.kind()) {
      case ValueKind::kInteger:
        integers_ += v.integer();
        break;
      case ValueKind::kFloat:
        has_floats_ = true;
        floats_.Add(v.real());
        break;
      case ValueKind::kDuration: {
        const Duration& d = v.duration();
        is_duration_ = true;
        months_ += d.months;
        days_ += d.days;
        seconds_ += d.seconds;
        nanos_ += d.nanos;
        break;
      }
      default:
        return WrongArgument("only numbers and durations add up, not ", KindName(v.kind()));
    }
    ++rows_;
    return absl::OkStatus();
  }

  absl::Status Merge(Aggregate& other, EvalContext&) override {
    const auto& that = static_cast<Total&>(other);
    if (rows_ > 0 && that.rows_ > 0 && is_duration_ != that.is_duration_) {
      return WrongArgument("durations and numbers do not add up");
    }
    rows_ += that.rows_;
    integers_ += that.integers_;
    floats_.Add(that.floats_);
    has_floats_ |= that.has_floats_;
    is_duration_ |= that.is_duration_;
    months_ += that.months_;
    days_ += that.days_;
    seconds_ += that.seconds_;
    nanos_ += that.nanos_;
    return absl::OkStatus();
  }

 protected:
  double Real() const {
    ExactSum sum = floats_;
    sum.AddInteger(integers_);
    return sum.Result();
  }

  int64_t rows_ = 0;
  // 128 bits: whether a sum fits is asked once, of the whole, so that no order of rows fails alone.
  __int128 integers_ = 0;
  ExactSum floats_;
  bool has_floats_ = false;
  bool is_duration_ = false;
  __int128 months_ = 0, days_ = 0, seconds_ = 0, nanos_ = 0;
};

class Sum final : public Total {
 public:
  absl::StatusOr<Value> Result(EvalContext&) override {
    if (is_duration_) {
      SKEIN_ASSIGN_OR_RETURN(const Duration d, MakeDuration(months_, days_, seconds_, nanos_));
      return Value::Of(d);
    }
    if (has_floats_) return Value::Float(Real());
    if (integers_ > INT64_MAX || integers_ < INT64_MIN) {
      return Overflow("the sum does not fit a 64-bit integer");
    }
    return Value::Integer(static_cast<int64_t>(integers_));
  }
};

class Average final : public Total {
 public:
  absl::StatusOr<Value> Result(EvalContext&) override {
    if (rows_ == 0) return Value::Null();
    if (is_duration_) {
      SKEIN_ASSIGN_OR_RETURN(const Duration d, MakeDuration(months_, days_, seconds_, nanos_));
      SKEIN_ASSIGN_OR_RETURN(const Duration mean, ScaleDuration(d, Value::Integer(rows_), true));
      return Value::Of(mean);
    }
    return Value::Float(Real() / static_cast<double>(rows_));
  }
};

// The extreme in the order of ORDER BY. kSign 1: the greatest, −1: the least.
template <int kSign>
class Extreme final : public Aggregate {
 public:
  absl::Status Update(Args args, EvalContext&) override {
    Take(args[0]);
    return absl::OkStatus();
  }
  absl::Status Merge(Aggregate& other, EvalContext&) override {
    Take(static_cast<Extreme&>(other).best_);
    return absl::OkStatus();
  }
  absl::StatusOr<Value> Result(EvalContext&) override { return best_; }

 private:
  void Take(const Value& v) {
    if (v.is_null()) return;
    if (best_.is_null() || Compare(v, best_) * kSign > 0) best_ = v;
  }
  Value best_;
};

class Collect final : public Aggregate {
 public:
  absl::Status Update(Args args, EvalContext& context) override {
    if (args[0].is_null()) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(context.Charge(sizeof(Value) + args[0].HeapBytes()));
    items_.push_back(args[0]);
    return absl::OkStatus();
  }
  absl::Status Merge(Aggregate& other, EvalContext&) override {
    auto& that = static_cast<Collect&>(other);
    items_.insert(items_.end(), that.items_.begin(), that.items_.end());
    return absl::OkStatus();
  }
  absl::StatusOr<Value> Result(EvalContext& context) override {
    return MakeList(std::move(items_), context);
  }

 private:
  ValueList items_;
};

}  // namespace

void AddAggregates(FunctionRegistry& out) {
  constexpr Type kSummable = Type::kNumber | Type::kDuration;
  out.Add({.name = "count",
           .args = {Type::kAny},
           .returns = Type::kInteger,
           .nulls = Nulls::kHandle,
           .doc = "How many values are not null; count(*) counts rows.",
           .example = {"count(n.age)", ""},
           .aggregate = &Make<Count>});
  out.Add({.name = "sum",
           .args = {kSummable},
           .returns = kSummable,
           .nulls = Nulls::kHandle,
           .doc = "The sum of numbers or durations; 0 of nothing.",
           .example = {"sum(t.amount)", ""},
           .aggregate = &Make<Sum>});
  out.Add({.name = "avg",
           .args = {kSummable},
           .returns = Type::kFloat | Type::kDuration,
           .nulls = Nulls::kHandle,
           .doc = "The mean of numbers or durations; null of nothing.",
           .example = {"avg(t.amount)", ""},
           .aggregate = &Make<Average>});
  out.Add({.name = "min",
           .args = {Type::kAny},
           .returns = Type::kAny,
           .nulls = Nulls::kHandle,
           .doc = "The least value in the order of ORDER BY; null of nothing.",
           .example = {"min(t.amount)", ""},
           .aggregate = &Make<Extreme<-1>>});
  out.Add({.name = "max",
           .args = {Type::kAny},
           .returns = Type::kAny,
           .nulls = Nulls::kHandle,
           .doc = "The greatest value in the order of ORDER BY; null of nothing.",
           .example = {"max(t.amount)", ""},
           .aggregate = &Make<Extreme<1>>});
  out.Add({.name = "collect",
           .args = {Type::kAny},
           .returns = Type::kList,
           .nulls = Nulls::kHandle,
           .doc = "A list of all values that are not null.",
           .example = {"collect(n.name)", ""},
           .aggregate = &Make<Collect>});
}

}  // namespace skein::functions
