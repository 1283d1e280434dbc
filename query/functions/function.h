// Functions of the language: what one is, the table of all, and what evaluation may ask for.
//
// Use       The binder finds a FunctionDef by name, checks the call with CheckCall() and keeps the
//           pointer; the executor calls Call() per row, or makes one Aggregate per group.
// Adding    One file per group registers data (see text.cc); all.cc calls each group by name. The
//           `example` of every function runs as a test and prints as the reference page.
// Errors    Every Status carries a QueryError (query/syntax/error.h) without a place; the executor
//           adds the place of the call with WithPosition(). RESOURCE_EXHAUSTED comes from Charge().
// Threads   The registry is immutable after AllFunctions() returned. An EvalContext serves one
//           thread at a time.
// Source    openCypher 9, chapter "Functions"; TCK expressions/.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/base/ids.h"
#include "storage/base/value.h"

namespace skein::functions {

// ---- Types -----------------------------------------------------------------------------------

// A set of value kinds: the bit of a kind is 1 << kind, so that sets of kinds are types too. Null
// is a member of every type and has no bit of its own here.
// Static types are what the binder knows of an expression; kAny where it knows nothing.
enum class Type : uint32_t {
  kNone = 0,  // of expressions that are always null
  kBoolean = 1u << static_cast<int>(ValueKind::kBoolean),
  kInteger = 1u << static_cast<int>(ValueKind::kInteger),
  kFloat = 1u << static_cast<int>(ValueKind::kFloat),
  kNumber = kInteger | kFloat,
  kString = 1u << static_cast<int>(ValueKind::kString),
  kBytes = 1u << static_cast<int>(ValueKind::kBytes),
  kList = 1u << static_cast<int>(ValueKind::kList),
  kMap = 1u << static_cast<int>(ValueKind::kMap),
  kDate = 1u << static_cast<int>(ValueKind::kDate),
  kLocalTime = 1u << static_cast<int>(ValueKind::kLocalTime),
  kTime = 1u << static_cast<int>(ValueKind::kTime),
  kLocalDateTime = 1u << static_cast<int>(ValueKind::kLocalDateTime),
  kDateTime = 1u << static_cast<int>(ValueKind::kDateTime),
  kInstant = kDate | kLocalTime | kTime | kLocalDateTime | kDateTime,
  kDuration = 1u << static_cast<int>(ValueKind::kDuration),
  kPoint = 1u << static_cast<int>(ValueKind::kPoint),
  kNode = 1u << static_cast<int>(ValueKind::kNode),
  kLink = 1u << static_cast<int>(ValueKind::kLink),
  kElement = kNode | kLink,
  kPath = 1u << static_cast<int>(ValueKind::kPath),
  kAny = (1u << (static_cast<int>(ValueKind::kPath) + 1)) - 1,
};

// Union and intersection of kinds.
constexpr Type operator|(Type a, Type b) {
  return static_cast<Type>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}
constexpr Type operator&(Type a, Type b) {
  return static_cast<Type>(static_cast<uint32_t>(a) & static_cast<uint32_t>(b));
}
// The type of the values of one kind; kNone of null.
constexpr Type TypeOf(ValueKind kind) {
  return kind == ValueKind::kNull ? Type::kNone : static_cast<Type>(1u << static_cast<int>(kind));
}
// True where no value of type `given` is of type `wanted`. Null (kNone) fits everywhere.
constexpr bool NeverFits(Type given, Type wanted) {
  return given != Type::kNone && (given & wanted) == Type::kNone;
}
// "INTEGER or FLOAT", "ANY"; for messages and the reference page.
std::string TypeName(Type type);

// ---- What evaluation may ask for
// -----------------------------------------------------------------

class RegexCache;

// The world outside the arguments. The executor implements it over a Reader, a Viewer and a Budget,
// and answers the element calls from columns it has fetched for the whole batch.
//
// Errors of the element calls: NotFound with EntityNotFound/DeletedEntityAccess where the element
// was deleted by this statement; hidden elements never reach a function.
class EvalContext {
 public:
  EvalContext();
  virtual ~EvalContext();
  EvalContext(const EvalContext&) = delete;
  EvalContext& operator=(const EvalContext&) = delete;

