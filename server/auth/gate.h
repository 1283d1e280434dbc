// Gate: the one choke point between a request and the data.
//
// Use       Every protocol (HTTP, WebSocket, Bolt) gets its identity from SignedIn(), its right to
//           read from WithPurpose(), its connection from Connect(), and calls Log() before its
//           answer leaves. There is no other way to a users' Connection in the server.
// Sandbox   Nobody signs in, no purpose is asked, nothing is logged: synthetic data only, on
// loopback
//           only.
// Errors    UNAUTHENTICATED (unauthenticated, bad_credentials), PERMISSION_DENIED
// (purpose_required,
//           role_required, forbidden), RESOURCE_EXHAUSTED (too_many_attempts), UNAVAILABLE
//           (log_unavailable): the machine codes of openapi.yaml, see server/api/error.h.
// Threads   Safe from any thread. Lifetime: borrows all it is given.
// Source    requirements G1, G2, G16, G18; reliability B4, B5
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "query/engine/engine.h"
#include "server/auth/audit.h"
#include "server/auth/directory.h"
#include "server/auth/sessions.h"

namespace skein::auth {

// Who asks, and for what purpose; made by the Gate alone.
struct Access {
  Person person;
  std::string unit_name;
  std::optional<Purpose> purpose;
  std::string session;  // id; empty without one (sandbox, Bolt)
  absl::Time expires = absl::InfiniteFuture();
  bool sandbox = false;
};

// The first entry of a read; number 0 where nothing is logged (a sandbox).
struct Intent {
  uint64_t number = 0;
  AuditEntry entry;  // as it was appended, without what was asked
};

class Gate {
 public:
  struct Parts {
    Engine& engine;
    Directory& directory;
    Sessions& sessions;
    AuditLog& audit;
    Clock& clock;
    bool sandbox = false;
  };
  explicit Gate(const Parts& parts);

  // Checks name and password behind the throttle; logs the outcome.
  absl::StatusOr<Person> SignIn(const std::string& name, std::string_view password,
                                const std::string& peer);
  // SignIn, and a session: its token.
  absl::StatusOr<std::string> StartSession(const std::string& name, std::string_view password,
                                           const std::string& peer);
  // Checks the current password as SignIn does, sets the new one, ends all sessions of the person
  // and starts one: its token. Logged.
  absl::StatusOr<std::string> ChangePassword(const Access& access, std::string_view current,
                                             std::string_view fresh, const std::string& peer);
  // Who a session's token stands for. In a sandbox any token, or none, is the sandbox's person.
  absl::StatusOr<Access> SignedIn(std::string_view token);
  // For protocols without sessions: a person who has signed in, and the purpose they state.
  absl::StatusOr<Access> For(const std::string& person, const std::optional<Purpose>& purpose);

  // Sets, or with nullopt puts down, the purpose of a session. PERMISSION_DENIED: no such open case
  // for this person (indistinguishable from a case of others). Logged.
  absl::StatusOr<Access> SetPurpose(const Access& access, const std::optional<Purpose>& purpose);

  // OK iff this access may read now: a complete purpose on a case that is still open and theirs.
  absl::Status MayRead(const Access& access);
  absl::Status Require(const Access& access, std::string_view role);

  // A connection as this person; MayRead is checked here again.
  absl::StatusOr<std::unique_ptr<Connection>> Connect(const Access& access, std::string_view source,
                                                      bool read_only,
                                                      const QueryLimits& limits = {});
  // What Connect() gives the engine, for its calls that take options. Does not check MayRead.
  ConnectionOptions OptionsOf(const Access& access, std::string_view source);
  Viewer ViewerOf(const Access& access);

  // A read's two entries: Intend before the work, whose entry is durable when it returns OK
  // (otherwise nothing may be answered); Complete once the answer has left, or did not.
  absl::StatusOr<Intent> Intend(const Access& access, std::string_view action, std::string what);
  struct Outcome {
    int64_t result = 0;  // rows or elements that left
    Verdict verdict = Verdict::kAllowed;
    std::string answer_hash;
  };
  absl::Status Complete(const Intent& intent, Outcome outcome);
  // One entry for what is no read. Durable before it returns OK; otherwise nothing may be answered.
  absl::Status Log(const Access& access, std::string_view action, std::string what,
                   int64_t result = -1, Verdict verdict = Verdict::kAllowed);
  // The refusal itself is logged; where even that fails, the failure to log is what is answered.
  absl::Status Refused(const Access& access, std::string_view action, std::string what,
                       const absl::Status& why);

  Engine& engine() { return parts_.engine; }
  Directory& directory() { return parts_.directory; }
  Sessions& sessions() { return parts_.sessions; }
  AuditLog& audit() { return parts_.audit; }
  bool sandbox() const { return parts_.sandbox; }

 private:
  absl::StatusOr<Access> MakeAccess(const std::string& person);

  const Parts parts_;
  Throttle names_;
  Throttle peers_;
  struct CachedViewer {
    uint64_t generation = 0;
    uint32_t policies = 0;
    Viewer viewer = Viewer::All();
  };
  std::mutex mutex_;
  std::map<std::string, CachedViewer> viewers_;  // by person
};

}  // namespace skein::auth
