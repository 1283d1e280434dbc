#include "server/auth/directory.h"

#include <algorithm>

#include "storage/base/status.h"

namespace skein::auth {
namespace {

constexpr size_t kMembersMax = 64;
constexpr char kUnit[] = "Unit";
constexpr char kPerson[] = "Person";
constexpr char kCase[] = "Case";
constexpr char kOperation[] = "Operation";

template <typename T>
std::optional<T> Lookup(const std::map<std::string, T>& map, const std::string& key) {
  const auto it = map.find(key);
  if (it == map.end()) return std::nullopt;
  return it->second;
}

ValueMap ToRecord(const Person& p, const std::string& hash) {
  return {{"compartments", TextList(p.compartments)},
          {"disabled", Value::Boolean(p.disabled)},
          {"display_name", Value::String(p.display_name)},
          {"key", Value::String(p.name)},
          {"password", Value::String(hash)},
          {"roles", TextList(p.roles)},
          {"unit", Value::String(p.unit)}};
}

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    hex.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return hex;
}

}  // namespace

bool Person::Is(std::string_view role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

bool Operation::HasMember(std::string_view unit) const {
  return std::find(members.begin(), members.end(), unit) != members.end();
}

absl::Status CheckName(std::string_view what, std::string_view name) {
  if (name.empty() || name.size() > 128) {
    return InvalidArgument(what, " has ", name.size(), " bytes, it needs 1 to 128");
  }
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      return InvalidArgument(what, " has a control character");
    }
  }
  return absl::OkStatus();
}

bool Sees(const Person& person, const std::set<std::string>& partners, const Policy& policy) {
  if (!policy.compartment.empty() &&
      std::find(person.compartments.begin(), person.compartments.end(), policy.compartment) ==
          person.compartments.end()) {
    return false;
  }
  if (policy.owner_unit.empty() || policy.owner_unit == person.unit) return true;
  if (policy.handling_code == "all") return true;
  return policy.handling_code == "joint" && partners.contains(policy.owner_unit);
}

absl::StatusOr<std::unique_ptr<Directory>> Directory::Load(SystemRecords& records,
                                                           PasswordHasher& hasher, Clock& clock) {
  std::unique_ptr<Directory> directory(new Directory(records, hasher, clock));
  SKEIN_RETURN_IF_ERROR(directory->Fill());
  return directory;
}

absl::Status Directory::Fill() {
  SKEIN_ASSIGN_OR_RETURN(const auto units, records_.Load(kUnit));
  for (const ValueMap& r : units) units_[TextOf(r, "key")] = {TextOf(r, "key"), TextOf(r, "name")};
  SKEIN_ASSIGN_OR_RETURN(const auto persons, records_.Load(kPerson));
  for (const ValueMap& r : persons) {
    const std::string name = TextOf(r, "key");
    persons_[name] = {name,
                      TextOf(r, "display_name"),
                      TextOf(r, "unit"),
                      TextsOf(r, "roles"),
                      TextsOf(r, "compartments"),
                      FlagOf(r, "disabled")};
    hashes_[name] = TextOf(r, "password");
  }
  SKEIN_ASSIGN_OR_RETURN(const auto cases, records_.Load(kCase));
  for (const ValueMap& r : cases) {
    cases_[TextOf(r, "key")] = {TextOf(r, "key"),   TextOf(r, "title"), TextOf(r, "unit"),
                                TextOf(r, "basis"), FlagOf(r, "open"),  IntegerOf(r, "opened_us")};
  }
  SKEIN_ASSIGN_OR_RETURN(const auto operations, records_.Load(kOperation));
  for (const ValueMap& r : operations) {
    operations_[TextOf(r, "key")] = {TextOf(r, "key"),           TextOf(r, "name"),
                                     TextOf(r, "case"),          TextOf(r, "owner_unit"),
                                     TextsOf(r, "members"),      FlagOf(r, "open"),
                                     IntegerOf(r, "created_us"), TextOf(r, "created_by")};
  }
  return absl::OkStatus();
}

absl::Status Directory::AddUnit(const Unit& unit) {
  SKEIN_RETURN_IF_ERROR(CheckName("a unit's key", unit.key));
  SKEIN_RETURN_IF_ERROR(CheckName("a unit's name", unit.name));
  const std::lock_guard lock(mutex_);
  if (units_.contains(unit.key)) return AlreadyExists("there is a unit '", unit.key, "' already");
  SKEIN_RETURN_IF_ERROR(
      records_.Put(kUnit, {{"key", Value::String(unit.key)}, {"name", Value::String(unit.name)}}));
  units_[unit.key] = unit;
  ++generation_;
  return absl::OkStatus();
}

