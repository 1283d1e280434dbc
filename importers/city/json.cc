#include "importers/city/json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/base/status.h"

namespace skein::city {

std::string JsonText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned>(c));
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
  return out;
}

void Json::NewLine() {
  out_.push_back('\n');
  out_.append(open_.size() * 2, ' ');
}

void Json::BeforeValue() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (open_.empty()) return;
  if (!first_) out_.push_back(',');
  first_ = false;
  NewLine();
}

Json& Json::Key(std::string_view key) {
  BeforeValue();
  absl::StrAppend(&out_, JsonText(key), ": ");
  after_key_ = true;
  return *this;
}

Json& Json::Text(std::string_view value) {
  BeforeValue();
  out_ += JsonText(value);
  return *this;
}

Json& Json::Number(int64_t value) {
  BeforeValue();
  absl::StrAppend(&out_, value);
  return *this;
}

Json& Json::Decimal(double value, int digits) {
  BeforeValue();
  absl::StrAppendFormat(&out_, "%.*f", digits, value);
  return *this;
}

Json& Json::Bool(bool value) {
  BeforeValue();
  out_ += value ? "true" : "false";
  return *this;
}

Json& Json::Begin(char bracket) {
  BeforeValue();
  out_.push_back(bracket);
  open_.push_back(bracket);
  first_ = true;
  return *this;
}

Json& Json::End() {
  SKEIN_CHECK(!open_.empty() && !after_key_);
  const char bracket = open_.back();
  open_.pop_back();
  if (!first_) NewLine();
  out_.push_back(bracket == '{' ? '}' : ']');
  first_ = false;
  return *this;
}

Json& Json::Texts(std::string_view key, const std::vector<std::string>& values) {
  Key(key).Begin('[');
  for (const std::string& v : values) Text(v);
  return End();
}

std::string Json::Take() {
  SKEIN_CHECK(open_.empty());
  std::string out = std::move(out_);
  out.push_back('\n');
  *this = Json();
  return out;
}

}  // namespace skein::city
