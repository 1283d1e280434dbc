// Router: which function answers which method and path, and the limits of its input.
//
// Shape     A pattern is a path whose segments may be {name}; a name matches one whole segment. A
//           literal beats a name. HEAD is answered by GET without its body.
// Threads   Fill it before the server starts; look-ups are then safe from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.h"
#include "server/http/socket.h"

namespace skein::http {

using Handler = std::function<Response(Request&)>;
// Decides on a WebSocket upgrade: who will speak on it, or why not.
using Upgrade = std::function<absl::StatusOr<std::shared_ptr<SocketHandler>>(Request&)>;

// A body that is taken piece by piece, because it is too large to hold. On worker threads, one call
// at a time; destroyed without Finish where the body did not come whole.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // An error ends the request with it.
  virtual absl::Status Write(std::string_view piece) = 0;
  virtual Response Finish() = 0;
};
// Decides, before any of the body is read, whether it is wanted.
using OpenBody = std::function<absl::StatusOr<std::unique_ptr<BodySink>>(Request&)>;

struct Route {
  std::string method;
  std::string pattern;
  Handler handler = {};          // without `upgrade`; with it: answers requests that ask for none
  Upgrade upgrade = {};          // a WebSocket route where set
  std::string subprotocol = {};  // of the WebSocket
  size_t body_bytes_max = 0;     // 0: no body is read
  OpenBody body_sink = {};       // instead of `handler`: the body goes there
  std::vector<std::string> segments = {};  // of the pattern, filled in by the router
};

class Router {
 public:
  void Add(Route route);
  // Answers GET and HEAD of every path that no route has.
  void SetFallback(Handler handler) { fallback_ = std::move(handler); }
  const Handler& fallback() const { return fallback_; }

  struct Match {
    const Route* route = nullptr;  // nullptr: none
    bool path_known = false;       // another method is there
    std::string allow;             // its methods, for 405
  };
  // Fills request->parameters.
  Match Find(Request* request) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
  Handler fallback_;
};

}  // namespace skein::http
