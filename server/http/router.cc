#include "server/http/router.h"

namespace skein::http {
namespace {

std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> segments;
  for (size_t at = 1; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    segments.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  return segments;
}

bool IsName(const std::string& segment) { return segment.size() > 2 && segment.front() == '{'; }

bool Fits(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return false;
  for (size_t i = 0; i < path.size(); ++i) {
    if (IsName(pattern[i]) ? path[i].empty() : pattern[i] != path[i]) return false;
  }
  return true;
}

size_t Names(const Route& route) {
  size_t n = 0;
  for (const std::string& segment : route.segments) n += IsName(segment) ? 1 : 0;
  return n;
}

}  // namespace

void Router::Add(Route route) {
  route.segments = Split(route.pattern);
  routes_.push_back(std::move(route));
}

Router::Match Router::Find(Request* request) const {
  Match match;
  const std::vector<std::string> path = Split(request->path);
  // Both arms are views: a literal beside a string would make a temporary string, and the view
  // would outlive it.
  const std::string_view method =
      request->method == "HEAD" ? std::string_view("GET") : std::string_view(request->method);
  for (const Route& route : routes_) {
    if (!Fits(route.segments, path)) continue;
    match.path_known = true;
    match.allow += (match.allow.empty() ? "" : ", ") + route.method;
    if (route.method != method) continue;
    if (match.route == nullptr || Names(route) < Names(*match.route)) match.route = &route;
  }
  if (match.route == nullptr) return match;
  for (size_t i = 0; i < path.size(); ++i) {
    const std::string& segment = match.route->segments[i];
    if (IsName(segment)) request->parameters[segment.substr(1, segment.size() - 2)] = path[i];
  }
  return match;
}

}  // namespace skein::http
