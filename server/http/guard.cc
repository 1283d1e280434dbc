#include "server/http/guard.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace skein::http {
namespace {

ApiError Refuse(int status, std::string_view code, std::string_view message) {
  ApiError error;
  error.http = status;
  error.code = std::string(code);
  error.message = std::string(message);
  return error;
}

bool IsOurs(std::string host, const GuardOptions& options) {
  absl::AsciiStrToLower(&host);
  return (!options.local.empty() && host == options.local) ||
         std::find(options.hosts.begin(), options.hosts.end(), host) != options.hosts.end();
}

size_t Count(const Request& request, std::string_view name) {
  return static_cast<size_t>(std::count_if(request.headers.begin(), request.headers.end(),
                                           [&](const auto& h) { return h.first == name; }));
}

}  // namespace

std::optional<ApiError> CheckRequest(const Request& request, const GuardOptions& options) {
  const std::string* host = request.Header("host");
  if (host == nullptr || Count(request, "host") != 1 || !IsOurs(*host, options)) {
    return Refuse(400, "bad_host", "this server does not go by that name");
  }
  if (const std::string* origin = request.Header("origin"); origin != nullptr) {
    const std::string scheme = options.secure ? "https://" : "http://";
    if (Count(request, "origin") != 1 || !origin->starts_with(scheme) ||
        !IsOurs(origin->substr(scheme.size()), options)) {
      return Refuse(403, "bad_origin", "requests from other origins are refused");
    }
  }
  if (const std::string* site = request.Header("sec-fetch-site"); site != nullptr) {
    const std::string* mode = request.Header("sec-fetch-mode");
    // Following a link to the workbench from another site is fine; anything else is not.
    const bool navigation = mode != nullptr && *mode == "navigate" && request.method == "GET";
    if (*site != "same-origin" && *site != "none" && !navigation) {
      return Refuse(403, "bad_origin", "requests from other origins are refused");
    }
  }
  const bool safe =
      request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
  if (!safe && request.Header("x-skein") == nullptr) {
    return Refuse(403, "csrf", "the header X-Skein is missing");
  }
  return std::nullopt;
}

void AddSecurityHeaders(bool secure, const std::string& host, Fields* headers) {
  const std::string socket = host.empty() ? "" : (secure ? " wss://" : " ws://") + host;
  // Styles: Mantine, CodeMirror and ECharts set style attributes. Workers: layouts and the map.
  headers->emplace_back("Content-Security-Policy",
                        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
                        "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'" +
                            socket +
                            "; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
                            "form-action 'self'; frame-ancestors 'none'");
  headers->emplace_back("X-Content-Type-Options", "nosniff");
  headers->emplace_back("X-Frame-Options", "DENY");
  headers->emplace_back("Referrer-Policy", "no-referrer");
  headers->emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  headers->emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  headers->emplace_back("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
  if (secure) headers->emplace_back("Strict-Transport-Security", "max-age=31536000");
}

}  // namespace skein::http
