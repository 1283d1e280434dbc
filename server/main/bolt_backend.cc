#include "server/main/bolt_backend.h"

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
      const std::shared_ptr<const bolt::Principal>& who,
      const std::optional<Purpose>& purpose) override {
    SKEIN_ASSIGN_OR_RETURN(auth::Access access, gate_.For(who->name(), purpose));
    absl::StatusOr<std::unique_ptr<Connection>> connection = gate_.Connect(access, "bolt", false);
    if (connection.ok()) return connection;
    absl::Status why = connection.status();
    if (absl::IsPermissionDenied(why) && !purpose) {
      why = PermissionDenied(skein::Message(why),
                             "; state the purpose as transaction metadata {case, basis, reason}");
    }
    return gate_.Refused(access, "connect", "bolt", why);
  }

  absl::Status LogStatement(const std::shared_ptr<const bolt::Principal>& who,
                            const std::optional<Purpose>& purpose, std::string_view text,
                            const ValueMap& parameters) override {
    if (gate_.sandbox()) return absl::OkStatus();
    SKEIN_ASSIGN_OR_RETURN(auth::Access access, gate_.For(who->name(), purpose));
    // The case may have been closed since the connection was made.
    const absl::Status may = gate_.MayRead(access);
    std::string what = auth::QueryText(text, parameters);
    if (!may.ok()) return gate_.Refused(access, "query", std::move(what), may);
    return gate_.Log(access, "query", std::move(what));
  }

 private:
  auth::Gate& gate_;
};

}  // namespace

std::unique_ptr<bolt::Backend> MakeBoltBackend(auth::Gate& gate) {
  return std::make_unique<GateBackend>(gate);
}

}  // namespace skein
