// A running server as a QuerySource: its HTTP API, through cpp-httplib.
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <map>
#include <utility>

#include "server/api/json.h"
#include "server/api/values.h"
#include "server/main/query_source.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr size_t kAnswerBytesMax = size_t{256} << 20;
constexpr size_t kAnswerValuesMax = 50'000'000;
constexpr int64_t kRowsMax = 10'000;  // what the API gives at most
constexpr time_t kConnectSeconds = 10;
constexpr absl::Duration kTimeMax = absl::Minutes(5);  // what the API allows at most

// A server's numbers stand for its elements: here they are ids of nobody else.
const ElementIds& RemoteIds() {
  static const ElementIds& ids = *new ElementIds{
      [](NodeId id) { return static_cast<int64_t>(Raw(id)); },
      [](LinkId id) { return static_cast<int64_t>(Raw(id)); },
      [](int64_t n) { return absl::StatusOr<NodeId>(NodeId{static_cast<uint64_t>(n)}); },
      [](int64_t n) { return absl::StatusOr<LinkId>(LinkId{static_cast<uint64_t>(n)}); }};
  return ids;
}

std::string TextIn(const Json& json, std::string_view key) {
  const Json* v = json.Find(key);
  return v != nullptr && v->is_string() ? v->string() : std::string();
}

int64_t NumberIn(const Json& json, std::string_view key) {
  const Json* v = json.Find(key);
  return v != nullptr && v->is_integer() ? v->integer() : 0;
}

absl::Status FromAnswer(int http, const Json& answer) {
  const Json* error = answer.Find("error");
  if (error == nullptr) return Unavailable("the server answered ", http, " without an error");
  std::string message = TextIn(*error, "message");
  const std::string caret = TextIn(*error, "caret");
  if (!caret.empty()) message += "\n" + caret;
  if (http == 401) return Unauthenticated(message);
  if (http == 403) return PermissionDenied(message);
  if (http == 404) return NotFound(message);
  if (http == 429) return ResourceExhausted(message);
  if (http == 504) return DeadlineExceeded(message);
  return http < 500 ? InvalidArgument(message) : Unavailable(message);
}

// Rows that have all come; the elements they name came with them.
class RemoteCursor final : public Cursor {
 public:
  absl::Status Read(const Json& answer) {
    const Json* columns = answer.Find("columns");
    const Json* rows = answer.Find("rows");
    const Json* elements = answer.Find("elements");
    const Json* summary = answer.Find("summary");
    if (columns == nullptr || !columns->is_array() || rows == nullptr || !rows->is_array() ||
        elements == nullptr || summary == nullptr) {
      return Unavailable("the server's answer is not one of this program");
    }
    for (const Json& name : columns->array()) {
      if (name.is_string()) columns_.push_back(name.string());
    }
    for (const Json& row : rows->array()) {
      if (!row.is_array()) return Unavailable("the server's answer has a row that is none");
      std::vector<Value>& values = rows_.emplace_back();
      for (const Json& item : row.array()) {
        SKEIN_ASSIGN_OR_RETURN(Value value, ReadValue(item, RemoteIds()));
        values.push_back(std::move(value));
      }
    }
    SKEIN_RETURN_IF_ERROR(ReadElements(*elements));
    ReadSummary(*summary);
    const Json* cut = answer.Find("truncated");
    if (cut != nullptr && cut->is_boolean() && cut->boolean()) {
      summary_.partial = "the server gives " + std::to_string(rows_.size()) +
                         " rows at a time; use SKIP and LIMIT, or Bolt";
    }
    return absl::OkStatus();
  }

