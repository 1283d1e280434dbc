// Directory: who there is — units, persons, cases, joint operations.
//
// Shape     Held in memory, written through to SystemRecords: a change is durable before anyone
// sees
//           it. Names and keys are 1 … 128 bytes of UTF-8 without control characters.
// Rules     May(person, case): the case is open and belongs to the person's unit, or to an open
//           operation of which that unit is a member.
//           Sees(unit, policy), the rule of `docs/protocol/http.md`: open data; the own unit's;
//           another unit's with handling code `all`, or `joint` where both share an open operation.
//           A compartment hides from everyone but persons who hold it. Unknown codes hide.
// Errors    INVALID_ARGUMENT a bad name; ALREADY_EXISTS; NOT_FOUND; PERMISSION_DENIED a rule.
// Threads   Safe from any thread; what is returned is a copy.
// Cost      Look-ups are logarithmic; a change writes one record.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/engine.h"
#include "server/auth/password.h"
#include "server/auth/records.h"
#include "storage/base/clock.h"

namespace skein::auth {

struct Unit {
  std::string key;
  std::string name;
};

inline constexpr std::string_view kInvestigator = "investigator";
inline constexpr std::string_view kSupervisor = "supervisor";

struct Person {
  std::string name;  // of sign-in
  std::string display_name;
  std::string unit;
  std::vector<std::string> roles;
  std::vector<std::string> compartments;
  bool disabled = false;
  bool Is(std::string_view role) const;
};

struct Case {
  std::string number;
  std::string title;
  std::string unit;
  std::string basis;
  bool open = true;
  int64_t opened_us = 0;
};

struct Operation {
  std::string id;  // op-<16 hex digits>
  std::string name;
  std::string case_number;
  std::string owner_unit;
  std::vector<std::string> members;  // unit keys, the owner's first
  bool open = true;
  int64_t created_us = 0;
  std::string created_by = {};
  bool HasMember(std::string_view unit) const;
};

class Directory {
 public:
  // Borrows records, hasher and clock.
  static absl::StatusOr<std::unique_ptr<Directory>> Load(SystemRecords& records,
                                                         PasswordHasher& hasher, Clock& clock);

  absl::Status AddUnit(const Unit& unit);
  absl::Status AddPerson(const Person& person, std::string_view password);
  absl::Status SetPassword(const std::string& name, std::string_view password);
  absl::Status AddCase(Case c);
  absl::StatusOr<Case> SetCaseOpen(const std::string& number, bool open);
  absl::StatusOr<Operation> AddOperation(Operation operation);
  // Reads, changes and writes one operation; nobody else changes it meanwhile.
  absl::StatusOr<Operation> ChangeOperation(const std::string& id,
                                            const std::function<absl::Status(Operation*)>& change);

  std::vector<Unit> Units() const;
  std::vector<Person> Persons() const;
  std::optional<Unit> FindUnit(const std::string& key) const;
  std::optional<Person> FindPerson(const std::string& name) const;
  std::optional<Case> FindCase(const std::string& number) const;
  std::optional<Operation> FindOperation(const std::string& id) const;
  // Of which the unit is a member, newest first.
  std::vector<Operation> OperationsOf(const std::string& unit) const;
  // That persons of the unit may name as a purpose, and the own unit's closed ones.
  std::vector<Case> CasesOf(const std::string& unit) const;

  // The person with that password; UNAUTHENTICATED says not which of the two is wrong.
  absl::StatusOr<Person> CheckPassword(const std::string& name, std::string_view password);
  bool May(const Person& person, const std::string& case_number) const;
  // What the person sees, over the policies that the engine's users' space has now.
  Viewer ViewerOf(const Person& person, Engine& engine) const;

  // Changes whenever rights may have changed (units, operations, cases).
  uint64_t generation() const;

 private:
  Directory(SystemRecords& records, PasswordHasher& hasher, Clock& clock)
      : records_(records), hasher_(hasher), clock_(clock) {}
  absl::Status Fill();
  absl::Status Write(const Operation& operation);
  absl::Status Write(const Case& c);
  std::set<std::string> PartnersOf(const std::string& unit) const;  // under the lock

  SystemRecords& records_;
  PasswordHasher& hasher_;
  Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Unit> units_;
  std::map<std::string, Person> persons_;
  std::map<std::string, std::string> hashes_;  // encoded passwords by person
  std::map<std::string, Case> cases_;
  std::map<std::string, Operation> operations_;
  uint64_t generation_ = 1;
};

// One policy under the rule above.
bool Sees(const Person& person, const std::set<std::string>& partners, const Policy& policy);

// 1 … 128 bytes, no control characters.
absl::Status CheckName(std::string_view what, std::string_view name);

}  // namespace skein::auth
