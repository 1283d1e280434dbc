#include "server/auth/sessions.h"

#include <openssl/sha.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "storage/base/status.h"

namespace skein::auth {
namespace {

constexpr size_t kTokenBytes = 32;
constexpr size_t kThrottledMax = 100'000;
constexpr absl::Duration kForget = absl::Minutes(30);
constexpr absl::Duration kWaitMax = absl::Minutes(15);
constexpr char kSession[] = "Session";
// Idle ends after half an hour: a use known to the minute is exact enough.
constexpr absl::Duration kUsedExact = absl::Minutes(1);
constexpr size_t kUsesPerSweep = 50;  // a sweep must not hold up sign-ins for long

}  // namespace

std::string Sha256Hex(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof digest));
}

bool Sessions::Expired(const Session& session) const {
  const absl::Time now = clock_.Now();
  return now >= session.expires || now - session.used >= limits_.idle;
}

void Sessions::Remove(const std::string& id, Ended* ended) {
  sessions_.erase(id);
  for (auto it = watchers_.begin(); it != watchers_.end();) {
    if (it->second.session == id) {
      ended->push_back(std::move(it->second.ended));
      it = watchers_.erase(it);
    } else {
      ++it;
    }
  }
}

absl::Status Sessions::Record(const Session& session) {
  if (records_ == nullptr) return absl::OkStatus();
  const Purpose purpose = session.purpose.value_or(Purpose{});
  return records_->Put(kSession,
                       {{"basis", Value::String(purpose.basis)},
                        {"case", Value::String(purpose.case_number)},
                        {"expires_us", Value::Integer(absl::ToUnixMicros(session.expires))},
                        {"key", Value::String(session.id)},
                        {"person", Value::String(session.person)},
                        {"reason", Value::String(purpose.reason)},
                        {"started_us", Value::Integer(absl::ToUnixMicros(session.started))},
                        {"used_us", Value::Integer(absl::ToUnixMicros(session.used))}});
}

absl::Status Sessions::Open(SystemRecords& records) {
  SKEIN_ASSIGN_OR_RETURN(const std::vector<ValueMap> known, records.Load(kSession));
  const std::lock_guard writing(writing_);
  records_ = &records;
  for (const ValueMap& r : known) {
    Session session;
    session.id = TextOf(r, "key");
    session.person = TextOf(r, "person");
    const Purpose purpose{TextOf(r, "case"), TextOf(r, "basis"), TextOf(r, "reason")};
    if (purpose.complete()) session.purpose = purpose;
    session.started = absl::FromUnixMicros(IntegerOf(r, "started_us"));
    session.used = session.used_recorded = absl::FromUnixMicros(IntegerOf(r, "used_us"));
    session.expires = absl::FromUnixMicros(IntegerOf(r, "expires_us"));
    // A clock that was set back must not make a session live longer than it may.
    if (Expired(session) || session.started > clock_.Now()) {
      SKEIN_RETURN_IF_ERROR(records.Remove(kSession, session.id));
      continue;
    }
    const std::lock_guard lock(mutex_);
    sessions_[session.id] = std::move(session);
  }
  return absl::OkStatus();
}

absl::Status Sessions::Drop(const std::vector<std::string>& ids) {
  Ended ended;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& id : ids) Remove(id, &ended);
  }
  for (const auto& call : ended) call();
  if (records_ == nullptr) return absl::OkStatus();
  absl::Status status;
  for (const std::string& id : ids) status.Update(records_->Remove(kSession, id));
  if (status.ok()) return status;
  return Unavailable("the end of the session could not be written (", Message(status),
                     "): sign out again after a restart");
}

absl::StatusOr<std::string> Sessions::Start(const std::string& person) {
  std::string token;
  absl::WebSafeBase64Escape(SecureRandomBytes(kTokenBytes), &token);
  Session session;
  session.id = Sha256Hex(token);
  session.person = person;
  session.started = session.used = session.used_recorded = clock_.Now();
  session.expires = session.started + limits_.absolute;
  const std::lock_guard writing(writing_);
  std::vector<std::string> crowded_out;
  {
    const std::lock_guard lock(mutex_);
    std::vector<const Session*> own;
    for (const auto& [id, s] : sessions_) {
      if (s.person == person) own.push_back(&s);
    }
    if (own.size() >= limits_.per_person) {
      const auto oldest = std::min_element(
          own.begin(), own.end(), [](const auto* a, const auto* b) { return a->used < b->used; });
      crowded_out.push_back((*oldest)->id);
    } else if (sessions_.size() >= limits_.sessions_max) {
      return ResourceExhausted("at most ", limits_.sessions_max, " sessions at a time");
    }
  }
  SKEIN_RETURN_IF_ERROR(Drop(crowded_out));
  SKEIN_RETURN_IF_ERROR(Record(session));
  const std::lock_guard lock(mutex_);
  sessions_[session.id] = session;
  return token;
}

