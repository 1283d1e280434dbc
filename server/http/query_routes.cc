// Statements of the query language, paths, and the schema.
#include <algorithm>
#include <set>

#include "server/http/api_server.h"
#include "server/http/arguments.h"
#include "server/http/render.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

constexpr size_t kQueryBody = size_t{4} << 20;
constexpr size_t kAnswerBytesMax = size_t{64} << 20;
constexpr size_t kRowsPerPull = 256;
constexpr size_t kElementsMax = 20'000;  // described in one answer

// A query's own error, with its place, as the wire shows it.
absl::Status QueryFailure(const absl::Status& status, std::string_view text) {
  const auto view = ViewQueryError(status, text);
  if (!view) return status;
  ApiError error;
  error.http = 400;
  error.code = "query_error";
  error.message = view->message;
  error.detail = view->detail;
  error.line = view->line;
  error.column = view->column;
  const size_t second_line = view->rendered.find('\n');
  if (second_line != std::string::npos) error.caret = view->rendered.substr(second_line + 1);
  return WithApiError(status, error);
}

struct Statement {
  std::string text;
  ValueMap parameters;
  int64_t limit = 1000;
  bool write = false;
  QueryLimits limits;
};

absl::StatusOr<Statement> ReadStatement(const Json& body, const ElementIds& ids) {
  Statement s;
  SKEIN_ASSIGN_OR_RETURN(s.text, Text(body, "text", {0, size_t{1} << 20}));
  auto parameters = ReadParameters(body.Find("parameters"), ids);
  if (!parameters.ok()) return BadParameter("parameters", Message(parameters.status()));
  s.parameters = *std::move(parameters);
  SKEIN_ASSIGN_OR_RETURN(s.limit, Integer(body, "limit", {1, 10'000}, 1000));
  SKEIN_ASSIGN_OR_RETURN(const int64_t ms, Integer(body, "timeout_ms", {1, 300'000}, 60'000));
  SKEIN_ASSIGN_OR_RETURN(s.write, Flag(body, "write", false));
  s.limits.time = absl::Milliseconds(ms);
  return s;
}

// Elements that values name, however deep.
class Named {
 public:
  void Collect(const Value& value, size_t depth = 0) {
    if (depth > kValueDepthMax || nodes.size() + links.size() >= kElementsMax) return;
    switch (value.kind()) {
      case ValueKind::kNode:
        nodes.insert(value.node());
        break;
      case ValueKind::kLink:
        links.insert(value.link());
        break;
      case ValueKind::kPath:
        nodes.insert(value.path().nodes.begin(), value.path().nodes.end());
        links.insert(value.path().links.begin(), value.path().links.end());
        break;
      case ValueKind::kList:
        for (const Value& item : value.list()) Collect(item, depth + 1);
        break;
      case ValueKind::kMap:
        for (const auto& [key, item] : value.map()) Collect(item, depth + 1);
        break;
      default:
        break;
    }
  }
  std::set<NodeId> nodes;
  std::set<LinkId> links;
};

absl::StatusOr<Cards> Describe(Reading& reading, const Named& named) {
  Graph& graph = reading.engine().users();
  std::vector<int64_t> nodes;
  for (const NodeId id : named.nodes) nodes.push_back(graph.EncodeElementId(id));
  std::vector<int64_t> links;
  for (const LinkId id : named.links) links.push_back(graph.EncodeElementId(id));
  if (nodes.empty() && links.empty()) return Cards{};
  SKEIN_ASSIGN_OR_RETURN(Explorer* const explorer, reading.Explore());
  return explorer->GetCards(nodes, links);
}

std::string_view TypeName(QuerySummary::Type type) {
  switch (type) {
    case QuerySummary::Type::kRead:
      return "read";
    case QuerySummary::Type::kWrite:
      return "write";
    case QuerySummary::Type::kReadWrite:
      return "read_write";
    case QuerySummary::Type::kSchema:
      return "schema";
  }
  return "read";
}

void WriteSummary(const QuerySummary& s, size_t rows, JsonWriter* out) {
  const auto member = [&](std::string_view key, uint64_t n) {
    out->Member(key, static_cast<int64_t>(n));
  };
  out->BeginObject().Member("type", TypeName(s.type));
  member("rows", rows);
  out->Member("time_us", absl::ToInt64Microseconds(s.time)).Member("partial", s.partial);
  if (!s.plan.empty()) out->Member("plan", s.plan);
  out->Member("estimated_work", static_cast<int64_t>(std::min(s.estimated_work, 9e18)));
  out->Key("notices").BeginArray();
  for (const Notice& notice : s.notices) {
    out->BeginObject().Member("code", notice.code).Member("text", notice.text);
    member("line", notice.line);
    member("column", notice.column);
    out->EndObject();
  }
  out->EndArray();
  member("nodes_created", s.nodes_created);
  member("nodes_deleted", s.nodes_deleted);
  member("links_created", s.links_created);
  member("links_deleted", s.links_deleted);
  member("properties_set", s.properties_set);
  member("labels_added", s.labels_added);
  member("labels_removed", s.labels_removed);
  member("indexes_added", s.indexes_added);
  member("indexes_removed", s.indexes_removed);
  out->EndObject();
}

// Rows as JSON until the limit of rows or bytes; the elements they name.
struct Pulled {
  std::string rows;
  size_t count = 0;
  bool truncated = false;
  Named named;
};

absl::StatusOr<Pulled> Pull(Cursor& cursor, size_t limit, const ElementIds& ids) {
  Pulled pulled;
  JsonWriter out;
  out.BeginArray();
  std::vector<std::vector<Value>> rows;
  bool more = true;
  while (more && !pulled.truncated) {
    SKEIN_ASSIGN_OR_RETURN(more, cursor.Next(kRowsPerPull, &rows));
    for (const std::vector<Value>& row : rows) {
      if (pulled.count == limit || out.size() > kAnswerBytesMax) {
        pulled.truncated = true;
        break;
      }
      out.BeginArray();
      for (const Value& value : row) {
        pulled.named.Collect(value);
        WriteValue(value, ids, &out);
      }
      out.EndArray();
      ++pulled.count;
    }
  }
  out.EndArray();
  pulled.rows = out.Take();
  return pulled;
}

// A type's name between backticks; the planner knows no parameters there.
absl::StatusOr<std::string> TypeList(const std::vector<std::string>& types) {
  std::string list;
  for (const std::string& type : types) {
    if (type.empty() || type.find_first_of("`\\") != std::string::npos) {
      return BadParameter("types", "has a name that no link type has");
    }
    list += (list.empty() ? ":`" : "|`") + type + "`";
  }
  return list;
}

struct PathRequest {
  int64_t from = 0, to = 0, limit = 20;
  bool all = false;
  std::string pattern;
  std::string window;  // FOR VALID_TIME …, or nothing
};

// Of moments from `from` on until before `to`; ends that are open are those of the calendar.
std::string WindowClause(const ValidTime& window) {
  if (window.from == kTimeMin && window.to == kTimeMax) return {};
  static constexpr int64_t kSecond = 1'000'000;
  static constexpr TimeUs kFirst = -62'135'596'800 * kSecond, kLast = 253'402'300'799 * kSecond;
  const auto moment = [](TimeUs at) {
    at = std::clamp(at, kFirst, kLast);
    const int64_t micros = (at % kSecond + kSecond) % kSecond;
    return "datetime({epochSeconds: " + std::to_string((at - micros) / kSecond) +
           ", microsecond: " + std::to_string(micros) + "})";
  };
  return " FOR VALID_TIME BETWEEN " + moment(window.from) + " AND " +
         moment(window.to == kTimeMax ? kTimeMax : window.to - 1);
}

absl::StatusOr<PathRequest> ReadPaths(const Json& body) {
  PathRequest request;
  SKEIN_ASSIGN_OR_RETURN(const std::string from, Text(body, "from"));
  SKEIN_ASSIGN_OR_RETURN(const std::string to, Text(body, "to"));
  SKEIN_ASSIGN_OR_RETURN(const IdArgument from_id, ReadId(from, 'n'));
  SKEIN_ASSIGN_OR_RETURN(const IdArgument to_id, ReadId(to, 'n'));
  request.from = from_id.number;
  request.to = to_id.number;
  SKEIN_ASSIGN_OR_RETURN(const int64_t length, Integer(body, "max_length", {1, 15}, 6));
  SKEIN_ASSIGN_OR_RETURN(const bool directed, Flag(body, "directed", false));
  SKEIN_ASSIGN_OR_RETURN(const std::vector<std::string> types, Texts(body, "types", 256));
  SKEIN_ASSIGN_OR_RETURN(request.all, Flag(body, "all", false));
  SKEIN_ASSIGN_OR_RETURN(request.limit, Integer(body, "limit", {1, 100}, 20));
  SKEIN_ASSIGN_OR_RETURN(const ValidTime window, BodyWindow(body));
  request.window = WindowClause(window);
  SKEIN_ASSIGN_OR_RETURN(const std::string list, TypeList(types));
  request.pattern =
      "(a)-[" + list + "*1.." + std::to_string(length) + "]-" + (directed ? ">" : "") + "(b)";
  return request;
}

absl::StatusOr<std::string> FindPaths(Reading& reading) {
  SKEIN_ASSIGN_OR_RETURN(const Json body, ReadBody(reading.request()));
  SKEIN_ASSIGN_OR_RETURN(const PathRequest request, ReadPaths(body));
  if (request.from == request.to) return BadParameter("to", "is the node the path starts from");
  QueryLimits limits;
  limits.time = absl::Seconds(30);
  SKEIN_ASSIGN_OR_RETURN(Connection* const connection, reading.Connect(true, limits));
  const std::string text = "MATCH (a) WHERE id(a) = $from MATCH (b) WHERE id(b) = $to MATCH p = " +
                           std::string(request.all ? "allShortestPaths(" : "shortestPath(") +
                           request.pattern + ")" + request.window + " RETURN p LIMIT " +
                           std::to_string(request.limit + 1);
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<Cursor> cursor,
                         connection->Run(text, {{"from", Value::Integer(request.from)},
                                                {"to", Value::Integer(request.to)}}));
  const ElementIds ids = IdsOf(reading.engine());
  Named named;
  JsonWriter paths;
  paths.BeginArray();
  int64_t count = 0;
  std::vector<std::vector<Value>> rows;
  for (bool more = true; more;) {
    SKEIN_ASSIGN_OR_RETURN(more, cursor->Next(kRowsPerPull, &rows));
    for (const auto& row : rows) {
      if (row[0].kind() != ValueKind::kPath || count++ >= request.limit) continue;
      named.Collect(row[0]);
      paths.BeginObject().Key("nodes").BeginArray();
      for (const NodeId id : row[0].path().nodes) paths.String(ids.Text(id));
      paths.EndArray().Key("links").BeginArray();
      for (const LinkId id : row[0].path().links) paths.String(ids.Text(id));
      paths.EndArray().EndObject();
    }
  }
  paths.EndArray();
  cursor = nullptr;
  SKEIN_ASSIGN_OR_RETURN(const Cards cards, Describe(reading, named));
  JsonWriter out;
  out.BeginObject().Key("paths").Raw(paths.text());
  WriteMembers(cards, ids, &out);
  out.Member("truncated", count > request.limit).EndObject();
  reading.Disclose(static_cast<size_t>(std::min(count, request.limit)));
  return out.Take();
}

}  // namespace

absl::StatusOr<std::string> ApiServer::RunQuery(Reading& reading) {
  SKEIN_ASSIGN_OR_RETURN(const Json body, ReadBody(reading.request()));
  const ElementIds ids = IdsOf(parts_.engine);
  SKEIN_ASSIGN_OR_RETURN(const Statement s, ReadStatement(body, ids));
  SKEIN_ASSIGN_OR_RETURN(Connection* const connection, reading.Connect(!s.write, s.limits));
  auto cursor = connection->Run(s.text, s.parameters);
  if (!cursor.ok()) return QueryFailure(cursor.status(), s.text);
  auto pulled = Pull(**cursor, static_cast<size_t>(s.limit), ids);
  if (!pulled.ok()) return QueryFailure(pulled.status(), s.text);
  const QuerySummary summary = (*cursor)->summary();
  const std::vector<std::string> columns = (*cursor)->columns();
  *cursor = nullptr;
  SKEIN_ASSIGN_OR_RETURN(const Cards cards, Describe(reading, pulled->named));
  JsonWriter out;
  out.BeginObject().Key("columns").BeginArray();
  for (const std::string& column : columns) out.String(column);
  out.EndArray().Key("rows").Raw(pulled->rows).Key("elements").BeginObject();
  WriteMembers(cards, ids, &out);
  out.EndObject().Key("summary");
  WriteSummary(summary, pulled->count, &out);
  out.Member("truncated", pulled->truncated).EndObject();
  reading.Disclose(pulled->count);
  return out.Take();
}

absl::StatusOr<std::string> ApiServer::DescribeSchema(Reading& reading) {
  SKEIN_ASSIGN_OR_RETURN(Explorer* const explorer, reading.Explore());
  SKEIN_ASSIGN_OR_RETURN(const GraphNames graph, explorer->Names());
  SKEIN_ASSIGN_OR_RETURN(
      const Engine::Names names,
      parts_.engine.CompletionNames(parts_.gate.OptionsOf(reading.access(), "workbench")));
  JsonWriter out;
  out.BeginObject().Key("labels").BeginArray();
  for (const GraphNames::Named& label : graph.labels) {
    out.BeginObject().Member("name", label.name);
    out.Member("count", static_cast<int64_t>(label.count)).EndObject();
  }
  out.EndArray().Key("link_types").BeginArray();
  for (const GraphNames::Named& type : graph.link_types) {
    out.BeginObject().Member("name", type.name).Member("count", static_cast<int64_t>(type.count));
    out.Member("sighting", type.sighting).EndObject();
  }
  out.EndArray();
  const auto list = [&](std::string_view key, const std::vector<std::string>& texts) {
    out.Key(key).BeginArray();
    for (const std::string& text : texts) out.String(text);
    out.EndArray();
  };
  list("keys", names.keys);
  list("functions", names.functions);
  list("procedures", names.procedures);
  out.EndObject();
  reading.Disclose(graph.labels.size() + graph.link_types.size());
  return out.Take();
}

void ApiServer::AddQueryRoutes(Router* router) {
  router->Add({.method = "POST",
               .pattern = "/api/v1/query",
               .handler =
                   [this](Request& r) {
                     return Read(r, "query",
                                 [this](Reading& reading) { return RunQuery(reading); });
                   },
               .body_bytes_max = kQueryBody});
  router->Add({.method = "POST",
               .pattern = "/api/v1/paths",
               .handler = [this](Request& r) { return Read(r, "paths", &FindPaths); },
               .body_bytes_max = size_t{64} << 10});
  router->Add({.method = "GET", .pattern = "/api/v1/schema", .handler = [this](Request& r) {
                 return Read(r, "schema",
                             [this](Reading& reading) { return DescribeSchema(reading); });
               }});
}

}  // namespace skein::http