absl::Status Directory::AddPerson(const Person& person, std::string_view password) {
  SKEIN_RETURN_IF_ERROR(CheckName("a sign-in name", person.name));
  SKEIN_RETURN_IF_ERROR(CheckName("a display name", person.display_name));
  SKEIN_RETURN_IF_ERROR(PasswordHasher::CheckStrength(password));
  for (const std::string& role : person.roles) {
    if (role != kInvestigator && role != kSupervisor) {
      return InvalidArgument("no such role: '", role, "'; investigator or supervisor");
    }
  }
  SKEIN_ASSIGN_OR_RETURN(const std::string hash, hasher_.Hash(password));
  const std::lock_guard lock(mutex_);
  if (!units_.contains(person.unit)) return NotFound("there is no unit '", person.unit, "'");
  if (persons_.contains(person.name)) {
    return AlreadyExists("there is a person '", person.name, "' already");
  }
  SKEIN_RETURN_IF_ERROR(records_.Put(kPerson, ToRecord(person, hash)));
  persons_[person.name] = person;
  hashes_[person.name] = hash;
  return absl::OkStatus();
}

absl::Status Directory::SetPassword(const std::string& name, std::string_view password) {
  SKEIN_RETURN_IF_ERROR(PasswordHasher::CheckStrength(password));
  SKEIN_ASSIGN_OR_RETURN(const std::string hash, hasher_.Hash(password));
  const std::lock_guard lock(mutex_);
  const auto person = persons_.find(name);
  if (person == persons_.end()) return NotFound("there is no person '", name, "'");
  SKEIN_RETURN_IF_ERROR(records_.Put(kPerson, ToRecord(person->second, hash)));
  hashes_[name] = hash;
  return absl::OkStatus();
}

absl::Status Directory::Write(const Case& c) {
  return records_.Put(kCase, {{"basis", Value::String(c.basis)},
                              {"key", Value::String(c.number)},
                              {"open", Value::Boolean(c.open)},
                              {"opened_us", Value::Integer(c.opened_us)},
                              {"title", Value::String(c.title)},
                              {"unit", Value::String(c.unit)}});
}

absl::Status Directory::AddCase(Case c) {
  SKEIN_RETURN_IF_ERROR(CheckName("a case number", c.number));
  if (c.basis.empty() || c.basis.size() > 256 || c.title.size() > 256) {
    return InvalidArgument("a case needs a legal basis; basis and title have at most 256 bytes");
  }
  c.opened_us = absl::ToUnixMicros(clock_.Now());
  const std::lock_guard lock(mutex_);
  if (!units_.contains(c.unit)) return NotFound("there is no unit '", c.unit, "'");
  if (cases_.contains(c.number)) return AlreadyExists("there is a case '", c.number, "' already");
  SKEIN_RETURN_IF_ERROR(Write(c));
  cases_[c.number] = std::move(c);
  ++generation_;
  return absl::OkStatus();
}

absl::StatusOr<Case> Directory::SetCaseOpen(const std::string& number, bool open) {
  const std::lock_guard lock(mutex_);
  const auto it = cases_.find(number);
  if (it == cases_.end()) return NotFound("there is no case '", number, "'");
  Case changed = it->second;
  changed.open = open;
  SKEIN_RETURN_IF_ERROR(Write(changed));
  it->second = changed;
  ++generation_;
  return changed;
}

absl::Status Directory::Write(const Operation& o) {
  return records_.Put(kOperation, {{"case", Value::String(o.case_number)},
                                   {"created_by", Value::String(o.created_by)},
                                   {"created_us", Value::Integer(o.created_us)},
                                   {"key", Value::String(o.id)},
                                   {"members", TextList(o.members)},
                                   {"name", Value::String(o.name)},
                                   {"open", Value::Boolean(o.open)},
                                   {"owner_unit", Value::String(o.owner_unit)}});
}

absl::StatusOr<Operation> Directory::AddOperation(Operation operation) {
  SKEIN_RETURN_IF_ERROR(CheckName("an operation's name", operation.name));
  operation.id = "op-" + Hex(SecureRandomBytes(8));
  operation.created_us = absl::ToUnixMicros(clock_.Now());
  std::vector<std::string> members = {operation.owner_unit};
  for (const std::string& unit : operation.members) {
    if (std::find(members.begin(), members.end(), unit) == members.end()) members.push_back(unit);
  }
  operation.members = std::move(members);
  if (operation.members.size() > kMembersMax) {
    return InvalidArgument("an operation has at most ", kMembersMax, " units");
  }
  const std::lock_guard lock(mutex_);
  for (const std::string& unit : operation.members) {
    if (!units_.contains(unit)) return NotFound("there is no unit '", unit, "'");
  }
  SKEIN_RETURN_IF_ERROR(Write(operation));
  operations_[operation.id] = operation;
  ++generation_;
  return operation;
}

