// What a Bolt session needs of the rest of the server: sign-in, connections, the audit log.
//
// The session knows the protocol; who may read what, and what is logged, is decided here.
// Threads   Called from the server's worker threads, several at once.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/engine/engine.h"

namespace skein::bolt {

// A person who has signed in; opaque to the session.
class Principal {
 public:
  virtual ~Principal() = default;
  virtual std::string name() const = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;

  // UNAUTHENTICATED: wrong name or password (the message does not say which). A sandbox takes any.
  virtual absl::StatusOr<std::shared_ptr<const Principal>> SignIn(std::string_view scheme,
                                                                  std::string_view name,
                                                                  std::string_view password) = 0;

  // A connection for this person and purpose. PERMISSION_DENIED: a governed store and no complete
  // purpose, or a case the person has no part in.
  virtual absl::StatusOr<std::unique_ptr<Connection>> Connect(
      const std::shared_ptr<const Principal>& who, const std::optional<Purpose>& purpose) = 0;

  // Writes the audit entry of one statement, durably, before its first row leaves. An error means
  // no answer.
  virtual absl::Status LogStatement(const std::shared_ptr<const Principal>& who,
                                    const std::optional<Purpose>& purpose, std::string_view text,
                                    const ValueMap& parameters) = 0;
};

}  // namespace skein::bolt
