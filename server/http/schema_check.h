// A small JSON Schema checker over the API document: what tests of responses need, no more.
//
// Knows type (also lists of types), properties, required, items, enum, oneOf, additionalProperties,
// pattern-free strings, $ref. Members that a schema does not name are an error: the document is
// complete.
#pragma once

#include <string>

#include "server/api/json.h"

namespace skein::http {

// Empty: the response fits what the document says of this operation and status; else what is wrong
// and where. `path` is a pattern of the document ("/api/v1/elements/{id}").
std::string CheckResponse(const std::string& method, const std::string& path, int status,
                          const std::string& body);

}  // namespace skein::http
