#include "query/functions/function.h"

#include <algorithm>

#include "query/functions/errors.h"
#include "query/functions/regex.h"

namespace skein::functions {
namespace {

std::string ToLowerAscii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string Arity(const FunctionDef& def) {
  if (def.variadic) return internal::Join("at least ", def.args_min());
  if (def.args_min() == def.args_max()) return std::to_string(def.args_max());
  return internal::Join(def.args_min(), " to ", def.args_max());
}

Type ArgumentType(const FunctionDef& def, size_t i) {
  return i < def.args.size() ? def.args[i] : def.args.back();
}

}  // namespace

std::string TypeName(Type type) {
  if (type == Type::kAny) return "ANY";
  std::string out;
  for (int kind = 0; kind <= static_cast<int>(ValueKind::kPath); ++kind) {
    const auto value_kind = static_cast<ValueKind>(kind);
    if ((type & TypeOf(value_kind)) == Type::kNone) continue;
    if (!out.empty()) out += " or ";
    out += KindName(value_kind);
  }
  return out.empty() ? "NULL" : out;
}

EvalContext::EvalContext() = default;
EvalContext::~EvalContext() = default;

RegexCache& EvalContext::regexes() {
  if (regexes_ == nullptr) regexes_ = std::make_unique<RegexCache>();
  return *regexes_;
}

absl::StatusOr<Value> MakeList(ValueList items, EvalContext& context) {
  SKEIN_RETURN_IF_ERROR(context.Charge(items.capacity() * sizeof(Value)));
  Value list = Value::List(std::move(items));
  if (list.Depth() > kValueDepthMax) {
    return OutOfRange("lists and maps nest at most ", kValueDepthMax, " deep");
  }
  return list;
}

absl::StatusOr<Value> MakeMap(ValueMap entries, EvalContext& context) {
  SKEIN_RETURN_IF_ERROR(context.Charge(entries.capacity() * sizeof(ValueMap::value_type)));
  Value map = Value::Map(std::move(entries));
  if (map.Depth() > kValueDepthMax) {
    return OutOfRange("lists and maps nest at most ", kValueDepthMax, " deep");
  }
  return map;
}

absl::StatusOr<Value> MakeString(std::string text, EvalContext& context) {
  SKEIN_RETURN_IF_ERROR(context.Charge(text.size()));
  return Value::String(std::move(text));
}

void FunctionRegistry::Add(const FunctionDef& def) {
  SKEIN_CHECK((def.eval != nullptr) != (def.aggregate != nullptr));
  SKEIN_CHECK(!def.doc.empty() && !def.example.query.empty());
  SKEIN_CHECK(!def.variadic || !def.args.empty());
  const auto& stored = defs_.emplace_back(std::make_unique<const FunctionDef>(def));
  std::vector<std::string_view> names(stored->aliases.begin(), stored->aliases.end());
  names.push_back(stored->name);
  for (const std::string_view name : names) {
    std::pair<std::string, const FunctionDef*> entry(ToLowerAscii(name), stored.get());
    const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), entry.first,
                                     [](const auto& e, const auto& key) { return e.first < key; });
    SKEIN_CHECK(at == by_name_.end() || at->first != entry.first);
    by_name_.insert(at, std::move(entry));
  }
}

const FunctionDef* FunctionRegistry::Find(std::string_view name) const {
  const std::string key = ToLowerAscii(name);
  const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), key,
                                   [](const auto& e, const auto& k) { return e.first < k; });
  return at != by_name_.end() && at->first == key ? at->second : nullptr;
}

absl::Status CheckCall(const FunctionDef& def, std::span<const Type> args) {
  if (args.size() < def.args_min() || args.size() > def.args_max()) {
    return MakeQueryError(
        ErrorClass::kSyntaxError, ErrorDetail::kInvalidNumberOfArguments,
        internal::Join(def.name, "() takes ", Arity(def), " arguments, not ", args.size()));
  }
  for (size_t i = 0; i < args.size(); ++i) {
    const Type wanted = ArgumentType(def, i);
    if (NeverFits(args[i], wanted)) {
      return MakeQueryError(ErrorClass::kSyntaxError, ErrorDetail::kInvalidArgumentType,
                            internal::Join(def.name, "() takes ", TypeName(wanted), " as argument ",
                                           i + 1, ", not ", TypeName(args[i])));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Value> Call(const FunctionDef& def, std::span<const Value> args,
                           EvalContext& context) {
  SKEIN_CHECK(def.eval != nullptr);
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i].is_null()) {
      if (def.nulls == Nulls::kPropagate) return Value::Null();
      continue;
    }
    const Type wanted = ArgumentType(def, i);
    if (NeverFits(TypeOf(args[i].kind()), wanted)) {
      return WrongArgument(def.name, "() takes ", TypeName(wanted), " as argument ", i + 1,
                           ", not ", KindName(args[i].kind()));
    }
  }
  return def.eval(args, context);
}

}  // namespace skein::functions
