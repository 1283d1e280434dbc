// FieldSpec: how the text of one column becomes a value, compiled from a mapping.
//
// Order     of the steps: trim, null tokens, normalize, replace, extract, case, values, type,
// scale,
//           checks (docs/reference/mapping.md, "Field descriptions").
// Errors    Convert never fails the import: a text that does not fit gives a reason for the
//           quarantine file. Reasons name the limit, not the value (the value stands beside them).
// Threads   A FieldSpec is immutable once compiled; Convert may run on any thread.
// Cost      No allocation for numbers, booleans and times that fit; strings are copied once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "importers/core/checks.h"
#include "storage/base/value.h"

namespace re2 {
class RE2;
}

namespace skein {

enum class FieldType : uint8_t {
  kAuto,  // string; in JSONL JSON's own type
  kString,
  kInteger,
  kFloat,
  kBoolean,
  kDate,
  kLocalTime,
  kLocalDateTime,
  kDateTime,
  kEpochSeconds,
  kEpochMillis,
  kEpochMicros,
  kEpochNanos,
  kDuration,
};

// A zone of times: an IANA name or a fixed offset.
struct Zone {
  std::string name;  // IANA name; empty for a fixed offset
  absl::TimeZone zone;
};
// "Asia/Shanghai", "+08:00", "Z", "UTC". INVALID_ARGUMENT: no such zone.
absl::StatusOr<Zone> ParseZone(std::string_view text);

// What a reader found in one field of one record. `text` borrows from the record. A JSON array of
// scalars arrives as its elements joined by kListSeparator.
inline constexpr char kListSeparator = '\x1f';
enum class RawKind : uint8_t {
  kText,
  kMissing,
  kJsonNull,
  kJsonNumber,
  kJsonBoolean,
  kJsonList,
  kJsonNested
};
struct RawField {
  std::string_view text;
  RawKind kind = RawKind::kText;
};

enum class OnMiss : uint8_t { kReject, kKeep, kNull };

struct FieldSpec {
  FieldType type = FieldType::kAuto;
  std::optional<bool> trim;  // unset: only for types other than string
  std::vector<std::string> null_tokens = {""};
  enum class Normal : uint8_t { kNone, kNfc, kNfkc } normalize = Normal::kNone;
  std::vector<std::pair<std::shared_ptr<const re2::RE2>, std::string>> replace;
  std::shared_ptr<const re2::RE2> extract;
  enum class Case : uint8_t { kAsIs, kUpper, kLower } letter_case = Case::kAsIs;
  std::vector<std::pair<std::string, std::string>> values;  // sorted by first
  OnMiss otherwise = OnMiss::kReject;                       // a text that `values` does not name
  std::optional<std::string> default_text;                  // converted like a text of the file
  bool required = false;
  std::string split;  // not empty: a list
  bool list = false;  // a JSON array
  std::vector<std::string> true_tokens = {"true"};
  std::vector<std::string> false_tokens = {"false"};
  bool booleans_any_case = true;
  bool leading_zeros = false;
  char decimal = '.';
  char thousands = 0;
  double scale = 1;
  std::vector<std::string> formats;  // empty: ISO 8601
  std::optional<Zone> zone;
  int64_t unit_nanos = 0;  // of a numeric duration; 0: ISO 8601
  std::vector<Check> checks;
  OnMiss on_error = OnMiss::kReject;
};

// What Convert made: a value (null: there is none), or a reason why not.
struct Converted {
  Value value;
  std::string reason;   // not empty: refused
  bool nulled = false;  // refused, and `on_error: null` made it null
};

// Types a JSON or CSV field by `spec`. `now` is for the check not_future.
Converted Convert(const FieldSpec& spec, const RawField& field, absl::Time now);

// The built-in type of a name, or nullopt.
std::optional<FieldType> FieldTypeOf(std::string_view name);
std::string_view FieldTypeName(FieldType type);

// ICU normalization of UTF-8 text; nullopt: not possible (it is not UTF-8).
std::optional<std::string> Normalize(std::string_view text, FieldSpec::Normal form);

}  // namespace skein
