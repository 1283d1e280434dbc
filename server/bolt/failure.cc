#include "server/bolt/failure.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::bolt {
namespace {

std::string_view StatusCodeWord(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return "Neo.ClientError.Request.Invalid";
    case absl::StatusCode::kUnauthenticated:
      return "Neo.ClientError.Security.Unauthorized";
    case absl::StatusCode::kPermissionDenied:
      return "Neo.ClientError.Security.Forbidden";
    case absl::StatusCode::kAborted:
      return "Neo.TransientError.Transaction.Outdated";
    case absl::StatusCode::kCancelled:
      return "Neo.ClientError.Transaction.Terminated";
    case absl::StatusCode::kDeadlineExceeded:
      return "Neo.ClientError.Transaction.TransactionTimedOut";
    case absl::StatusCode::kResourceExhausted:
      return "Neo.ClientError.Statement.BudgetExceeded";
    case absl::StatusCode::kNotFound:
      return "Neo.ClientError.Statement.EntityNotFound";
    case absl::StatusCode::kFailedPrecondition:
      return "Neo.ClientError.Statement.ConstraintVerificationFailed";
    case absl::StatusCode::kAlreadyExists:
      return "Neo.ClientError.Schema.ConstraintValidationFailed";
    case absl::StatusCode::kUnavailable:
      return "Neo.DatabaseError.General.DatabaseUnavailable";
    default:
      return "Neo.DatabaseError.General.UnknownError";
  }
}

constexpr absl::string_view kCodeUrl = "skein/bolt-code";
constexpr std::string_view kPartialCode = "Skein.ClientNotification.Statement.PartialResult";
constexpr std::string_view kPartialTitle = "The result is not complete.";

void WriteDiagnosticRecord(PackWriter& writer) {
  writer.MapHeader(3);
  writer.Entry("OPERATION", "");
  writer.Entry("OPERATION_CODE", "0");
  writer.Entry("CURRENT_SCHEMA", "/");
}

}  // namespace

absl::Status WithFailureCode(absl::Status status, std::string_view code) {
  status.SetPayload(kCodeUrl, absl::Cord(ToAbsl(code)));
  return status;
}

// Statuses of success as GQL numbers them: rows, no rows, a result that is omitted on purpose.
void WriteStatuses(const QuerySummary& summary, bool has_columns, PackWriter& writer) {
  writer.String("statuses");
  writer.ListHeader(summary.partial.empty() ? 1 : 2);
  writer.MapHeader(3);
  if (!has_columns) {
    writer.Entry("gql_status", "00001");
    writer.Entry("status_description", "note: successful completion - omitted result");
  } else if (summary.rows == 0) {
    writer.Entry("gql_status", "02000");
    writer.Entry("status_description", "note: no data");
  } else {
    writer.Entry("gql_status", "00000");
    writer.Entry("status_description", "note: successful completion");
  }
  writer.String("diagnostic_record");
  WriteDiagnosticRecord(writer);
  if (summary.partial.empty()) return;
  writer.MapHeader(6);
  writer.Entry("gql_status", "01N00");
  writer.Entry("status_description", absl::StrCat("warn: ", summary.partial));
  writer.Entry("neo4j_code", kPartialCode);
  writer.Entry("title", kPartialTitle);
  writer.Entry("description", summary.partial);
  writer.String("diagnostic_record");
  writer.MapHeader(5);
  writer.Entry("OPERATION", "");
  writer.Entry("OPERATION_CODE", "0");
  writer.Entry("CURRENT_SCHEMA", "/");
  writer.Entry("_severity", "WARNING");
  writer.Entry("_classification", "GENERIC");
}

void WriteNotifications(const QuerySummary& summary, PackWriter& writer) {
  writer.String("notifications");
  writer.ListHeader(1);
  writer.MapHeader(5);
  writer.Entry("code", kPartialCode);
  writer.Entry("title", kPartialTitle);
  writer.Entry("description", summary.partial);
  writer.Entry("severity", "WARNING");
  writer.Entry("category", "GENERIC");
}

std::string FailureCode(const absl::Status& status) {
  if (const auto code = status.GetPayload(kCodeUrl)) return std::string(*code);
  const std::optional<QueryError> error = QueryErrorOf(status);
  if (!error) return std::string(StatusCodeWord(status.code()));
  if (error->error_class == ErrorClass::kConstraintValidationFailed) {
    return "Neo.ClientError.Schema.ConstraintValidationFailed";
  }
  if (error->detail == ErrorDetail::kProcedureNotFound) {
    // cypher-shell and the browser branch on this one.
    return "Neo.ClientError.Procedure.ProcedureNotFound";
  }
  return absl::StrCat("Neo.ClientError.Statement.", ToAbsl(ErrorClassName(error->error_class)));
}

std::string FailureMessage(const absl::Status& status) {
  const std::optional<QueryError> error = QueryErrorOf(status);
  if (!error) return std::string(skein::Message(status));
  // Class and detail stand in the text as whole words: the conformance suite's runner looks for
  // them.
  std::string place;
  if (error->position.known()) {
    place = absl::StrCat(" (line ", error->position.line, ", column ", error->position.column, ")");
  }
  return absl::StrCat(ToAbsl(ErrorClassName(error->error_class)), ": ",
                      ToAbsl(ErrorDetailName(error->detail)), ": ", error->message, place);
}

void WriteFailure(const absl::Status& status, bool gql, PackWriter& writer) {
  const std::string code = FailureCode(status);
  const std::string message = FailureMessage(status);
  if (!gql) {
    writer.MapHeader(2);
    writer.Entry("code", code);
    writer.Entry("message", message);
    return;
  }
  writer.MapHeader(5);
  writer.Entry("neo4j_code", code);
  writer.Entry("message", message);
  writer.Entry("gql_status", "50N42");  // general processing exception, as bolt.md has it
  writer.Entry("description", absl::StrCat("error: general processing exception - ", message));
  writer.String("diagnostic_record");
  WriteDiagnosticRecord(writer);
}

}  // namespace skein::bolt