  // Where a link starts and ends; kNoNode: that node is not visible.
  struct Ends {
    NodeId from{kNoNode};
    NodeId to{kNoNode};
  };

  // Elements, by name; the catalogue's ids stay inside the executor. A property that is not there
  // is null; PropertiesOf() gives those that are, in any order. Labels come in the catalogue's
  // order.
  virtual absl::StatusOr<std::vector<std::string>> LabelsOf(NodeId node) = 0;
  virtual absl::StatusOr<std::string> TypeNameOf(LinkId link) = 0;
  virtual absl::StatusOr<Ends> EndsOf(LinkId link) = 0;
  virtual absl::StatusOr<ValueMap> PropertiesOf(NodeId node) = 0;
  virtual absl::StatusOr<ValueMap> PropertiesOf(LinkId link) = 0;
  virtual absl::StatusOr<Value> PropertyOf(NodeId node, std::string_view key) = 0;
  virtual absl::StatusOr<Value> PropertyOf(LinkId link, std::string_view key) = 0;
  // When an element held in the world; all times where the context does not know.
  virtual absl::StatusOr<ValidTime> ValidOf(NodeId /*node*/) { return ValidTime(); }
  virtual absl::StatusOr<ValidTime> ValidOf(LinkId /*link*/) { return ValidTime(); }
  // Visible links of a node, both directions or one; empty `type`: of any type.
  enum class Ways : uint8_t { kBoth, kOut, kIn };
  virtual absl::StatusOr<int64_t> DegreeOf(NodeId node, Ways ways, std::string_view type) = 0;
  // Ids as they leave the engine (enciphered).
  virtual absl::StatusOr<int64_t> PublicIdOf(NodeId node) = 0;
  virtual absl::StatusOr<int64_t> PublicIdOf(LinkId link) = 0;

  // Clocks: of the statement's start, of its transaction's start, and now.
  virtual absl::Time StatementTime() = 0;
  virtual absl::Time TransactionTime() = 0;
  virtual absl::Time RealTime() = 0;
  // IANA name of the zone where neither value nor argument names one; "UTC" where unset.
  virtual std::string DefaultZone() { return "UTC"; }

  // Uniform in [0, 1). Seeded per statement, so that a test can repeat a statement's dice.
  virtual double Random() = 0;

  // Takes bytes from the query's memory budget: RESOURCE_EXHAUSTED names the limit. Called before
  // the memory is allocated. The executor gives back when a batch goes.
  virtual absl::Status Charge(uint64_t bytes) = 0;

  // Compiled patterns of =~, bounded; kept here so that a constant pattern compiles once.
  RegexCache& regexes();

 private:
  std::unique_ptr<RegexCache> regexes_;  // made with the first pattern
};

// Deepest nesting of a list or map that evaluation makes: encoders on the way out may recurse.
inline constexpr size_t kValueDepthMax = 200;

// The only ways in which evaluation makes lists, maps and strings whose size is the user's: they
// charge the budget and bound the nesting (ArgumentError/NumberOutOfRange).
absl::StatusOr<Value> MakeList(ValueList items, EvalContext& context);
absl::StatusOr<Value> MakeMap(ValueMap entries, EvalContext& context);
absl::StatusOr<Value> MakeString(std::string text, EvalContext& context);

// ---- Definitions -----------------------------------------------------------------------------

// What a null argument means.
enum class Nulls : uint8_t {
  kPropagate,  // null if any argument is null; eval never sees one
  kHandle,     // eval sees nulls
};

// What a call depends on beside its arguments: the planner folds and moves calls by it.
enum class Effects : uint8_t {
  // Same arguments, same value: may be folded.
  kPure,
  // Depends on elements.
  kReadsGraph,
  // Constant within one statement.
  kReadsClock,
  // Differs from call to call.
  kRandom,
};

// Evaluates one call. Arguments have been checked against `args`; those that are null reach only a
// function that handles nulls. Threads: must be safe to call from several, with a context each.
using ScalarEval = absl::StatusOr<Value> (*)(std::span<const Value> args, EvalContext& context);

// One group's running state. Rows arrive in any order and states merge in any order: every result
// is the same for all of them (float sums included), except collect(), which keeps arrival order.
class Aggregate {
 public:
  virtual ~Aggregate() = default;
  // One row; nulls are skipped where the function says so. count(*) passes no arguments.
  virtual absl::Status Update(std::span<const Value> args, EvalContext& context) = 0;
  // Takes in the state of the same function over later rows.
  virtual absl::Status Merge(Aggregate& other, EvalContext& context) = 0;
  virtual absl::StatusOr<Value> Result(EvalContext& context) = 0;
};
// Makes the state of one group, empty.
using MakeAggregate = std::unique_ptr<Aggregate> (*)();

// Shown on the reference page and, where there is a result, run as a test.
struct Example {
  // An expression, e.g. "toUpper('abc')".
  std::string_view query;
  // The literal it evaluates to; empty: shown, not run (needs a graph)
  std::string_view result;
};

// A short constexpr list, so that a group's functions are one constant table.
template <typename T, size_t kMax>
class ShortList {
 public:
  constexpr ShortList() = default;
  // More than kMax items do not compile (in a constant) or abort.
  constexpr ShortList(std::initializer_list<T> items)  // NOLINT(google-explicit-constructor)
      : size_(items.size()) {
    size_t i = 0;
    for (const T& item : items) items_[i++] = item;
  }
  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr const T& operator[](size_t i) const { return items_[i]; }
  constexpr const T& back() const { return items_[size_ - 1]; }
  constexpr const T* begin() const { return items_.data(); }
  constexpr const T* end() const { return items_.data() + size_; }