  const std::vector<std::string>& columns() const override { return columns_; }
  absl::StatusOr<bool> Next(size_t max, std::vector<std::vector<Value>>* rows) override {
    rows->clear();
    if (cancelled_) return Cancelled("the query was cancelled");
    for (; next_ < rows_.size() && rows->size() < max; ++next_) {
      rows->push_back(std::move(rows_[next_]));
    }
    return !rows->empty();
  }
  const QuerySummary& summary() const override { return summary_; }
  absl::Status Describe(std::span<const NodeId> ids, std::vector<NodeView>* out) override {
    out->clear();
    for (const NodeId id : ids) {
      const auto it = nodes_.find(id);
      if (it != nodes_.end()) {
        out->push_back(it->second);
      } else {
        out->emplace_back().id = static_cast<int64_t>(Raw(id));
      }
    }
    return absl::OkStatus();
  }
  absl::Status Describe(std::span<const LinkId> ids, std::vector<LinkView>* out) override {
    out->clear();
    for (const LinkId id : ids) {
      const auto it = links_.find(id);
      if (it != links_.end()) {
        out->push_back(it->second);
      } else {
        out->emplace_back().id = static_cast<int64_t>(Raw(id));
      }
    }
    return absl::OkStatus();
  }
  void Cancel() override { cancelled_ = true; }

 private:
  absl::Status ReadElements(const Json& elements) {
    const auto list = [&](std::string_view key) -> std::vector<Json> {
      const Json* v = elements.Find(key);
      return v != nullptr && v->is_array() ? v->array() : std::vector<Json>{};
    };
    for (const Json& item : list("nodes")) {
      SKEIN_ASSIGN_OR_RETURN(const NodeId id, ParseNodeId(TextIn(item, "id"), RemoteIds()));
      NodeView& view = nodes_[id];
      view.id = static_cast<int64_t>(Raw(id));
      if (const Json* labels = item.Find("labels"); labels != nullptr && labels->is_array()) {
        for (const Json& label : labels->array()) view.labels.push_back(label.string());
      }
      SKEIN_ASSIGN_OR_RETURN(view.properties, ReadParameters(item.Find("properties"), RemoteIds()));
    }
    for (const Json& item : list("links")) {
      SKEIN_ASSIGN_OR_RETURN(const LinkId id, ParseLinkId(TextIn(item, "id"), RemoteIds()));
      SKEIN_ASSIGN_OR_RETURN(const NodeId from, ParseNodeId(TextIn(item, "from"), RemoteIds()));
      SKEIN_ASSIGN_OR_RETURN(const NodeId to, ParseNodeId(TextIn(item, "to"), RemoteIds()));
      LinkView& view = links_[id];
      view.id = static_cast<int64_t>(Raw(id));
      view.from = static_cast<int64_t>(Raw(from));
      view.to = static_cast<int64_t>(Raw(to));
      view.type = TextIn(item, "type");
      SKEIN_ASSIGN_OR_RETURN(view.properties, ReadParameters(item.Find("properties"), RemoteIds()));
    }
    return absl::OkStatus();
  }

  void ReadSummary(const Json& summary) {
    const auto count = [&](std::string_view key) {
      return static_cast<uint64_t>(NumberIn(summary, key));
    };
    summary_.rows = rows_.size();
    summary_.time = absl::Microseconds(NumberIn(summary, "time_us"));
    summary_.plan = TextIn(summary, "plan");
    summary_.partial = TextIn(summary, "partial");
    summary_.nodes_created = count("nodes_created");
    summary_.nodes_deleted = count("nodes_deleted");
    summary_.links_created = count("links_created");
    summary_.links_deleted = count("links_deleted");
    summary_.properties_set = count("properties_set");
  }

  std::vector<std::string> columns_;
  std::vector<std::vector<Value>> rows_;
  size_t next_ = 0;
  std::map<NodeId, NodeView> nodes_;
  std::map<LinkId, LinkView> links_;
  QuerySummary summary_;
  std::atomic<bool> cancelled_{false};
};

class RemoteSource final : public QuerySource, public RemoteApi {
 public:
  explicit RemoteSource(const SourceFlags& flags)
      : client_(flags.server), url_(flags.server), time_(std::min(flags.time, kTimeMax)) {
    client_.set_keep_alive(true);
    client_.set_connection_timeout(kConnectSeconds);
    // The server ends a statement at its own deadline; this one is for a server that hangs.
    client_.set_read_timeout(absl::ToInt64Seconds(time_) + 30);
    client_.set_write_timeout(kConnectSeconds);
    client_.enable_server_certificate_verification(true);
    if (!flags.ca_file.empty()) client_.set_ca_cert_path(flags.ca_file.c_str());
    client_.set_socket_options([this](socket_t fd) { socket_.store(fd); });
  }
  ~RemoteSource() override {
    if (cookie_.empty()) return;
    SKEIN_IGNORE_ERROR(Call("DELETE", "/api/v1/session", "").status(),
                       "the session ends by itself, too");
  }

