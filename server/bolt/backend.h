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
#include "absl/time/time.h"
#include "query/engine/engine.h"

namespace skein::bolt {

// A person who has signed in; opaque to the session.
class Principal {
 public:
  virtual ~Principal() = default;
  virtual std::string name() const = 0;
};

// The open entry of one statement in the audit log. Destroyed without Complete: all of the answer
// is presumed disclosed.
class Receipt {
 public:
  virtual ~Receipt() = default;
  // What left: `rows` of them, whose bytes have this SHA-256; not `whole`: the rest never will.
  virtual void Complete(int64_t rows, bool whole, const std::string& answer_hash) = 0;
};

// What a connection is for, fixed for its life.
struct ConnectFor {
  std::optional<Purpose> purpose;
  bool read_only = false;                      // access mode "r": statements that write are refused
  absl::Duration time = absl::ZeroDuration();  // of one statement; zero: the server's own limit
  bool operator==(const ConnectFor& o) const {
    const Purpose a = purpose.value_or(Purpose{});
    const Purpose b = o.purpose.value_or(Purpose{});
    return purpose.has_value() == o.purpose.has_value() && a.case_number == b.case_number &&
           a.basis == b.basis && a.reason == b.reason && read_only == o.read_only && time == o.time;
  }
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
      const std::shared_ptr<const Principal>& who, const ConnectFor& what) = 0;

  // Writes the audit entry of one statement, durably, before it runs. An error means no answer;
  // nullptr: this store keeps no log.
  virtual absl::StatusOr<std::unique_ptr<Receipt>> LogStatement(
      const std::shared_ptr<const Principal>& who, const std::optional<Purpose>& purpose,
      std::string_view text, const ValueMap& parameters) = 0;
};

}  // namespace skein::bolt
