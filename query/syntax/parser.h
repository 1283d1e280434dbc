// Parse(): query text to syntax tree.
//
// Shape     One statement, an optional semicolon after it.
// Errors    INVALID_ARGUMENT with a QueryError: class SyntaxError and a detail word, at the first
//           place where no continuation is valid. RESOURCE_EXHAUSTED never: limits on length
//           (QueryTooLong) and nesting (NestingTooDeep) are errors of the text.
// Cost      Linear in the text but for the look-ahead that tells a parenthesised expression from a
//           pattern, which is memoised; 10^6 brackets fail in milliseconds. Stack depth is bounded
//           by kNestingMax.
// Threads   Pure; call from anywhere.
// Source    openCypher 9 grammar (EBNF M23).
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "query/syntax/ast.h"

namespace skein::syntax {

struct ParseOptions {
  size_t text_bytes_max = size_t{1} << 20;
};

absl::StatusOr<Statement> Parse(std::string_view text, const ParseOptions& options = {});

// One expression alone, for tests, mappings and documentation examples; the whole text must be it.
struct ParsedExpression {
  std::string text;
  ExprPtr expr;
};
absl::StatusOr<ParsedExpression> ParseExpression(std::string_view text,
                                                 const ParseOptions& options = {});

}  // namespace skein::syntax
