// What a request must satisfy before any handler sees it, and what every answer carries.
//
// Host      One of our names: what keeps a foreign page from re-binding its own name to us.
// Origin    Where present, ours; Sec-Fetch-Site, where present, same-origin or none. Holds for
//           WebSockets too, which browsers open across origins (CSWSH).
// X-Skein   On every method but GET, HEAD and OPTIONS: a header no form and no simple fetch can
// set. Threads   Pure functions. Source    OWASP ASVS 5.0 V3; W3C Fetch Metadata.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/http/message.h"

namespace skein::http {

struct GuardOptions {
  std::vector<std::string> hosts;  // lower case, with port where it is not the scheme's own
  std::string local;  // the address and port this connection came to; an IP cannot be re-bound
  bool secure = false;
};

// The refusal, or nullopt.
std::optional<ApiError> CheckRequest(const Request& request, const GuardOptions& options);

// Content-Security-Policy and its companions; `host` as the request names us, after CheckRequest.
void AddSecurityHeaders(bool secure, const std::string& host, Fields* headers);

}  // namespace skein::http
