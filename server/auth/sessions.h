// Sessions: who is signed in, for what purpose, until when; and how often one may try.
//
// Shape     A token is 256 random bits, known to the browser alone; here only its SHA-256 is kept.
// Ends      After `idle` without use, after `absolute` in any case, on sign-out, on revocation.
//           Watchers of a session (its WebSockets) are told at once.
// Restarts  With records (Open) sessions outlive the process: a start, a purpose and an end are
//           durable before they are answered, the last use to the minute. What cannot be written
//           does not start; what cannot be removed is UNAVAILABLE, though it has ended here.
// Limits    `sessions_max` in all and 20 a person: the oldest of the person ends. Attempts: after 5
//           wrong passwords for a name (or 50 from an address) each further one waits longer, up to
//           15 minutes; a right one clears the name.
// Threads   Safe from any thread. Time comes from the injected clock.
// Source    OWASP ASVS 5.0 V6, V7.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "query/engine/engine.h"
#include "server/auth/records.h"
#include "storage/base/clock.h"

namespace skein::auth {

struct Session {
  std::string id;  // hash of the token; not secret
  std::string person;
  std::optional<Purpose> purpose;
  absl::Time started, used;
  absl::Time expires;        // absolute
  absl::Time used_recorded;  // the last use that the records know
};

struct SessionLimits {
  absl::Duration idle = absl::Minutes(30);
  absl::Duration absolute = absl::Hours(10);
  size_t sessions_max = 50'000;
  size_t per_person = 20;
};

class Sessions {
 public:
  explicit Sessions(Clock& clock, SessionLimits limits = {}) : clock_(clock), limits_(limits) {}

  // Reads the sessions of earlier processes, drops what has expired meanwhile, and writes through
  // from now on. Borrows the records. Call it once, before any other.
  absl::Status Open(SystemRecords& records);

  // The new session's token. RESOURCE_EXHAUSTED: too many sessions.
  absl::StatusOr<std::string> Start(const std::string& person);
  // UNAUTHENTICATED: no such session, or it has ended. Counts as use.
  absl::StatusOr<Session> Find(std::string_view token);
  // False: it has ended. Counts as use.
  bool Touch(const std::string& id);
  absl::StatusOr<Session> SetPurpose(const std::string& id, std::optional<Purpose> purpose);
  absl::Status End(const std::string& id);
  absl::Status EndAllOf(const std::string& person);
  // Ends what has expired and writes down when the others were last used; call it now and then.
  absl::Status Sweep();

  // `ended` is called once, when the session ends; not while this object is locked.
  uint64_t Watch(const std::string& id, std::function<void()> ended);
  void Unwatch(uint64_t watch);

 private:
  using Ended = std::vector<std::function<void()>>;
  bool Expired(const Session& session) const;
  void Remove(const std::string& id, Ended* ended);  // under the lock
  // Takes them out of memory, tells their watchers, and then removes their records.
  absl::Status Drop(const std::vector<std::string>& ids);
  absl::Status Record(const Session& session);

  Clock& clock_;
  const SessionLimits limits_;
  SystemRecords* records_ = nullptr;
  // Held over a change and its record, so that the last record of a session is that of its last
  // change; taken before mutex_, which no write to the store ever holds.
  std::mutex writing_;
  std::mutex mutex_;
  std::map<std::string, Session> sessions_;
  struct Watcher {
    std::string session;
    std::function<void()> ended;
  };
  std::map<uint64_t, Watcher> watchers_;
  uint64_t last_watch_ = 0;
};

// Slows guessing down. Keys are names and addresses.
class Throttle {
 public:
  Throttle(Clock& clock, int free_tries) : clock_(clock), free_tries_(free_tries) {}
  // How long this key must still wait; zero: it may try.
  absl::Duration Wait(const std::string& key);
  void Failed(const std::string& key);
  void Succeeded(const std::string& key);

 private:
  struct Tries {
    int failed = 0;
    absl::Time last;
  };
  Clock& clock_;
  const int free_tries_;
  std::mutex mutex_;
  std::map<std::string, Tries> tries_;
};

// SHA-256 in hexadecimal digits.
std::string Sha256Hex(std::string_view text);

}  // namespace skein::auth