absl::StatusOr<Session> Sessions::Find(std::string_view token) {
  if (token.empty() || token.size() > 128) return Unauthenticated("not signed in");
  const std::string id = Sha256Hex(token);
  const std::lock_guard lock(mutex_);
  const auto it = sessions_.find(id);
  // What has expired is taken away by the next Sweep().
  if (it == sessions_.end() || Expired(it->second)) {
    return Unauthenticated("the session has ended; sign in again");
  }
  it->second.used = clock_.Now();
  return it->second;
}

bool Sessions::Touch(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto it = sessions_.find(id);
  if (it == sessions_.end() || Expired(it->second)) return false;
  it->second.used = clock_.Now();
  return true;
}

absl::StatusOr<Session> Sessions::SetPurpose(const std::string& id,
                                             std::optional<Purpose> purpose) {
  const std::lock_guard writing(writing_);
  Session changed;
  {
    const std::lock_guard lock(mutex_);
    const auto it = sessions_.find(id);
    if (it == sessions_.end()) return Unauthenticated("the session has ended; sign in again");
    changed = it->second;
  }
  changed.purpose = std::move(purpose);
  SKEIN_RETURN_IF_ERROR(Record(changed));
  const std::lock_guard lock(mutex_);
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return Unauthenticated("the session has ended; sign in again");
  it->second.purpose = changed.purpose;
  return changed;
}

absl::Status Sessions::End(const std::string& id) {
  const std::lock_guard writing(writing_);
  return Drop({id});
}

absl::Status Sessions::EndAllOf(const std::string& person) {
  const std::lock_guard writing(writing_);
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, session] : sessions_) {
      if (session.person == person) ids.push_back(id);
    }
  }
  return Drop(ids);
}

absl::Status Sessions::Sweep() {
  const std::lock_guard writing(writing_);
  std::vector<std::string> expired;
  std::vector<Session> used;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, session] : sessions_) {
      if (Expired(session)) {
        expired.push_back(id);
      } else if (records_ != nullptr && used.size() < kUsesPerSweep &&
                 session.used - session.used_recorded >= kUsedExact) {
        session.used_recorded = session.used;
        used.push_back(session);
      }
    }
  }
  absl::Status status = Drop(expired);
  for (const Session& session : used) status.Update(Record(session));
  return status;
}

uint64_t Sessions::Watch(const std::string& id, std::function<void()> ended) {
  {
    const std::lock_guard lock(mutex_);
    if (sessions_.contains(id)) {
      watchers_[++last_watch_] = {id, std::move(ended)};
      return last_watch_;
    }
  }
  ended();
  return 0;
}

void Sessions::Unwatch(uint64_t watch) {
  const std::lock_guard lock(mutex_);
  watchers_.erase(watch);
}

absl::Duration Throttle::Wait(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto it = tries_.find(key);
  if (it == tries_.end() || it->second.failed < free_tries_) return absl::ZeroDuration();
  // 1 s, 2 s, 4 s … after the free tries.
  const int doublings = std::min(it->second.failed - free_tries_, 10);
  const absl::Duration wait = std::min(absl::Seconds(1 << doublings), kWaitMax);
  return std::max(absl::ZeroDuration(), it->second.last + wait - clock_.Now());
}

void Throttle::Failed(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const absl::Time now = clock_.Now();
  if (tries_.size() >= kThrottledMax) {
    std::erase_if(tries_, [&](const auto& item) { return now - item.second.last > kForget; });
    if (tries_.size() >= kThrottledMax) tries_.clear();  // a flood of names; addresses count on
  }
  Tries& tries = tries_[key];
  if (now - tries.last > kForget) tries.failed = 0;
  ++tries.failed;
  tries.last = now;
}

void Throttle::Succeeded(const std::string& key) {
  const std::lock_guard lock(mutex_);
  tries_.erase(key);
}

}  // namespace skein::auth
