// A JSON writer for the files the generator prints: ordered keys, two-space indent, UTF-8 kept.
//
// Why own   simdjson of Debian 12 only reads, and a dependency for these sixty lines is not worth
// it. Errors    none; unbalanced Begin/End is a broken invariant, checked in Take(). Threads   one
// object, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::city {

// "text" with quotes, escaped as RFC 8259 asks.
std::string JsonText(std::string_view text);

class Json {
 public:
  Json& Key(std::string_view key);
  Json& Text(std::string_view value);
  Json& Number(int64_t value);
  Json& Decimal(double value, int digits);
  Json& Bool(bool value);
  Json& Begin(char bracket);  // '{' or '['
  Json& End();
  // Key and value at once.
  Json& Text(std::string_view key, std::string_view value) { return Key(key).Text(value); }
  Json& Number(std::string_view key, int64_t value) { return Key(key).Number(value); }
  Json& Texts(std::string_view key, const std::vector<std::string>& values);
  // The document, with a line end; the writer is empty afterwards.
  std::string Take();

 private:
  void BeforeValue();
  void NewLine();
  std::string out_;
  std::string open_;   // brackets that are open, innermost last
  bool first_ = true;  // no element yet in the innermost bracket
  bool after_key_ = false;
};

}  // namespace skein::city
