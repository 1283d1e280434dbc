#include "server/auth/gate.h"

#include <algorithm>

#include "server/api/error.h"
#include "server/api/json.h"
#include "storage/base/status.h"

namespace skein::auth {
namespace {

constexpr int kTriesPerName = 5;
constexpr int kTriesPerPeer = 50;
constexpr size_t kViewersMax = 20'000;

Person SandboxPerson() {
  return {"sandbox", "Sandbox", "sandbox", {std::string(kInvestigator), std::string(kSupervisor)},
          {},        false};
}

std::string PurposeText(const std::optional<Purpose>& purpose) {
  JsonWriter out;
  out.BeginObject();
  if (purpose) {
    out.Member("case", purpose->case_number).Member("basis", purpose->basis);
    out.Member("reason", purpose->reason);
  }
  out.EndObject();
  return out.Take();
}

absl::Status TooMany(absl::Duration wait) {
  ApiError error;
  error.http = 429;
  error.code = "too_many_attempts";
  error.retry_after_s = absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1)));
  error.message =
      "too many wrong sign-ins; try again in " + std::to_string(error.retry_after_s) + " s";
  return WithApiError(ResourceExhausted(error.message), error);
}

AuditEntry EntryOf(const Access& access, std::string_view action) {
  AuditEntry entry;
  entry.person = access.person.name;
  entry.unit = access.person.unit;
  entry.purpose = access.purpose.value_or(Purpose{});
  entry.action = std::string(action);
  return entry;
}

}  // namespace

Gate::Gate(const Parts& parts)
    : parts_(parts), names_(parts.clock, kTriesPerName), peers_(parts.clock, kTriesPerPeer) {}

absl::StatusOr<Access> Gate::MakeAccess(const std::string& name) {
  if (parts_.sandbox) {
    Access access;
    access.person = SandboxPerson();
    access.unit_name = "Sandbox";
    access.sandbox = true;
    return access;
  }
  const auto person = parts_.directory.FindPerson(name);
  if (!person || person->disabled) return Unauthenticated("the session has ended; sign in again");
  Access access;
  access.person = *person;
  const auto unit = parts_.directory.FindUnit(person->unit);
  access.unit_name = unit ? unit->name : person->unit;
  return access;
}

absl::StatusOr<Person> Gate::SignIn(const std::string& name, std::string_view password,
                                    const std::string& peer) {
  if (parts_.sandbox) return SandboxPerson();
  // A name is throttled from everywhere: guessing from many addresses gains nothing.
  const absl::Duration wait = std::max(names_.Wait(name), peers_.Wait(peer));
  if (wait > absl::ZeroDuration()) return TooMany(wait);
  AuditEntry entry;
  entry.person = name.substr(0, 128);
  entry.action = "sign_in";
  JsonWriter what;
  what.BeginObject().Member("peer", peer).EndObject();
  entry.what = what.Take();
  auto person = parts_.directory.CheckPassword(name, password);
  if (!person.ok()) {
    if (person.status().code() == absl::StatusCode::kUnauthenticated) {
      names_.Failed(name);
      peers_.Failed(peer);
      entry.verdict = Verdict::kRefused;
      SKEIN_RETURN_IF_ERROR(parts_.audit.Append(std::move(entry)).status());
      return WithApiCode(person.status(), 401, "bad_credentials");
    }
    return person.status();
  }
  names_.Succeeded(name);
  entry.unit = person->unit;
  SKEIN_RETURN_IF_ERROR(parts_.audit.Append(std::move(entry)).status());
  return person;
}

absl::StatusOr<std::string> Gate::StartSession(const std::string& name, std::string_view password,
                                               const std::string& peer) {
  SKEIN_ASSIGN_OR_RETURN(const Person person, SignIn(name, password, peer));
  return parts_.sessions.Start(person.name);
}

absl::StatusOr<std::string> Gate::ChangePassword(const Access& access, std::string_view current,
                                                 std::string_view fresh, const std::string& peer) {
  const std::string& name = access.person.name;
  SKEIN_RETURN_IF_ERROR(SignIn(name, current, peer).status());
  SKEIN_RETURN_IF_ERROR(Log(access, "password", "{}"));
  SKEIN_RETURN_IF_ERROR(parts_.directory.SetPassword(name, fresh));
  SKEIN_RETURN_IF_ERROR(parts_.sessions.EndAllOf(name));
  return parts_.sessions.Start(name);
}

absl::StatusOr<Access> Gate::SignedIn(std::string_view token) {
  if (parts_.sandbox) return MakeAccess("");
  SKEIN_ASSIGN_OR_RETURN(const Session session, parts_.sessions.Find(token));
  SKEIN_ASSIGN_OR_RETURN(Access access, MakeAccess(session.person));
  access.session = session.id;
  access.purpose = session.purpose;
  access.expires = session.expires;
  return access;
}

