#include "server/main/fusion.h"

#include <charconv>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "query/engine/engine.h"
#include "query/engine/literal.h"
#include "query/syntax/error.h"
#include "server/auth/audit.h"
#include "server/main/local_store.h"
#include "server/main/result_writer.h"
#include "storage/base/status.h"

namespace skein {
namespace {

struct Flags {
  std::string store;
  std::string a, b, id;
  std::string basis;
  double grade = 1.0;
  bool apart = false;
  std::string format = "table";
  PurposeFlags purpose;
};

// A store with a connection for the person at the terminal.
struct Session {
  std::unique_ptr<LocalStore> local;
  std::unique_ptr<Connection> connection;
};

absl::StatusOr<Session> Connect(const Flags& flags, const std::string& what) {
  Session session;
  SKEIN_ASSIGN_OR_RETURN(session.local, OpenLocalStore(flags.store, {}));
  ConnectionOptions options;
  SKEIN_ASSIGN_OR_RETURN(options.purpose, OfflinePurpose(*session.local, flags.purpose));
  options.sandbox = session.local->sandbox();
  options.person = OfflinePerson();
  options.source = "fusion";
  if (options.purpose) {
    SKEIN_RETURN_IF_ERROR(auth::LogOffline(*session.local->opened.store, options.person,
                                           *options.purpose, "fusion", what));
  }
  SKEIN_ASSIGN_OR_RETURN(session.connection, session.local->engine->Connect(options));
  return session;
}

// The name in backquotes, those within it doubled.
std::string Quoted(std::string_view name) {
  std::string out = "`";
  for (const char c : name) out += c == '`' ? std::string("``") : std::string(1, c);
  return out + "`";
}

// A node by its element id (n123) or as Label:property=value, which must name one.
absl::StatusOr<Value> FindNode(Session& session, const std::string& given) {
  int64_t id = 0;
  const char* const end = given.data() + given.size();
  if (given.size() > 1 && given[0] == 'n') {
    const auto [stop, error] = std::from_chars(given.data() + 1, end, id);
    if (error == std::errc() && stop == end) {
      SKEIN_ASSIGN_OR_RETURN(const NodeId node, session.local->users->DecodeNodeId(id));
      return Value::Node(node);
    }
  }
  const size_t colon = given.find(':');
  const size_t equals = given.find('=', colon == std::string::npos ? 0 : colon);
  if (colon == std::string::npos || colon == 0 || equals == std::string::npos) {
    return InvalidArgument("'", given, "' is neither an element id nor Label:property=value");
  }
  const std::string text = given.substr(equals + 1);
  const absl::StatusOr<Value> literal = ParseLiteral(text);
  const ValueMap parameters = {{"value", literal.ok() ? *literal : Value::String(text)}};
  SKEIN_ASSIGN_OR_RETURN(
      auto cursor,
      session.connection->Run("MATCH (n:" + Quoted(given.substr(0, colon)) + ") WHERE n." +
                                  Quoted(given.substr(colon + 1, equals - colon - 1)) +
                                  " = $value RETURN n LIMIT 2",
                              parameters));
  std::vector<std::vector<Value>> rows;
  SKEIN_RETURN_IF_ERROR(cursor->Next(2, &rows).status());
  if (rows.size() != 1) {
    return NotFound("'", given, "' names ", rows.empty() ? "no node" : "more than one node");
  }
  return rows[0][0];
}

absl::Status Print(Session& session, const Flags& flags, const std::string& query,
                   const ValueMap& parameters) {
  SKEIN_ASSIGN_OR_RETURN(auto writer, ResultWriter::Make(flags.format, stdout));
  SKEIN_ASSIGN_OR_RETURN(auto cursor, session.connection->Run(query, parameters));
  return WriteAll(*cursor, *writer);
}

absl::Status RunAssert(const Flags& flags) {
  SKEIN_ASSIGN_OR_RETURN(Session session, Connect(flags, "assert " + flags.a + " " + flags.b));
  ValueMap parameters;
  SKEIN_ASSIGN_OR_RETURN(Value a, FindNode(session, flags.a));
  SKEIN_ASSIGN_OR_RETURN(Value b, FindNode(session, flags.b));
  parameters = {{"a", std::move(a)},
                {"b", std::move(b)},
                {"basis", Value::String(flags.basis)},
                {"grade", Value::Float(flags.grade)},
                {"same", Value::Boolean(!flags.apart)}};
  return Print(session, flags,
               "WITH $a AS a, $b AS b CALL fusion.assert(a, b, {same: $same, grade: $grade, "
               "basis: $basis}) YIELD id RETURN id",
               parameters);
}

absl::Status RunRetract(const Flags& flags) {
  SKEIN_ASSIGN_OR_RETURN(Session session, Connect(flags, "retract " + flags.a + " " + flags.b));
  SKEIN_ASSIGN_OR_RETURN(Value a, FindNode(session, flags.a));
  SKEIN_ASSIGN_OR_RETURN(Value b, FindNode(session, flags.b));
  return Print(session, flags,
               "WITH $a AS a, $b AS b CALL fusion.retract(a, b, $id, $basis) YIELD id RETURN id",
               {{"a", std::move(a)},
                {"b", std::move(b)},
                {"basis", Value::String(flags.basis)},
                {"id", Value::String(flags.id)}});
}

absl::Status RunShow(const Flags& flags) {
  SKEIN_ASSIGN_OR_RETURN(Session session, Connect(flags, "show " + flags.a));
  if (flags.a.empty()) {
    return Print(session, flags,
                 "CALL fusion.clusters() YIELD entity, size, members "
                 "RETURN elementId(entity) AS entity, size, [m IN members | elementId(m)] AS "
                 "members",
                 {});
  }
  SKEIN_ASSIGN_OR_RETURN(Value a, FindNode(session, flags.a));
  return Print(session, flags,
               "WITH $a AS e CALL fusion.assertions(e) YIELD a, b, id, same, grade, basis, `by`, "
               "madeAt, retracted, retractedBy, retractedBasis RETURN elementId(a) AS a, "
               "elementId(b) AS b, id, same, grade, basis, `by`, madeAt, retracted, retractedBy, "
               "retractedBasis",
               {{"a", std::move(a)}});
}

CLI::App* AddWork(CLI::App* parent, const std::shared_ptr<Flags>& flags, int* exit_code,
                  const std::string& name, const std::string& help,
                  absl::Status (*work)(const Flags&)) {
  CLI::App* command = parent->add_subcommand(name, help);
  command->add_option("--store", flags->store, "The store's directory")->required();
  command->add_option("--format", flags->format, "table, csv, json or jsonl")
      ->capture_default_str();
  flags->purpose.AddTo(*command);
  command->callback([flags, exit_code, work] { *exit_code = Report("fusion", work(*flags)); });
  return command;
}

}  // namespace

void AddFusionCommand(CLI::App& app, int* exit_code) {
  auto flags = std::make_shared<Flags>();
  CLI::App* parent =
      app.add_subcommand("fusion", "Say which nodes are the same, on a store no process holds");
  parent->require_subcommand(1);
  constexpr char kNode[] = "A node: its element id (n123) or Label:property=value";

  CLI::App* make = AddWork(parent, flags, exit_code, "assert",
                           "Say that two nodes are the same; prints the assertion's id", RunAssert);
  make->add_option("a", flags->a, kNode)->required();
  make->add_option("b", flags->b, kNode)->required();
  make->add_flag("--not", flags->apart, "Say that they are not the same");
  make->add_option("--grade", flags->grade, "How sure, above 0, at most 1")->capture_default_str();
  make->add_option("--why", flags->basis, "On what this rests");

  CLI::App* retract = AddWork(parent, flags, exit_code, "retract",
                              "Take an assertion back; it stays on record", RunRetract);
  retract->add_option("a", flags->a, kNode)->required();
  retract->add_option("b", flags->b, kNode)->required();
  retract->add_option("id", flags->id, "The assertion's id, as `fusion show` prints it")
      ->required();
  retract->add_option("--why", flags->basis, "On what this rests");

  CLI::App* show = AddWork(parent, flags, exit_code, "show",
                           "Everything said about an entity; without a node all entities", RunShow);
  show->add_option("a", flags->a, kNode);
}

}  // namespace skein
