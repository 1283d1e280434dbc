#include "server/main/bolt_backend.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <utility>

#include "server/auth/audit.h"
#include "storage/base/status.h"

namespace skein {
namespace {

class SignedIn final : public bolt::Principal {
 public:
  explicit SignedIn(std::string name) : name_(std::move(name)) {}
  std::string name() const override { return name_; }

 private:
  const std::string name_;
};

// Streams take as long as their reader: more time than a page's query gets.
constexpr absl::Duration kTimeMax = absl::Minutes(10);

class GateReceipt final : public bolt::Receipt {
 public:
  GateReceipt(auth::Gate& gate, auth::Intent intent) : gate_(gate), intent_(std::move(intent)) {}
  void Complete(int64_t rows, bool whole, const std::string& answer_hash) override {
    const absl::Status logged = gate_.Complete(
        intent_, {rows, whole ? auth::Verdict::kAllowed : auth::Verdict::kAborted, answer_hash});
    // Without this entry all of the answer is presumed disclosed.
    if (!logged.ok()) spdlog::error("bolt: {}", std::string(skein::Message(logged)));
  }

 private:
  auth::Gate& gate_;
  const auth::Intent intent_;
};

class GateBackend final : public bolt::Backend {
 public:
  explicit GateBackend(auth::Gate& gate) : gate_(gate) {}

  absl::StatusOr<std::shared_ptr<const bolt::Principal>> SignIn(
      std::string_view scheme, std::string_view name, std::string_view password) override {
    if (gate_.sandbox()) return std::make_shared<SignedIn>("");  // takes any credentials
    if (scheme != "basic") return Unauthenticated("sign in with name and password (basic)");
    SKEIN_ASSIGN_OR_RETURN(auth::Person person, gate_.SignIn(std::string(name), password, "bolt"));
    return std::make_shared<SignedIn>(person.name);
  }

  absl::StatusOr<std::unique_ptr<Connection>> Connect(
      const std::shared_ptr<const bolt::Principal>& who, const bolt::ConnectFor& what) override {
    SKEIN_ASSIGN_OR_RETURN(auth::Access access, gate_.For(who->name(), what.purpose));
    QueryLimits limits;
    limits.time = what.time > absl::ZeroDuration() ? std::min(what.time, kTimeMax) : kTimeMax;
    absl::StatusOr<std::unique_ptr<Connection>> connection =
        gate_.Connect(access, "bolt", what.read_only, limits);
    if (connection.ok()) return connection;
    absl::Status why = connection.status();
    if (absl::IsPermissionDenied(why) && !what.purpose) {
      why = PermissionDenied(skein::Message(why),
                             "; state the purpose as transaction metadata {case, basis, reason}");
    }
    return gate_.Refused(access, "connect", "bolt", why);
  }

  absl::StatusOr<std::unique_ptr<bolt::Receipt>> LogStatement(
      const std::shared_ptr<const bolt::Principal>& who, const std::optional<Purpose>& purpose,
      std::string_view text, const ValueMap& parameters) override {
    if (gate_.sandbox()) return std::unique_ptr<bolt::Receipt>();
    SKEIN_ASSIGN_OR_RETURN(auth::Access access, gate_.For(who->name(), purpose));
    // The case may have been closed since the connection was made.
    const absl::Status may = gate_.MayRead(access);
    std::string what = auth::QueryText(text, parameters);
    if (!may.ok()) return gate_.Refused(access, "query", std::move(what), may);
    SKEIN_ASSIGN_OR_RETURN(auth::Intent intent, gate_.Intend(access, "query", std::move(what)));
    return std::unique_ptr<bolt::Receipt>(std::make_unique<GateReceipt>(gate_, std::move(intent)));
  }

 private:
  auth::Gate& gate_;
};

}  // namespace

std::unique_ptr<bolt::Backend> MakeBoltBackend(auth::Gate& gate) {
  return std::make_unique<GateBackend>(gate);
}

}  // namespace skein
