#include "query/syntax/error.h"

#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr std::string_view kPayloadUrl = "skein/query-error";

constexpr std::array kClassNames = {
    std::string_view("SyntaxError"),
    std::string_view("SemanticError"),
    std::string_view("ParameterMissing"),
    std::string_view("TypeError"),
    std::string_view("ArgumentError"),
    std::string_view("ArithmeticError"),
    std::string_view("EntityNotFound"),
    std::string_view("PropertyNotFound"),
    std::string_view("LabelNotFound"),
    std::string_view("ConstraintVerificationFailed"),
    std::string_view("ConstraintValidationFailed"),
    std::string_view("ProcedureError"),
};
static_assert(kClassNames.size() == static_cast<size_t>(ErrorClass::kProcedureError) + 1);

// In the order of ErrorDetail.
constexpr std::array kDetailNames = {
    std::string_view("UnexpectedSyntax"),
    std::string_view("AmbiguousAggregationExpression"),
    std::string_view("ColumnNameConflict"),
    std::string_view("CreatingVarLength"),
    std::string_view("DeleteConnectedNode"),
    std::string_view("DeletedEntityAccess"),
    std::string_view("DifferentColumnsInUnion"),
    std::string_view("DivisionByZero"),
    std::string_view("FloatingPointOverflow"),
    std::string_view("IntegerOverflow"),
    std::string_view("InvalidAggregation"),
    std::string_view("InvalidArgumentPassingMode"),
    std::string_view("InvalidArgumentType"),
    std::string_view("InvalidArgumentValue"),
    std::string_view("InvalidClauseComposition"),
    std::string_view("InvalidDelete"),
    std::string_view("InvalidNumberLiteral"),
    std::string_view("InvalidNumberOfArguments"),
    std::string_view("InvalidParameterUse"),
    std::string_view("InvalidPropertyType"),
    std::string_view("InvalidRelationshipPattern"),
    std::string_view("InvalidUnicodeCharacter"),
    std::string_view("InvalidUnicodeLiteral"),
    std::string_view("ListElementAccessByNonInteger"),
    std::string_view("MapElementAccessByNonString"),
    std::string_view("MergeReadOwnWrites"),
    std::string_view("MissingParameter"),
    std::string_view("NegativeIntegerArgument"),
    std::string_view("NestedAggregation"),
    std::string_view("NestingTooDeep"),
    std::string_view("NoExpressionAlias"),
    std::string_view("NoSingleRelationshipType"),
    std::string_view("NoVariablesInScope"),
    std::string_view("NonConstantExpression"),
    std::string_view("NumberOutOfRange"),
    std::string_view("ProcedureNotFound"),
    std::string_view("PropertyAccessOnNonMap"),
    std::string_view("QueryTooLong"),
    std::string_view("RelationshipUniquenessViolation"),
    std::string_view("RequiresDirectedRelationship"),
    std::string_view("UndefinedVariable"),
    std::string_view("UniquenessViolation"),
    std::string_view("UnknownFunction"),
    std::string_view("VariableAlreadyBound"),
    std::string_view("VariableTypeConflict"),
};
static_assert(kDetailNames.size() == static_cast<size_t>(ErrorDetail::kVariableTypeConflict) + 1);

// "class detail offset line column message": numbers first, the message is the rest.
std::string EncodePayload(const QueryError& error) {
  return internal::Join(static_cast<int>(error.error_class), ' ', static_cast<int>(error.detail),
                        ' ', error.position.offset, ' ', error.position.line, ' ',
                        error.position.column, ' ', error.message);
}

std::optional<QueryError> DecodePayload(std::string_view text) {
  std::array<uint32_t, 5> numbers{};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (uint32_t& number : numbers) {
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || next == end || *next != ' ') return std::nullopt;
    at = next + 1;
  }
  if (numbers[0] >= kClassNames.size() || numbers[1] >= kDetailNames.size()) return std::nullopt;
  return QueryError{static_cast<ErrorClass>(numbers[0]), static_cast<ErrorDetail>(numbers[1]),
                    std::string(at, end), Position{numbers[2], numbers[3], numbers[4]}};
}

std::string Headline(const QueryError& error) {
  std::string out = internal::Join(ErrorClassName(error.error_class), ": ",
                                   ErrorDetailName(error.detail), ": ", error.message);
  if (error.position.known()) {
    out += internal::Join(" (line ", error.position.line, ", column ", error.position.column, ")");
  }
  return out;
}

