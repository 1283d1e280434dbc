// Options: the `{key: value}` argument of a procedure, read with types and bounds.
//
// Use       One call per key the procedure knows, then Finish(). The first thing that is wrong is
//           kept and returned by Finish(); until then the calls give the default.
// Errors    TypeError/InvalidArgumentType, ArgumentError/NumberOutOfRange, ArgumentError/
//           InvalidArgumentValue (a key that the procedure does not know: it names those it does).
// Threads   One. Borrows the map.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/base/value.h"

namespace skein::procedures {

class Options {
 public:
  // `map` is a map or null.
  explicit Options(const Value& map) : map_(map) {}

  // nullptr: not given, or null.
  const Value* Any(std::string_view key);
  // Bounds are inclusive.
  int64_t Integer(std::string_view key, int64_t missing, int64_t min, int64_t max);
  double Float(std::string_view key, double missing, double min, double max);
  bool Boolean(std::string_view key, bool missing);
  std::string Text(std::string_view key, std::string_view missing = {});
  // A string is a list of one.
  std::vector<std::string> Texts(std::string_view key);
  // A node is a list of one.
  std::vector<NodeId> Nodes(std::string_view key);
  // A moment in µs since 1970 UTC: a DATETIME, a LOCAL DATETIME or DATE (taken as UTC), or µs.
  std::optional<TimeUs> Moment(std::string_view key);
  // A DURATION without months, or seconds as a number; in µs.
  std::optional<int64_t> Span(std::string_view key);

  // Keeps the first error.
  void Fail(const absl::Status& status);
  absl::Status Finish();

 private:
  void Wrong(std::string_view key, std::string_view wanted, const Value& found);

  const Value& map_;
  std::vector<std::string> known_;
  absl::Status first_;
};

// The moment a value names in µs UTC; nullopt of kinds that name none.
std::optional<TimeUs> MomentOf(const Value& value);

// ArgumentError/InvalidArgumentValue and ArgumentError/NumberOutOfRange.
absl::Status BadArgument(std::string_view message);
absl::Status ArgumentOutOfRange(std::string_view message);

}  // namespace skein::procedures
