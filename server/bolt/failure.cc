#include "server/bolt/failure.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

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

// How drivers know what is worth knowing: the codes that they have names for, where there are.
struct NotificationKind {
  std::string_view notice;  // code of the engine's Notice; "": a partial answer
  std::string_view code, title, category, gql_status;
  bool warning = true;
};
constexpr NotificationKind kKinds[] = {
    {"", "Skein.ClientNotification.Statement.PartialResult", "The result is not complete.",
     "GENERIC", "01N00"},
    {"UnknownLabel", "Neo.ClientNotification.Statement.UnknownLabelWarning",
     "The provided label is not in the database.", "UNRECOGNIZED", "01N50"},
    {"UnknownRelationshipType", "Neo.ClientNotification.Statement.UnknownRelationshipTypeWarning",
     "The provided relationship type is not in the database.", "UNRECOGNIZED", "01N51"},
    {"UnknownPropertyKey", "Neo.ClientNotification.Statement.UnknownPropertyKeyWarning",
     "The provided property key is not in the database.", "UNRECOGNIZED", "01N52"},
    {"CartesianProduct", "Neo.ClientNotification.Statement.CartesianProduct",
     "This query builds a cartesian product between disconnected patterns.", "PERFORMANCE", "03N90",
     false},
    {"UnboundedPath", "Neo.ClientNotification.Statement.UnboundedVariableLengthPattern",
     "The provided pattern is unbounded, consider adding an upper limit to the number of node "
     "hops.",
     "PERFORMANCE", "03N91", false},
    {"Deprecated", "Neo.ClientNotification.Statement.FeatureDeprecationWarning",
     "There is a newer form of this.", "DEPRECATION", "01N01"},
    {"EstimatedCost", "Skein.ClientNotification.Statement.EstimatedCost",
     "The query is expected to take long.", "PERFORMANCE", "03N42", false},
};

struct Notification {
  const NotificationKind& kind;
  std::string_view text;
  uint32_t offset = 0, line = 0, column = 0;
};

bool Wants(const NotificationFilter& filter, const NotificationKind& kind) {
  using Least = NotificationFilter::Least;
  if (filter.least == Least::kNothing || (filter.least == Least::kWarning && !kind.warning)) {
    return false;
  }
  return std::find(filter.disabled.begin(), filter.disabled.end(), kind.category) ==
         filter.disabled.end();
}

std::vector<Notification> NotificationsOf(const QuerySummary& summary,
                                          const NotificationFilter& filter) {
  std::vector<Notification> out;
  if (!summary.partial.empty()) out.push_back({kKinds[0], summary.partial});
  for (const Notice& notice : summary.notices) {
    const auto* const kind =
        std::find_if(std::begin(kKinds), std::end(kKinds),
                     [&notice](const NotificationKind& k) { return k.notice == notice.code; });
    if (kind == std::end(kKinds) || !Wants(filter, *kind)) continue;
    out.push_back({*kind, notice.text, notice.offset, notice.line, notice.column});
  }
  return out;
}

void WritePosition(const Notification& note, PackWriter& writer) {
  writer.MapHeader(3);
  writer.Entry("offset", static_cast<int64_t>(note.offset));
  writer.Entry("line", static_cast<int64_t>(note.line));
  writer.Entry("column", static_cast<int64_t>(note.column));
}

// What a plan is made of; as deep as plans are, which the planner bounds.
void WritePlain(const Value& v, PackWriter& writer) {
  switch (v.kind()) {
    case ValueKind::kInteger:
      return writer.Integer(v.integer());
    case ValueKind::kFloat:
      return writer.Float(v.real());
    case ValueKind::kString:
      return writer.String(v.string());
    case ValueKind::kList:
      writer.ListHeader(v.list().size());
      for (const Value& element : v.list()) WritePlain(element, writer);
      return;
    case ValueKind::kMap:
      writer.MapHeader(v.map().size());
      for (const auto& [key, value] : v.map()) {
        writer.String(key);
        WritePlain(value, writer);
      }
      return;
    default:
      return writer.Null();
  }
}

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
void WriteStatuses(const QuerySummary& summary, const NotificationFilter& filter, bool has_columns,
                   PackWriter& writer) {
  const std::vector<Notification> notes = NotificationsOf(summary, filter);
  writer.String("statuses");
  writer.ListHeader(1 + notes.size());
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
  for (const Notification& note : notes) {
    writer.MapHeader(6);
    writer.Entry("gql_status", note.kind.gql_status);
    writer.Entry("status_description",
                 absl::StrCat(note.kind.warning ? "warn: " : "info: ", ToAbsl(note.text)));
    writer.Entry("neo4j_code", note.kind.code);
    writer.Entry("title", note.kind.title);
    writer.Entry("description", note.text);
    writer.String("diagnostic_record");
    writer.MapHeader(note.line > 0 ? 6 : 5);
    writer.Entry("OPERATION", "");
    writer.Entry("OPERATION_CODE", "0");
    writer.Entry("CURRENT_SCHEMA", "/");
    writer.Entry("_severity", note.kind.warning ? "WARNING" : "INFORMATION");
    writer.Entry("_classification", note.kind.category);
    if (note.line > 0) {
      writer.String("_position");
      WritePosition(note, writer);
    }
  }
}

bool HasNotifications(const QuerySummary& summary, const NotificationFilter& filter) {
  const bool any = !summary.partial.empty() || !summary.notices.empty();
  return any && !NotificationsOf(summary, filter).empty();
}

void ReadNotificationFilter(const Value& extra, NotificationFilter* filter) {
  if (extra.kind() != ValueKind::kMap) return;
  const Value* least = extra.Find("notifications_minimum_severity");
  if (least != nullptr && least->kind() == ValueKind::kString) {
    using Least = NotificationFilter::Least;
    filter->least = least->string() == "OFF"       ? Least::kNothing
                    : least->string() == "WARNING" ? Least::kWarning
                                                   : Least::kInformation;
  }
  for (const char* key :
       {"notifications_disabled_categories", "notifications_disabled_classifications"}) {
    const Value* disabled = extra.Find(key);
    if (disabled == nullptr || disabled->kind() != ValueKind::kList) continue;
    filter->disabled.clear();
    for (const Value& category : disabled->list()) {
      if (category.kind() == ValueKind::kString) filter->disabled.push_back(category.string());
    }
  }
}

void WriteNotifications(const QuerySummary& summary, const NotificationFilter& filter,
                        PackWriter& writer) {
  const std::vector<Notification> notes = NotificationsOf(summary, filter);
  writer.String("notifications");
  writer.ListHeader(notes.size());
  for (const Notification& note : notes) {
    writer.MapHeader(note.line > 0 ? 6 : 5);
    writer.Entry("code", note.kind.code);
    writer.Entry("title", note.kind.title);
    writer.Entry("description", note.text);
    writer.Entry("severity", note.kind.warning ? "WARNING" : "INFORMATION");
    writer.Entry("category", note.kind.category);
    if (note.line > 0) {
      writer.String("position");
      WritePosition(note, writer);
    }
  }
}

void WritePlan(const QuerySummary& summary, PackWriter& writer) {
  writer.String(summary.profiled ? "profile" : "plan");
  WritePlain(summary.plan_tree, writer);
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
