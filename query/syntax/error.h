// QueryError: what is wrong with a user's query, in the words of the openCypher conformance suite.
//
// Shape     class (SyntaxError, TypeError, ...), detail word (UndefinedVariable, ...), a message
// for
//           people, and where in the text. Line and column count from 1, the column in code points.
// Carried   by an absl::Status as a payload, so that it survives StatusOr, Annotate() and every
//           layer up to the wire. The Status' message is
//           "SyntaxError: UnexpectedSyntax: <message> (line 1, column 10)", so that a reader who
//           knows no payloads still finds class, detail and place.
// Errors    The code follows from the class, see CodeOf().
// Threads   All functions are pure.
// Source    openCypher TCK, "Then a <class> should be raised at <phase>: <detail>".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace skein {

// Classes. Bolt and HTTP print them as they are spelt.
enum class ErrorClass : uint8_t {
  kSyntaxError,                   // found before execution, or a wrong SKIP/LIMIT
  kSemanticError,                 // MergeReadOwnWrites
  kParameterMissing,              // MissingParameter
  kTypeError,                     // a value of the wrong kind
  kArgumentError,                 // a value of the right kind out of range
  kArithmeticError,               // overflow, division by zero
  kEntityNotFound,                // DeletedEntityAccess
  kPropertyNotFound,              //
  kLabelNotFound,                 //
  kConstraintVerificationFailed,  // DeleteConnectedNode
  kConstraintValidationFailed,    // unique or existence constraint
  kProcedureError,                // ProcedureNotFound
};

// Detail words. One enumerator per word that the suite expects or that we add; the word is the
// enumerator without its k. Which class goes with which is up to who raises it: InvalidArgumentType
// is a SyntaxError where the text decides and a TypeError where a value does. A new word is added
// here in alphabetical order and in kDetailNames of error.cc; words are never renamed, clients
// match them.
enum class ErrorDetail : uint8_t {
  kUnexpectedSyntax,
  kAmbiguousAggregationExpression,
  kColumnNameConflict,
  kCreatingVarLength,
  kDeleteConnectedNode,
  kDeletedEntityAccess,
  kDifferentColumnsInUnion,
  kDivisionByZero,
  kFloatingPointOverflow,
  kIntegerOverflow,
  kInvalidAggregation,
  kInvalidArgumentPassingMode,
  kInvalidArgumentType,
  kInvalidArgumentValue,
  kInvalidClauseComposition,
  kInvalidDelete,
  kInvalidNumberLiteral,
  kInvalidNumberOfArguments,
  kInvalidParameterUse,
  kInvalidPropertyType,
  kInvalidRelationshipPattern,
  kInvalidUnicodeCharacter,
  kInvalidUnicodeLiteral,
  kListElementAccessByNonInteger,
  kMapElementAccessByNonString,
  kMergeReadOwnWrites,
  kMissingParameter,
  kNegativeIntegerArgument,
  kNestedAggregation,
  kNestingTooDeep,  // ours: the query nests deeper than kNestingMax
  kNoExpressionAlias,
  kNoSingleRelationshipType,
  kNoVariablesInScope,
  kNonConstantExpression,
  kNumberOutOfRange,
  kProcedureNotFound,
  kPropertyAccessOnNonMap,
  kQueryTooLong,  // ours: the text is longer than the limit
  kRelationshipUniquenessViolation,
  kRequiresDirectedRelationship,
  kUndefinedVariable,
  kUniquenessViolation,  // ours: a unique constraint refuses a value
  kUnknownFunction,
  kVariableAlreadyBound,
  kVariableTypeConflict,
};

// The words themselves, as the suite and clients spell them; literals, live for ever.
std::string_view ErrorClassName(ErrorClass error_class);
std::string_view ErrorDetailName(ErrorDetail detail);

// Place in the query text. Line 0: the place is not known.
struct Position {
  uint32_t offset = 0;  // bytes from the start of the text
  uint32_t line = 0;    // from 1
  uint32_t column = 0;  // from 1, in code points
  bool known() const { return line != 0; }
  bool operator==(const Position&) const = default;
};

// One error. Equal if class, detail, message and place are.
struct QueryError {
  ErrorClass error_class = ErrorClass::kSyntaxError;
  ErrorDetail detail = ErrorDetail::kUnexpectedSyntax;
  std::string message;  // one sentence: the value and the limit; no class, no place
  Position position;
  bool operator==(const QueryError&) const = default;
};

// The code that a Status of this class has, and by which callers branch.
// InvalidArgument for most classes; NotFound for EntityNotFound and ProcedureError;
// FailedPrecondition for ConstraintVerificationFailed; AlreadyExists for
// ConstraintValidationFailed.
absl::StatusCode CodeOf(ErrorClass error_class);

// The Status that carries `error` as its payload and says all of it in its message.
[[nodiscard]] absl::Status ToStatus(const QueryError& error);

// Shorthand for ToStatus({...}). Without a position where the raiser knows none: functions and
// operators work on values; the executor adds the place of the call with WithPosition().
[[nodiscard]] absl::Status MakeQueryError(ErrorClass error_class, ErrorDetail detail,
                                          std::string_view message, Position position = {});

// The payload of a Status; nullopt of any other Status.
std::optional<QueryError> QueryErrorOf(const absl::Status& status);

// The same error with a place, for errors raised where no place is known (functions over values).
// A Status that knows its place already, or carries no QueryError, comes back unchanged.
[[nodiscard]] absl::Status WithPosition(const absl::Status& status, Position position);

// Position of a byte offset. Cost: linear in the offset.
Position PositionAt(std::string_view text, size_t offset);

// The error for a terminal or a log, with the offending line and a caret under the place:
//
//   SyntaxError: UnexpectedSyntax: expected ')', found RETURN (line 1, column 10)
//     MATCH (a RETURN a
//              ^
//
// Long lines are cut to a window around the caret; tabs print as one blank; wide (East Asian)
// characters shift the caret by two cells.
std::string RenderError(const QueryError& error, std::string_view text);

}  // namespace skein
