#include "server/api/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "simdjson.h"
#include "storage/base/status.h"

namespace skein {
namespace {

// Turns simdjson's tree into ours; recursion is bounded by the parser's own depth limit.
class Copier {
 public:
  explicit Copier(size_t values_max) : left_(values_max) {}

  absl::StatusOr<Json> Copy(const simdjson::dom::element& element) {
    if (left_-- == 0) return ResourceExhausted("JSON has too many values");
    using Type = simdjson::dom::element_type;
    switch (element.type()) {
      case Type::NULL_VALUE:
        return Json();
      case Type::BOOL:
        return Json(element.get_bool().value_unsafe());
      case Type::INT64:
        return Json(element.get_int64().value_unsafe());
      case Type::UINT64:
        return InvalidArgument("JSON integer ", element.get_uint64().value_unsafe(),
                               " does not fit 64 bits with a sign");
      case Type::DOUBLE:
        return Json(element.get_double().value_unsafe());
      case Type::STRING:
        return Json(std::string(element.get_string().value_unsafe()));
      case Type::ARRAY:
        return CopyArray(element.get_array().value_unsafe());
      case Type::OBJECT:
        return CopyObject(element.get_object().value_unsafe());
    }
    return InvalidArgument("JSON value of an unknown kind");
  }

 private:
  absl::StatusOr<Json> CopyArray(const simdjson::dom::array& array) {
    Json::Array out;
    for (const auto item : array) {
      SKEIN_ASSIGN_OR_RETURN(Json value, Copy(item));
      out.push_back(std::move(value));
    }
    return Json(std::move(out));
  }

  absl::StatusOr<Json> CopyObject(const simdjson::dom::object& object) {
    Json::Object out;
    std::unordered_set<std::string_view> seen;
    for (const auto field : object) {
      if (!seen.insert(field.key).second) {
        return InvalidArgument("JSON object has the key \"", field.key.substr(0, 64), "\" twice");
      }
      SKEIN_ASSIGN_OR_RETURN(Json value, Copy(field.value));
      out.emplace_back(std::string(field.key), std::move(value));
    }
    return Json(std::move(out));
  }

  size_t left_;
};

// Length of the well-formed UTF-8 sequence at `p`, 0 where there is none.
size_t SequenceLength(const unsigned char* p, const unsigned char* end) {
  const auto continuation = [&](size_t i) { return p + i < end && (p[i] & 0xC0) == 0x80; };
  if (p[0] < 0x80) return 1;
  if (p[0] >= 0xC2 && p[0] <= 0xDF) return continuation(1) ? 2 : 0;
  if (p[0] >= 0xE0 && p[0] <= 0xEF) {
    if (!continuation(1) || !continuation(2)) return 0;
    if (p[0] == 0xE0 && p[1] < 0xA0) return 0;
    if (p[0] == 0xED && p[1] > 0x9F) return 0;
    return 3;
  }
  if (p[0] >= 0xF0 && p[0] <= 0xF4) {
    if (!continuation(1) || !continuation(2) || !continuation(3)) return 0;
    if (p[0] == 0xF0 && p[1] < 0x90) return 0;
    if (p[0] == 0xF4 && p[1] > 0x8F) return 0;
    return 4;
  }
  return 0;
}

void AppendString(std::string_view v, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  const auto* p = reinterpret_cast<const unsigned char*>(v.data());
  const unsigned char* const end = p + v.size();
  while (p < end) {
    if (*p == '"' || *p == '\\') {
      out->push_back('\\');
      out->push_back(static_cast<char>(*p++));
    } else if (*p < 0x20 || *p == 0x7F) {
      out->append("\\u00").push_back(kHex[*p >> 4]);
      out->push_back(kHex[*p++ & 15]);
    } else if (const size_t n = SequenceLength(p, end); n > 0) {
      out->append(reinterpret_cast<const char*>(p), n);
      p += n;
    } else {
      out->append("\xEF\xBF\xBD");
      ++p;
    }
  }
  out->push_back('"');
}

}  // namespace

absl::StatusOr<Json> Json::Parse(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return ResourceExhausted("JSON of ", text.size(), " bytes, at most ", limits.bytes);
  }
  // simdjson takes no capacity below 32: a tight bound would refuse every short text.
  constexpr size_t kCapacityMin = 64;
  simdjson::dom::parser parser(std::max(limits.bytes + 1, kCapacityMin));
  if (parser.allocate(std::max(text.size() + 1, kCapacityMin), limits.depth) != simdjson::SUCCESS) {
    return ResourceExhausted("no memory for JSON of ", text.size(), " bytes");
  }
  simdjson::dom::element root;
  const auto error = parser.parse(text.data(), text.size()).get(root);
  if (error == simdjson::DEPTH_ERROR) {
    return ResourceExhausted("JSON is nested deeper than ", limits.depth);
  }
  if (error != simdjson::SUCCESS) {
    return InvalidArgument("JSON does not parse: ", simdjson::error_message(error));
  }
  return Copier(limits.values).Copy(root);
}

double Json::number() const {
  return kind() == Kind::kInteger ? static_cast<double>(integer()) : std::get<double>(data_);
}

const Json* Json::Find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const auto& [name, value] : object()) {
    if (name == key) return &value;
  }
  return nullptr;
}

void JsonWriter::Separate() {
  if (need_comma_) text_.push_back(',');
  need_comma_ = true;
}

JsonWriter& JsonWriter::BeginObject() {
  Separate();
  text_.push_back('{');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  text_.push_back('}');
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  Separate();
  text_.push_back('[');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  text_.push_back(']');
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  Separate();
  AppendString(key, &text_);
  text_.push_back(':');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Null() { return Raw("null"); }
JsonWriter& JsonWriter::Boolean(bool v) { return Raw(v ? "true" : "false"); }
JsonWriter& JsonWriter::Integer(int64_t v) { return Raw(std::to_string(v)); }

JsonWriter& JsonWriter::Float(double v) {
  SKEIN_CHECK(std::isfinite(v));
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer - 2, v).ptr;
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  if (text.find_first_of(".e") == std::string_view::npos) {
    end[0] = '.';
    end[1] = '0';
    text = std::string_view(buffer, text.size() + 2);
  }
  return Raw(text);
}

JsonWriter& JsonWriter::String(std::string_view v) {
  Separate();
  AppendString(v, &text_);
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Separate();
  text_.append(json);
  return *this;
}

JsonWriter& JsonWriter::Tree(const Json& v) {
  switch (v.kind()) {
    case Json::Kind::kNull:
      return Null();
    case Json::Kind::kBoolean:
      return Boolean(v.boolean());
    case Json::Kind::kInteger:
      return Integer(v.integer());
    case Json::Kind::kFloat:
      return Float(v.number());
    case Json::Kind::kString:
      return String(v.string());
    case Json::Kind::kArray:
      BeginArray();
      for (const Json& item : v.array()) Tree(item);
      return EndArray();
    case Json::Kind::kObject:
      BeginObject();
      for (const auto& [key, value] : v.object()) Key(key).Tree(value);
      return EndObject();
  }
  return *this;
}

}  // namespace skein
