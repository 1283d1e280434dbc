// Json and JsonWriter: the two directions of every JSON document of the server.
//
// Shape     Json is a parsed document as a small tree; integers keep all 64 bits and never become
//           floats. JsonWriter appends compact text; the caller is trusted to nest correctly
//           (checked in debug builds).
// Order     Members keep the order of the text; the writer writes in call order.
// Errors    Parse: INVALID_ARGUMENT with what is wrong: not UTF-8, a number that fits no 64-bit
//           integer and no finite float, a key twice in one object, a surrogate alone;
//           RESOURCE_EXHAUSTED: bytes, depth or number of values over the stated limit.
// Threads   Json is immutable once parsed: share freely. A writer has one user.
// Cost      Parse is one simdjson pass plus one allocation per container and long string. Nothing
//           here recurses deeper than JsonLimits::depth.
// Source    RFC 8259; simdjson 3 (DOM), behind this header only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace skein {

struct JsonLimits {
  size_t bytes = size_t{4} << 20;
  size_t depth = 64;
  size_t values = 1'000'000;  // values of the whole document, keys not counted
};

class Json {
 public:
  enum class Kind : uint8_t { kNull, kBoolean, kInteger, kFloat, kString, kArray, kObject };
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;
  explicit Json(bool v) : data_(v) {}
  explicit Json(int64_t v) : data_(v) {}
  explicit Json(double v) : data_(v) {}
  explicit Json(std::string v) : data_(std::move(v)) {}
  explicit Json(Array v) : data_(std::move(v)) {}
  explicit Json(Object v) : data_(std::move(v)) {}

  static absl::StatusOr<Json> Parse(std::string_view text, const JsonLimits& limits = {});

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_object() const { return kind() == Kind::kObject; }
  bool is_array() const { return kind() == Kind::kArray; }
  bool is_integer() const { return kind() == Kind::kInteger; }
  bool is_boolean() const { return kind() == Kind::kBoolean; }
  bool is_number() const { return kind() == Kind::kInteger || kind() == Kind::kFloat; }

  // The kind must match (checked).
  bool boolean() const { return std::get<bool>(data_); }
  int64_t integer() const { return std::get<int64_t>(data_); }
  double number() const;  // kInteger or kFloat
  const std::string& string() const { return std::get<std::string>(data_); }
  const Array& array() const { return std::get<Array>(data_); }
  const Object& object() const { return std::get<Object>(data_); }

  // The member of an object; nullptr where this is no object or has no such member.
  const Json* Find(std::string_view key) const;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> data_;
};

// Appends JSON text to a string it owns.
class JsonWriter {
 public:
  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);
  JsonWriter& Null();
  JsonWriter& Boolean(bool v);
  JsonWriter& Integer(int64_t v);          // digits as they are; see values.h for ±2^53
  JsonWriter& Float(double v);             // finite; always with a fraction or an exponent
  JsonWriter& String(std::string_view v);  // invalid UTF-8 becomes U+FFFD
  JsonWriter& Tree(const Json& v);
  JsonWriter& Raw(std::string_view json);  // a complete value

  // Key and value in one call, for flat objects.
  JsonWriter& Member(std::string_view key, std::string_view v) { return Key(key).String(v); }
  JsonWriter& Member(std::string_view key, const char* v) { return Key(key).String(v); }
  JsonWriter& Member(std::string_view key, int64_t v) { return Key(key).Integer(v); }
  JsonWriter& Member(std::string_view key, bool v) { return Key(key).Boolean(v); }

  size_t size() const { return text_.size(); }
  const std::string& text() const { return text_; }
  std::string Take() { return std::move(text_); }

 private:
  void Separate();
  std::string text_;
  bool need_comma_ = false;
};

}  // namespace skein
