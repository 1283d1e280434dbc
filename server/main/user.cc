#include "server/main/user.h"

#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/auth/directory.h"
#include "server/auth/sessions.h"
#include "server/main/local_store.h"
#include "storage/base/status.h"

namespace skein {
namespace {

struct UserFlags {
  std::string store;
  bool sandbox = false;
  auth::Unit unit;
  auth::Person person;
  auth::Case c;
  bool password_stdin = false;
};

using Work = std::function<absl::Status(auth::Directory&, auth::Sessions&, const UserFlags&)>;

// Opens the store, which no other process may hold, and works on its directory.
absl::Status WithDirectory(const UserFlags& flags, bool create, const Work& work) {
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<LocalStore> store,
                         OpenLocalStore(flags.store, {create, flags.sandbox}));
  auth::PasswordHasher hasher;
  const auto records = auth::MakeEngineRecords(*store->engine);
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<auth::Directory> directory,
                         auth::Directory::Load(*records, hasher, Clock::Real()));
  auth::Sessions sessions(Clock::Real());
  SKEIN_RETURN_IF_ERROR(sessions.Open(*records));
  return work(*directory, sessions, flags);
}

// The first line of stdin, or a generated password, which is printed once.
absl::StatusOr<std::string> TakePassword(const UserFlags& flags) {
  std::string password;
  if (!flags.password_stdin) return auth::PasswordHasher::Generate();
  if (!std::getline(std::cin, password)) return InvalidArgument("no password on stdin");
  if (!password.empty() && password.back() == '\r') password.pop_back();
  return password;
}

void PrintGenerated(const UserFlags& flags, const std::string& password) {
  if (!flags.password_stdin)
    std::printf("password of %s: %s\n", flags.person.name.c_str(), password.c_str());
}

absl::Status AddPerson(auth::Directory& directory, auth::Sessions&, const UserFlags& flags) {
  auth::Person person = flags.person;
  if (person.display_name.empty()) person.display_name = person.name;
  if (person.roles.empty()) person.roles = {std::string(auth::kInvestigator)};
  SKEIN_ASSIGN_OR_RETURN(const std::string password, TakePassword(flags));
  SKEIN_RETURN_IF_ERROR(directory.AddPerson(person, password));
  PrintGenerated(flags, password);
  return absl::OkStatus();
}

absl::Status SetPassword(auth::Directory& directory, auth::Sessions& sessions,
                         const UserFlags& flags) {
  SKEIN_ASSIGN_OR_RETURN(const std::string password, TakePassword(flags));
  SKEIN_RETURN_IF_ERROR(directory.SetPassword(flags.person.name, password));
  // Whoever is signed in with the old one must sign in again.
  SKEIN_RETURN_IF_ERROR(sessions.EndAllOf(flags.person.name));
  PrintGenerated(flags, password);
  return absl::OkStatus();
}

absl::Status ListPersons(auth::Directory& directory, auth::Sessions&, const UserFlags&) {
  for (const auth::Person& person : directory.Persons()) {
    std::string roles;
    for (const std::string& role : person.roles) roles += (roles.empty() ? "" : ",") + role;
    std::printf("%s\t%s\t%s\t%s\n", person.name.c_str(), person.unit.c_str(), roles.c_str(),
                person.display_name.c_str());
  }
  return absl::OkStatus();
}

absl::Status ListUnits(auth::Directory& directory, auth::Sessions&, const UserFlags&) {
  for (const auth::Unit& unit : directory.Units()) {
    std::printf("%s\t%s\n", unit.key.c_str(), unit.name.c_str());
  }
  return absl::OkStatus();
}

absl::Status ListCases(auth::Directory& directory, auth::Sessions&, const UserFlags&) {
  for (const auth::Unit& unit : directory.Units()) {
    for (const auth::Case& c : directory.CasesOf(unit.key)) {
      if (c.unit != unit.key) continue;
      std::printf("%s\t%s\t%s\t%s\t%s\n", c.number.c_str(), c.unit.c_str(),
                  c.open ? "open" : "closed", c.basis.c_str(), c.title.c_str());
    }
  }
  return absl::OkStatus();
}