  absl::Status SignIn(const SourceFlags& flags, bool purpose_needed) {
    SKEIN_ASSIGN_OR_RETURN(const Json health, Call("GET", "/api/v1/health", ""));
    const Json* sandbox = health.Find("sandbox");
    sandbox_ = sandbox != nullptr && sandbox->is_boolean() && sandbox->boolean();
    if (sandbox_) return absl::OkStatus();
    if (flags.user.empty() && !purpose_needed) {
      return PermissionDenied(url_, " is governed: --user is needed");
    }
    if (purpose_needed && (flags.user.empty() || !flags.purpose.purpose.complete())) {
      return PermissionDenied(url_,
                              " is governed: --user, --case, --basis and --reason are needed");
    }
    SKEIN_ASSIGN_OR_RETURN(const std::string password, Password(flags));
    JsonWriter who;
    who.BeginObject().Member("name", flags.user).Member("password", password).EndObject();
    SKEIN_RETURN_IF_ERROR(Call("POST", "/api/v1/session", who.Take()).status());
    const Purpose& p = flags.purpose.purpose;
    if (!purpose_needed && !p.complete()) return absl::OkStatus();
    JsonWriter purpose;
    purpose.BeginObject().Member("case", p.case_number).Member("basis", p.basis);
    purpose.Member("reason", p.reason).EndObject();
    return Call("PUT", "/api/v1/session/purpose", purpose.Take()).status();
  }

  absl::StatusOr<std::unique_ptr<Connection>> Connect() override;
  absl::StatusOr<Engine::Names> Names() override {
    SKEIN_ASSIGN_OR_RETURN(const Json schema, Call("GET", "/api/v1/schema", ""));
    Engine::Names names;
    const auto fill = [&](std::string_view key, std::vector<std::string>* out) {
      const Json* list = schema.Find(key);
      if (list == nullptr || !list->is_array()) return;
      for (const Json& item : list->array()) {
        out->push_back(item.is_string() ? item.string() : TextIn(item, "name"));
      }
    };
    fill("labels", &names.labels);
    fill("link_types", &names.link_types);
    fill("keys", &names.keys);
    fill("functions", &names.functions);
    fill("procedures", &names.procedures);
    return names;
  }
  absl::Status Log(std::string_view, std::string_view, const ValueMap&) override {
    return absl::OkStatus();  // the server does
  }
  bool sandbox() const override { return sandbox_; }
  void Interrupt() override {
    if (const int fd = socket_.load(); fd >= 0) ::shutdown(fd, SHUT_RDWR);
  }

  absl::StatusOr<std::unique_ptr<Cursor>> Query(std::string_view text, const ValueMap& parameters) {
    JsonWriter out;
    out.BeginObject().Member("text", text).Key("parameters").BeginObject();
    for (const auto& [name, value] : parameters) {
      out.Key(name);
      WriteValue(value, RemoteIds(), &out);
    }
    out.EndObject().Member("limit", kRowsMax).Member("write", true);
    out.Member("timeout_ms", absl::ToInt64Milliseconds(time_)).EndObject();
    SKEIN_ASSIGN_OR_RETURN(const Json answer, Call("POST", "/api/v1/query", out.Take()));
    auto cursor = std::make_unique<RemoteCursor>();
    SKEIN_RETURN_IF_ERROR(cursor->Read(answer));
    return std::unique_ptr<Cursor>(std::move(cursor));
  }