 private:
  std::array<T, kMax> items_{};
  size_t size_ = 0;
};

// One function. Nothing in it is owned: every text is a literal.
struct FunctionDef {
  // As printed; looked up case-insensitively.
  std::string_view name;
  ShortList<std::string_view, 2> aliases = {};
  ShortList<Type, 4> args = {};
  // How many of `args` must be given; −1: all.
  int required = -1;
  // The last of `args` may repeat.
  bool variadic = false;
  Type returns = Type::kAny;
  Nulls nulls = Nulls::kPropagate;
  Effects effects = Effects::kPure;
  std::string_view doc;
  Example example = {};
  // Of scalar functions.
  ScalarEval eval = nullptr;
  // Of aggregating functions.
  MakeAggregate aggregate = nullptr;

  constexpr bool is_aggregate() const { return aggregate != nullptr; }
  // How many arguments a call may have.
  constexpr size_t args_min() const {
    return required < 0 ? args.size() : static_cast<size_t>(required);
  }
  constexpr size_t args_max() const { return variadic ? SIZE_MAX : args.size(); }
};

// The table of functions. Lifetime: definitions stay where they are; plans keep pointers to them.
class FunctionRegistry {
 public:
  // The name and aliases must be new (checked): a double entry is a programming error.
  void Add(const FunctionDef& def);
  // A group's table, in order.
  void AddAll(std::span<const FunctionDef> defs) {
    for (const FunctionDef& def : defs) Add(def);
  }
  // What is added from here on is printed under this heading of the reference page.
  void BeginGroup(std::string_view title) { groups_.emplace_back(title, defs_.size()); }
  // Headings, each with the position in all() of its first function.
  const std::vector<std::pair<std::string_view, size_t>>& groups() const { return groups_; }
  // nullptr: no such function. Case-insensitive (ASCII).
  const FunctionDef* Find(std::string_view name) const;
  // In the order of registration: by group.
  const std::vector<std::unique_ptr<const FunctionDef>>& all() const { return defs_; }

 private:
  std::vector<std::unique_ptr<const FunctionDef>> defs_;
  std::vector<std::pair<std::string_view, size_t>> groups_;
  std::vector<std::pair<std::string, const FunctionDef*>> by_name_;  // sorted, lower case
};

// The whole library; built once.
const FunctionRegistry& AllFunctions();

// The binder's check of a call against what it knows of the arguments' types (kAny: nothing):
// SyntaxError InvalidNumberOfArguments or InvalidArgumentType.
absl::Status CheckCall(const FunctionDef& def, std::span<const Type> args);

// Calls a scalar function: nulls, then the arguments' kinds (TypeError/InvalidArgumentValue), then
// eval.
absl::StatusOr<Value> Call(const FunctionDef& def, std::span<const Value> args,
                           EvalContext& context);

}  // namespace skein::functions