absl::StatusOr<Operation> Directory::ChangeOperation(
    const std::string& id, const std::function<absl::Status(Operation*)>& change) {
  const std::lock_guard lock(mutex_);
  const auto it = operations_.find(id);
  if (it == operations_.end()) return NotFound("there is no operation '", id, "'");
  Operation changed = it->second;
  SKEIN_RETURN_IF_ERROR(change(&changed));
  SKEIN_RETURN_IF_ERROR(CheckName("an operation's name", changed.name));
  if (changed.members.size() > kMembersMax) {
    return InvalidArgument("an operation has at most ", kMembersMax, " units");
  }
  for (const std::string& unit : changed.members) {
    if (!units_.contains(unit)) return NotFound("there is no unit '", unit, "'");
  }
  SKEIN_RETURN_IF_ERROR(Write(changed));
  it->second = changed;
  ++generation_;
  return changed;
}

std::vector<Unit> Directory::Units() const {
  const std::lock_guard lock(mutex_);
  std::vector<Unit> units;
  for (const auto& [key, unit] : units_) units.push_back(unit);
  return units;
}

std::vector<Person> Directory::Persons() const {
  const std::lock_guard lock(mutex_);
  std::vector<Person> persons;
  for (const auto& [name, person] : persons_) persons.push_back(person);
  return persons;
}

std::optional<Unit> Directory::FindUnit(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return Lookup(units_, key);
}
std::optional<Person> Directory::FindPerson(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return Lookup(persons_, name);
}
std::optional<Case> Directory::FindCase(const std::string& number) const {
  const std::lock_guard lock(mutex_);
  return Lookup(cases_, number);
}
std::optional<Operation> Directory::FindOperation(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return Lookup(operations_, id);
}

std::vector<Operation> Directory::OperationsOf(const std::string& unit) const {
  const std::lock_guard lock(mutex_);
  std::vector<Operation> operations;
  for (const auto& [id, operation] : operations_) {
    if (operation.HasMember(unit)) operations.push_back(operation);
  }
  std::sort(operations.begin(), operations.end(), [](const Operation& a, const Operation& b) {
    return std::tie(b.created_us, b.id) < std::tie(a.created_us, a.id);
  });
  return operations;
}

std::vector<Case> Directory::CasesOf(const std::string& unit) const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> shared;
  for (const auto& [id, operation] : operations_) {
    if (operation.open && operation.HasMember(unit)) shared.insert(operation.case_number);
  }
  std::vector<Case> cases;
  for (const auto& [number, c] : cases_) {
    if (c.unit == unit || (c.open && shared.contains(number))) cases.push_back(c);
  }
  return cases;
}

absl::StatusOr<Person> Directory::CheckPassword(const std::string& name,
                                                std::string_view password) {
  std::string hash;
  std::optional<Person> person;
  {
    const std::lock_guard lock(mutex_);
    person = Lookup(persons_, name);
    hash = Lookup(hashes_, name).value_or("");
  }
  // Unknown and disabled persons cost the same time as known ones.
  SKEIN_ASSIGN_OR_RETURN(const bool right, hasher_.Verify(password, hash));
  if (!right || !person || person->disabled) {
    return Unauthenticated("name or password is wrong");
  }
  return *person;
}

bool Directory::May(const Person& person, const std::string& case_number) const {
  const std::lock_guard lock(mutex_);
  const auto it = cases_.find(case_number);
  if (it == cases_.end() || !it->second.open) return false;
  if (it->second.unit == person.unit) return true;
  for (const auto& [id, operation] : operations_) {
    if (operation.open && operation.case_number == case_number &&
        operation.HasMember(person.unit)) {
      return true;
    }
  }
  return false;
}

std::set<std::string> Directory::PartnersOf(const std::string& unit) const {
  std::set<std::string> partners;
  for (const auto& [id, operation] : operations_) {
    if (!operation.open || !operation.HasMember(unit)) continue;
    partners.insert(operation.members.begin(), operation.members.end());
  }
  return partners;
}

Viewer Directory::ViewerOf(const Person& person, Engine& engine) const {
  std::set<std::string> partners;
  {
    const std::lock_guard lock(mutex_);
    partners = PartnersOf(person.unit);
  }
  std::vector<PolicyId> visible;
  const Catalog& catalog = engine.users().catalog();
  for (uint32_t id = 0; id < catalog.policy_count(); ++id) {
    if (Sees(person, partners, catalog.GetPolicy(PolicyId{id}))) visible.push_back(PolicyId{id});
  }
  return Viewer::Of(visible);
}

uint64_t Directory::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

}  // namespace skein::auth