absl::StatusOr<Access> Gate::For(const std::string& person, const std::optional<Purpose>& purpose) {
  SKEIN_ASSIGN_OR_RETURN(Access access, MakeAccess(person));
  access.purpose = purpose;
  return access;
}

absl::StatusOr<Access> Gate::SetPurpose(const Access& access,
                                        const std::optional<Purpose>& purpose) {
  if (access.sandbox) return access;
  if (purpose && !purpose->complete()) {
    return InvalidArgument("a purpose needs case, basis and reason");
  }
  if (purpose && !parts_.directory.May(access.person, purpose->case_number)) {
    return Refused(access, "purpose", PurposeText(purpose),
                   PermissionDenied("there is no open case '", purpose->case_number,
                                    "' of your unit or its operations"));
  }
  SKEIN_RETURN_IF_ERROR(Log(access, "purpose", PurposeText(purpose)));
  SKEIN_ASSIGN_OR_RETURN(const Session session,
                         parts_.sessions.SetPurpose(access.session, purpose));
  Access changed = access;
  changed.purpose = session.purpose;
  return changed;
}

absl::Status Gate::MayRead(const Access& access) {
  if (access.sandbox) return absl::OkStatus();
  if (!access.purpose || !access.purpose->complete()) {
    return WithApiCode(PermissionDenied("choose a case, a legal basis and a reason first"), 403,
                       "purpose_required");
  }
  if (!parts_.directory.May(access.person, access.purpose->case_number)) {
    return WithApiCode(PermissionDenied("the case '", access.purpose->case_number,
                                        "' is no longer open to you; choose another"),
                       403, "purpose_required");
  }
  return absl::OkStatus();
}

absl::Status Gate::Require(const Access& access, std::string_view role) {
  if (access.person.Is(role)) return absl::OkStatus();
  return WithApiCode(PermissionDenied("this needs the role ", role), 403, "role_required");
}

Viewer Gate::ViewerOf(const Access& access) {
  if (access.sandbox) return Viewer::All();
  const uint64_t generation = parts_.directory.generation();
  const uint32_t policies = parts_.engine.users().catalog().policy_count();
  {
    const std::lock_guard lock(mutex_);
    const auto it = viewers_.find(access.person.name);
    if (it != viewers_.end() && it->second.generation == generation &&
        it->second.policies == policies) {
      return it->second.viewer;
    }
  }
  Viewer viewer = parts_.directory.ViewerOf(access.person, parts_.engine);
  const std::lock_guard lock(mutex_);
  if (viewers_.size() >= kViewersMax) viewers_.clear();
  viewers_.insert_or_assign(access.person.name, CachedViewer{generation, policies, viewer});
  return viewer;
}

absl::StatusOr<std::unique_ptr<Connection>> Gate::Connect(const Access& access,
                                                          std::string_view source, bool read_only,
                                                          const QueryLimits& limits) {
  SKEIN_RETURN_IF_ERROR(MayRead(access));
  ConnectionOptions options = OptionsOf(access, source);
  options.limits = limits;
  options.read_only = read_only;
  return parts_.engine.Connect(options);
}

ConnectionOptions Gate::OptionsOf(const Access& access, std::string_view source) {
  ConnectionOptions options;
  options.viewer = ViewerOf(access);
  options.purpose = access.purpose;
  options.sandbox = access.sandbox;
  options.person = access.person.name;
  options.unit = access.sandbox ? "" : access.person.unit;
  options.source = std::string(source);
  return options;
}

absl::StatusOr<Intent> Gate::Intend(const Access& access, std::string_view action,
                                    std::string what) {
  Intent intent;
  if (access.sandbox) return intent;
  intent.entry = EntryOf(access, action);
  AuditEntry entry = intent.entry;
  intent.entry.hash = Sha256Hex(what);
  entry.what = std::move(what);
  SKEIN_ASSIGN_OR_RETURN(intent.number, parts_.audit.Append(std::move(entry)));
  return intent;
}

absl::Status Gate::Complete(const Intent& intent, Outcome outcome) {
  if (intent.number == 0) return absl::OkStatus();
  AuditEntry entry = intent.entry;
  entry.completes = intent.number;
  entry.result = outcome.result;
  entry.verdict = outcome.verdict;
  entry.answer_hash = std::move(outcome.answer_hash);
  return parts_.audit.Append(std::move(entry)).status();
}

absl::Status Gate::Log(const Access& access, std::string_view action, std::string what,
                       int64_t result, Verdict verdict) {
  if (access.sandbox) return absl::OkStatus();
  AuditEntry entry = EntryOf(access, action);
  entry.what = std::move(what);
  entry.result = result;
  entry.verdict = verdict;
  return parts_.audit.Append(std::move(entry)).status();
}

absl::Status Gate::Refused(const Access& access, std::string_view action, std::string what,
                           const absl::Status& why) {
  SKEIN_RETURN_IF_ERROR(Log(access, action, std::move(what), 0, Verdict::kRefused));
  return why;
}

}  // namespace skein::auth