// A subcommand of a subcommand, with --store, that does `work`.
CLI::App* AddWork(CLI::App* parent, const std::shared_ptr<UserFlags>& flags, int* exit_code,
                  const std::string& name, const std::string& help, bool create, Work work) {
  CLI::App* command = parent->add_subcommand(name, help);
  command->add_option("--store", flags->store, "Directory of the store")->required();
  if (create) {
    command->add_flag("--sandbox", flags->sandbox, "Mark a store that is made now as a sandbox");
  }
  const std::string title = parent->get_name() + " " + name;
  command->callback([flags, exit_code, create, title, work = std::move(work)] {
    *exit_code = Report(title, WithDirectory(*flags, create, work));
  });
  return command;
}

void AddUserCommands(CLI::App& app, int* exit_code) {
  auto flags = std::make_shared<UserFlags>();
  CLI::App* user = app.add_subcommand("user", "People who may sign in to a store");
  user->require_subcommand(1);
  CLI::App* add = AddWork(user, flags, exit_code, "add", "Add a person", false, &AddPerson);
  add->add_option("--name", flags->person.name, "Name of sign-in")->required();
  add->add_option("--display-name", flags->person.display_name, "Name as others see it");
  add->add_option("--unit", flags->person.unit, "Key of the person's unit")->required();
  add->add_option("--role", flags->person.roles,
                  "investigator (default) or supervisor; repeatable");
  add->add_option("--compartment", flags->person.compartments,
                  "A compartment the person may see; repeatable");
  CLI::App* passwd =
      AddWork(user, flags, exit_code, "passwd", "Set a person's password", false, &SetPassword);
  passwd->add_option("--name", flags->person.name, "Name of sign-in")->required();
  for (CLI::App* command : {add, passwd}) {
    command->add_flag("--password-stdin", flags->password_stdin,
                      "Read the password from stdin; otherwise one is made and printed once");
  }
  AddWork(user, flags, exit_code, "list", "List people: name, unit, roles, display name", false,
          &ListPersons);
}

void AddUnitCommands(CLI::App& app, int* exit_code) {
  auto flags = std::make_shared<UserFlags>();
  CLI::App* unit = app.add_subcommand("unit", "Units (organisations) of a store");
  unit->require_subcommand(1);
  CLI::App* add =
      AddWork(unit, flags, exit_code, "add", "Add a unit; makes the store where there is none",
              true, [](auth::Directory& directory, auth::Sessions&, const UserFlags& f) {
                return directory.AddUnit(f.unit);
              });
  add->add_option("--key", flags->unit.key, "Short key, as mappings name it in policies")
      ->required();
  add->add_option("--name", flags->unit.name, "Name as people see it")->required();
  AddWork(unit, flags, exit_code, "list", "List units: key, name", false, &ListUnits);
}

void AddCaseCommands(CLI::App& app, int* exit_code) {
  auto flags = std::make_shared<UserFlags>();
  CLI::App* cases = app.add_subcommand("case", "Cases: the reasons for reading");
  cases->require_subcommand(1);
  CLI::App* add = AddWork(cases, flags, exit_code, "add", "Open a case", false,
                          [](auth::Directory& directory, auth::Sessions&, const UserFlags& f) {
                            return directory.AddCase(f.c);
                          });
  add->add_option("--number", flags->c.number, "Case number")->required();
  add->add_option("--unit", flags->c.unit, "Key of the unit that owns it")->required();
  add->add_option("--basis", flags->c.basis, "Its legal basis")->required();
  add->add_option("--title", flags->c.title, "What it is about");
  CLI::App* close = AddWork(cases, flags, exit_code, "close", "Close a case", false,
                            [](auth::Directory& directory, auth::Sessions&, const UserFlags& f) {
                              return directory.SetCaseOpen(f.c.number, false).status();
                            });
  close->add_option("--number", flags->c.number, "Case number")->required();
  AddWork(cases, flags, exit_code, "list", "List cases: number, unit, state, basis, title", false,
          &ListCases);
}

}  // namespace

void AddUserCommand(CLI::App& app, int* exit_code) {
  AddUserCommands(app, exit_code);
  AddUnitCommands(app, exit_code);
  AddCaseCommands(app, exit_code);
}

}  // namespace skein
