// Query text: parsing ends with a tree or with a QueryError whose place lies in the text.

#include "query/syntax/error.h"
#include "query/syntax/parser.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using skein::fuzz::Require;
  if (size > skein::fuzz::kInputBytesMax) return 0;
  const std::string_view text = skein::fuzz::Text(data, size);
  const auto statement = skein::syntax::Parse(text);
  if (statement.ok()) return 0;
  const auto error = skein::QueryErrorOf(statement.status());
  Require(error.has_value(), "a refused text carries a QueryError");
  Require(error->position.line >= 1 && error->position.column >= 1, "places count from 1");
  Require(static_cast<size_t>(error->position.line) <= size + 1, "the line lies in the text");
  Require(static_cast<size_t>(error->position.column) <= size + 1, "the column lies in the text");
  return 0;
}
