// Failures as drivers expect them: a Neo4j status code (drivers branch on its class), a message
// with the conformance suite's detail word, and from Bolt 5.7 a GQL status.
//
// Source    https://neo4j.com/docs/status-codes/current/ ; ../docs/reference for the detail words
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "query/engine/engine.h"
#include "server/bolt/packstream.h"

namespace skein::bolt {

// The code, e.g. Neo.ClientError.Statement.SyntaxError. Only conflicts are transient: drivers retry
// those, and nothing else gets better by itself.
std::string FailureCode(const absl::Status& status);
// `Detail: message` where the status is a query's error, else the message.
std::string FailureMessage(const absl::Status& status);

// The status with a code that FailureCode gives back as it is.
absl::Status WithFailureCode(absl::Status status, std::string_view code);

// What the end of a stream tells beside its counters: entries of its metadata map, key and value.
// `statuses` from Bolt 5.6, `notifications` (only where there are any) before.
// What the driver does not want to hear is left out, except that an answer is partial.
struct NotificationFilter {
  enum class Least : uint8_t { kInformation, kWarning, kNothing } least = Least::kInformation;
  std::vector<std::string> disabled;  // categories, as GENERIC
};
// What HELLO, BEGIN or RUN says of it: notifications_minimum_severity and
// notifications_disabled_categories (from Bolt 5.5 …_classifications); what it does not say stays.
void ReadNotificationFilter(const Value& extra, NotificationFilter* filter);
void WriteStatuses(const QuerySummary& summary, const NotificationFilter& filter, bool has_columns,
                   PackWriter& writer);
void WriteNotifications(const QuerySummary& summary, const NotificationFilter& filter,
                        PackWriter& writer);
bool HasNotifications(const QuerySummary& summary, const NotificationFilter& filter);
// `plan` of EXPLAIN, `profile` of PROFILE; only where summary.plan_tree is a map.
void WritePlan(const QuerySummary& summary, PackWriter& writer);

// The metadata map of a FAILURE; `gql` from Bolt 5.7.
void WriteFailure(const absl::Status& status, bool gql, PackWriter& writer);

}  // namespace skein::bolt