// One code point of UTF-8; a byte that starts none counts as one of its own.
struct CodePoint {
  uint32_t value = 0;
  size_t length = 1;
};

CodePoint Decode(std::string_view text, size_t at) {
  const auto byte = [text](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const uint32_t first = byte(at);
  const size_t length = first < 0x80    ? 1
                        : first >= 0xf0 ? 4
                        : first >= 0xe0 ? 3
                        : first >= 0xc0 ? 2
                                        : 1;
  if (length == 1 || at + length > text.size()) return {first, 1};
  uint32_t value = first & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) value = value << 6 | (byte(at + i) & 0x3f);
  return {value, length};
}

// Cells of a terminal that a code point takes: two of the East Asian wide and emoji blocks.
int Cells(uint32_t c) {
  const bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
                    (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
                    (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
                    (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
  return wide ? 2 : 1;
}

}  // namespace

std::string_view ErrorClassName(ErrorClass error_class) {
  return kClassNames[static_cast<size_t>(error_class)];
}

std::string_view ErrorDetailName(ErrorDetail detail) {
  return kDetailNames[static_cast<size_t>(detail)];
}

absl::StatusCode CodeOf(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kEntityNotFound:
    case ErrorClass::kProcedureError:
      return absl::StatusCode::kNotFound;
    case ErrorClass::kConstraintVerificationFailed:
      return absl::StatusCode::kFailedPrecondition;
    case ErrorClass::kConstraintValidationFailed:
      return absl::StatusCode::kAlreadyExists;
    default:
      return absl::StatusCode::kInvalidArgument;
  }
}

absl::Status ToStatus(const QueryError& error) {
  absl::Status status(CodeOf(error.error_class), ToAbsl(Headline(error)));
  status.SetPayload(ToAbsl(kPayloadUrl), absl::Cord(EncodePayload(error)));
  return status;
}

absl::Status MakeQueryError(ErrorClass error_class, ErrorDetail detail, std::string_view message,
                            Position position) {
  return ToStatus({error_class, detail, std::string(message), position});
}

std::optional<QueryError> QueryErrorOf(const absl::Status& status) {
  if (status.ok()) return std::nullopt;
  const auto payload = status.GetPayload(ToAbsl(kPayloadUrl));
  if (!payload.has_value()) return std::nullopt;
  return DecodePayload(std::string(*payload));
}

absl::Status WithPosition(const absl::Status& status, Position position) {
  std::optional<QueryError> error = QueryErrorOf(status);
  if (!error.has_value() || error->position.known()) return status;
  error->position = position;
  return ToStatus(*error);
}

Position PositionAt(std::string_view text, size_t offset) {
  Position position{static_cast<uint32_t>(std::min(offset, text.size())), 1, 1};
  for (size_t at = 0; at < position.offset;) {
    const size_t length = Decode(text, at).length;
    if (text[at] == '\n') {
      ++position.line;
      position.column = 1;
    } else {
      ++position.column;
    }
    at += length;
  }
  return position;
}

std::string RenderError(const QueryError& error, std::string_view text) {
  std::string out = Headline(error);
  if (!error.position.known() || error.position.offset > text.size()) return out;
  constexpr size_t kBefore = 60;  // code points shown on either side of the caret
  constexpr size_t kAfter = 40;

  const size_t offset = error.position.offset;
  const size_t line_begin = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;  // npos + 1 is 0
  const size_t line_end = std::min(text.find('\n', offset), text.size());
  // Only a window of the line is looked at, so that a line of a megabyte costs no megabyte.
  size_t begin = offset;
  for (size_t shown = 0; begin > line_begin && shown < kBefore; ++shown) {
    do {
      --begin;
    } while (begin > line_begin && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80);
  }
  std::string shown = begin > line_begin ? "  …" : "  ";
  size_t cells = begin > line_begin ? 3 : 2;
  size_t end = begin;
  for (size_t after = 0; end < line_end && after < kAfter;) {
    const CodePoint point = Decode(text, end);
    const bool control = point.value < 0x20 || point.value == 0x7f;
    shown += control ? std::string(" ") : std::string(text.substr(end, point.length));
    if (end < offset) {
      cells += static_cast<size_t>(Cells(point.value));
    } else {
      ++after;
    }
    end += point.length;
  }
  if (end < line_end) shown += "…";
  return internal::Join(out, "\n", shown, "\n", std::string(cells, ' '), "^");
}

}  // namespace skein
