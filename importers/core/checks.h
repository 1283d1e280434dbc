// Checks: named and parameterised tests that a value of a column must pass.
//
// Shape     Text checks look at the text after trimming, replacing and case; min and max at numbers
//           (any type) and at times as text in ISO 8601 order.
// Errors    A check that fails gives a reason; it is never an error of the import.
// Rule      Named checks look at form and check digits only, never at lists of what exists: a
// number
//           from a range that cannot be real passes when its digits are right.
// Source    GB 11643-1999 (ID numbers), GB 32100-2015 (organisations), GA 36-2018 (plates), ISO
//           3779 (VIN), ISO/IEC 7812-1 annex B (Luhn), 3GPP TS 23.003 (IMEI, IMSI).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "storage/base/value.h"

namespace re2 {
class RE2;
}

namespace skein {

using NamedCheck = bool (*)(std::string_view text);

struct Check {
  enum class Kind : uint8_t {
    kNamed,
    kRegex,
    kMin,
    kMax,
    kMinLength,
    kMaxLength,
    kOneOf,
    kNotFuture
  };
  Kind kind = Kind::kNamed;
  std::string name;  // as the mapping spells it, for reasons
  NamedCheck named = nullptr;
  std::shared_ptr<const re2::RE2> regex;  // must match the whole text
  Value bound;                            // kMin, kMax: integer, float or string (times)
  size_t length = 0;                      // characters
  std::vector<std::string> one_of;
};

// The check called `name`, or nullopt. "not_future" is one too.
std::optional<Check> FindCheck(std::string_view name);
// All names, in order, for messages.
std::string CheckNames();

// nullopt: passed. Otherwise the reason: "fails check id_cn", "is over the maximum 100".
std::optional<std::string> RunCheck(const Check& check, std::string_view text, const Value& value,
                                    absl::Time now);

// Check digits, public for the city generator's tests.
bool IsIdNumberCn(std::string_view text);
bool IsLuhn(std::string_view digits);
bool IsPlateCn(std::string_view text);
bool IsPhoneCn(std::string_view text);

}  // namespace skein