  absl::StatusOr<Json> Call(const std::string& method, const std::string& path,
                            std::string body) override {
    httplib::Request request;
    request.method = method;
    request.path = path;
    request.headers = {{"X-Skein", "1"}, {"Accept-Encoding", "gzip"}};
    if (!cookie_.empty()) request.headers.emplace("Cookie", cookie_);
    if (!body.empty()) {
      request.headers.emplace("Content-Type", "application/json");
      request.body = std::move(body);
    }
    std::string answer;
    request.content_receiver = [&](const char* data, size_t n, uint64_t, uint64_t) {
      answer.append(data, n);
      return answer.size() <= kAnswerBytesMax;
    };
    const httplib::Result result = client_.send(request);
    if (!result) {
      return Unavailable(url_, " does not answer: ", httplib::to_string(result.error()));
    }
    if (result->has_header("Set-Cookie")) {
      const std::string set = result->get_header_value("Set-Cookie");
      cookie_ = set.substr(0, set.find(';'));
    }
    if (answer.empty()) return Json(Json::Object{});
    auto json = Json::Parse(answer, {.bytes = kAnswerBytesMax, .values = kAnswerValuesMax});
    if (!json.ok()) return Unavailable(url_, " answered ", result->status, " and no JSON");
    if (result->status >= 400) return FromAnswer(result->status, *json);
    return json;
  }

 private:
  static absl::StatusOr<std::string> Password(const SourceFlags& flags) {
    std::string password;
    if (flags.password_file.empty()) {
      if (::isatty(STDIN_FILENO) == 0) return InvalidArgument("--password-file is needed");
      const char* typed = ::getpass("password: ");  // NOLINT(concurrency-mt-unsafe): one thread
      password = typed == nullptr ? "" : typed;
    } else {
      std::ifstream file(flags.password_file);
      if (!std::getline(file, password)) {
        return NotFound("--password-file ", flags.password_file, " has no first line");
      }
    }
    return password;
  }

  httplib::Client client_;
  const std::string url_;
  const absl::Duration time_;
  std::string cookie_;
  bool sandbox_ = false;
  std::atomic<int> socket_{-1};
};

// The HTTP API has no transactions over several statements; Bolt has.
class RemoteConnection final : public Connection {
 public:
  explicit RemoteConnection(RemoteSource& source) : source_(source) {}
  absl::StatusOr<std::unique_ptr<Cursor>> Run(std::string_view text,
                                              const ValueMap& parameters) override {
    return source_.Query(text, parameters);
  }
  absl::Status Begin() override { return NoTransactions(); }
  absl::Status Commit() override { return NoTransactions(); }
  absl::Status Rollback() override { return NoTransactions(); }
  bool in_transaction() const override { return false; }
  void Cancel() override { source_.Interrupt(); }
  absl::StatusOr<std::shared_ptr<const Reader>> CurrentReader() override {
    return FailedPrecondition("a server's snapshots are not at hand here");
  }

 private:
  static absl::Status NoTransactions() {
    return FailedPrecondition("transactions over several statements need Bolt or --store");
  }
  RemoteSource& source_;
};

absl::StatusOr<std::unique_ptr<Connection>> RemoteSource::Connect() {
  return std::unique_ptr<Connection>(std::make_unique<RemoteConnection>(*this));
}

bool OnLoopback(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return false;
  std::string host = url.substr(kScheme.size());
  if (host.starts_with("[::1]")) return host.size() == 5 || host[5] == ':' || host[5] == '/';
  host = host.substr(0, host.find_first_of(":/"));
  return host == "localhost" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

absl::StatusOr<std::unique_ptr<RemoteSource>> OpenRemote(const SourceFlags& flags,
                                                         bool purpose_needed) {
  if (!flags.server.starts_with("https://") && !OnLoopback(flags.server)) {
    return InvalidArgument("--server ", flags.server,
                           ": https://HOST:PORT is needed; http:// is for loopback");
  }
  try {
    auto source = std::make_unique<RemoteSource>(flags);
    SKEIN_RETURN_IF_ERROR(source->SignIn(flags, purpose_needed));
    return source;
  } catch (const std::exception& error) {  // httplib throws on a URL that it cannot read
    return InvalidArgument("--server ", flags.server, ": ", error.what());
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<QuerySource>> OpenRemoteSource(const SourceFlags& flags) {
  return OpenRemote(flags, /*purpose_needed=*/true);
}

absl::StatusOr<std::unique_ptr<RemoteApi>> RemoteApi::Open(const SourceFlags& flags) {
  return OpenRemote(flags, /*purpose_needed=*/false);
}

}  // namespace skein
