// Failures as drivers expect them: a Neo4j status code (drivers branch on its class), a message
// with the conformance suite's detail word, and from Bolt 5.7 a GQL status.
//
// Source    https://neo4j.com/docs/status-codes/current/ ; ../docs/reference for the detail words
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/bolt/packstream.h"

namespace skein::bolt {

// The code, e.g. Neo.ClientError.Statement.SyntaxError. Only conflicts are transient: drivers retry
// those, and nothing else gets better by itself.
std::string FailureCode(const absl::Status& status);
// `Detail: message` where the status is a query's error, else the message.
std::string FailureMessage(const absl::Status& status);

// The metadata map of a FAILURE; `gql` from Bolt 5.7.
void WriteFailure(const absl::Status& status, bool gql, PackWriter& writer);

}  // namespace skein::bolt
