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

absl::StatusOr<std::string> Sessions::Start(const std::string& person) {
  std::string token;
  absl::WebSafeBase64Escape(SecureRandomBytes(kTokenBytes), &token);
  Session session;
  session.id = Sha256Hex(token);
  session.person = person;
  session.started = session.used = clock_.Now();
  session.expires = session.started + limits_.absolute;
  Ended ended;
  {
    const std::lock_guard lock(mutex_);
    std::vector<const Session*> own;
    for (const auto& [id, s] : sessions_) {
      if (s.person == person) own.push_back(&s);
    }
    if (own.size() >= limits_.per_person) {
      const auto oldest = std::min_element(
          own.begin(), own.end(), [](const auto* a, const auto* b) { return a->used < b->used; });
      Remove(std::string((*oldest)->id), &ended);
    }
    if (sessions_.size() >= limits_.sessions_max) {
      return ResourceExhausted("at most ", limits_.sessions_max, " sessions at a time");
    }
    sessions_[session.id] = session;
  }
  for (const auto& call : ended) call();
  return token;
}

absl::StatusOr<Session> Sessions::Find(std::string_view token) {
  if (token.empty() || token.size() > 128) return Unauthenticated("not signed in");
  const std::string id = Sha256Hex(token);
  Ended ended;
  absl::StatusOr<Session> found = Unauthenticated("the session has ended; sign in again");
  {
    const std::lock_guard lock(mutex_);
    const auto it = sessions_.find(id);
    if (it != sessions_.end() && Expired(it->second)) {
      Remove(id, &ended);
    } else if (it != sessions_.end()) {
      it->second.used = clock_.Now();
      found = it->second;
    }
  }
  for (const auto& call : ended) call();
  return found;
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
  const std::lock_guard lock(mutex_);
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return Unauthenticated("the session has ended; sign in again");
  it->second.purpose = std::move(purpose);
  return it->second;
}

void Sessions::End(const std::string& id) {
  Ended ended;
  {
    const std::lock_guard lock(mutex_);
    Remove(id, &ended);
  }
  for (const auto& call : ended) call();
}

void Sessions::EndAllOf(const std::string& person) {
  Ended ended;
  {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& [id, session] : sessions_) {
      if (session.person == person) ids.push_back(id);
    }
    for (const std::string& id : ids) Remove(id, &ended);
  }
  for (const auto& call : ended) call();
}

void Sessions::Sweep() {
  Ended ended;
  {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& [id, session] : sessions_) {
      if (Expired(session)) ids.push_back(id);
    }
    for (const std::string& id : ids) Remove(id, &ended);
  }
  for (const auto& call : ended) call();
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
