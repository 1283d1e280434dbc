// PackStream: the binary encoding of Bolt messages.
//
// Shape     A message is one structure: a tag and up to 15 fields, each a Value. Structures inside
//           fields (dates, times, durations, points) decode to the Value kinds they stand for;
//           nodes, links and paths never come in.
// Limits    Declared sizes never exceed the bytes that are left; nesting ≤ 64 (one byte opens a
//           level, so an unbounded decoder is a stack overflow); strings are UTF-8.
// Errors    INVALID_ARGUMENT names the byte offset and what was wrong; the connection then ends.
// Threads   Pure functions and value types.
// Source    https://neo4j.com/docs/bolt/current/packstream/ and .../bolt/structure-semantics/
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/base/value.h"

namespace skein::bolt {

struct Message {
  uint8_t tag = 0;
  std::vector<Value> fields;
};

// Decodes one whole message (chunks already joined).
absl::StatusOr<Message> DecodeMessage(std::string_view bytes);

// Appends PackStream to a string. Headers announce a count; the caller then writes that many items.
class PackWriter {
 public:
  // `utc` chooses the date-time structures of Bolt 5 (seconds in UTC) over those of 4.x (seconds on
  // the local clock). Borrows `out`.
  PackWriter(std::string* out, bool utc) : out_(*out), utc_(utc) {}

  void Null();
  void Boolean(bool v);
  void Integer(int64_t v);
  void Float(double v);
  void String(std::string_view v);
  void Bytes(std::string_view v);
  void ListHeader(size_t n);
  void MapHeader(size_t n);
  void StructHeader(uint8_t tag, size_t fields);  // fields ≤ 15

  // Key of a map and a value, for the short metadata maps of replies.
  void Entry(std::string_view key, std::string_view value);
  void Entry(std::string_view key, int64_t value);
  void EntryBoolean(std::string_view key, bool value);

  // A temporal or spatial value as its structure; checked to be one.
  void Structure(const Value& v);

 private:
  void Big(uint64_t v, int bytes);
  void Sized(size_t n, uint8_t tiny, size_t tiny_max, uint8_t marker8);

  std::string& out_;
  bool utc_;
};

// Splits a message into chunks of at most 65,535 bytes and the end mark 00 00.
void AppendChunked(std::string_view message, std::string* out);

}  // namespace skein::bolt
