#include "server/http/api_fixture.h"

#include <unistd.h>

#include <filesystem>

#include "server/http/schema_check.h"
#include "storage/base/status.h"
#include "storage/kv/memory_store.h"

namespace skein::http {

absl::StatusOr<uint64_t> BreakableSink::Append(std::string_view record) {
  if (broken) return Unavailable("the log's disk is gone");
  auto number = inner_->Append(record);
  const std::lock_guard lock(mutex_);
  appended_.notify_all();
  return number;
}

bool BreakableSink::WaitFor(uint64_t n) const {
  std::unique_lock lock(mutex_);
  return appended_.wait_for(lock, std::chrono::seconds(20), [&] { return inner_->Last() >= n; });
}

void ApiFixture::Start(bool sandbox) {
  store_ = MakeMemoryStore({});
  auto users = Graph::Open(*store_, {.space = GraphSpace::kUsers});
  auto system = Graph::Open(*store_, {.space = GraphSpace::kSystem});
  ASSERT_TRUE(users.ok() && system.ok());
  users_ = *std::move(users);
  system_ = *std::move(system);
  auto engine = Engine::Create(*users_, *system_, {});
  ASSERT_TRUE(engine.ok()) << engine.status();
  engine_ = *std::move(engine);
  records_ = auth::MakeEngineRecords(*engine_);
  auto directory = auth::Directory::Load(*records_, hasher_, clock_);
  ASSERT_TRUE(directory.ok()) << directory.status();
  directory_ = *std::move(directory);
  for (const char* unit : {"east", "west", "north", "sandbox"}) {
    ASSERT_TRUE(directory_->AddUnit({unit, unit}).ok());
  }
  const auto add = [&](const char* name, const char* unit, std::string_view role) {
    ASSERT_TRUE(
        directory_->AddPerson({name, name, unit, {std::string(role)}, {}, false}, kPassword).ok());
  };
  add("ann", "east", auth::kInvestigator);
  add("sue", "east", auth::kSupervisor);
  add("bob", "west", auth::kInvestigator);
  add("eve", "north", auth::kInvestigator);
  ASSERT_TRUE(directory_->AddCase({"A-1", "Thefts", "east", "art. 12", true, 0}).ok());
  ASSERT_TRUE(directory_->AddCase({"N-1", "Other", "north", "art. 12", true, 0}).ok());
  sessions_ = std::make_unique<auth::Sessions>(clock_);
  auto sink = std::make_unique<BreakableSink>();
  sink_ = sink.get();
  audit_ = std::make_unique<auth::AuditLog>(std::move(sink), clock_);
  gate_ = std::make_unique<auth::Gate>(
      auth::Gate::Parts{*engine_, *directory_, *sessions_, *audit_, clock_, sandbox});
  hub_ = std::make_unique<live::Hub>(*store_, clock_);
  const std::string folder = testing::TempDir() + "skein_api_" + std::to_string(::getpid());
  jobs::JobOptions jobs;
  jobs.spool = folder + "/spool";
  jobs.folders = {folder + "/allowed"};
  jobs.upload_bytes_max = 4'000'000;
  auto opened =
      jobs::ImportJobs::Open(*users_, *records_, sandbox ? nullptr : audit_.get(), clock_, jobs,
                             [](const absl::Status& fault) { ADD_FAILURE() << fault; });
  ASSERT_TRUE(opened.ok()) << opened.status();
  jobs_ = *std::move(opened);
  folder_ = folder;
  ApiParts parts{*engine_, *gate_, *hub_, clock_, "test", jobs_.get(), 2'000'000};
  backups_ = std::make_unique<jobs::BackupJob>(
      *store_, sandbox ? nullptr : audit_.get(), clock_,
      jobs::BackupJob::Options{folder + "/backups", folder + "/checkpoint", 0});
  parts.backups = backups_.get();
  parts.report = [this](const absl::Status& fault) {
    if (!sink_->broken) ADD_FAILURE() << fault;
  };
  api_ = std::make_unique<ApiServer>(parts);
  FillGraph();
  Router router;
  api_->AddRoutes(&router);
  HttpOptions options;
  options.address = "127.0.0.1:0";
  options.workers = 4;
  Configure(&options);
  auto http = HttpServer::Start(std::move(router), options);
  ASSERT_TRUE(http.ok()) << http.status();
  http_ = *std::move(http);
}

void ApiFixture::TearDown() {
  http_ = nullptr;
  jobs_ = nullptr;
  backups_ = nullptr;
  std::filesystem::remove_all(folder_);
}

// a:Person(open) -KNOWS-> b:Person(east), a -KNOWS-> c:Person(west), a -SEEN_AT-> cam (open), and a
// big integer that no JSON number holds.
void ApiFixture::FillGraph() {
  Catalog& catalog = users_->catalog();
  Batch source;
  source.source = "register";
  source.file = "people.csv";
  const auto batch = users_->OpenBatch(source);
  ASSERT_TRUE(batch.ok());
  const LabelId person = *catalog.InternLabel("Person");
  const LabelId camera = *catalog.InternLabel("Camera");
  const LinkTypeId knows = *catalog.InternLinkType("KNOWS");
  const LinkTypeId seen = *catalog.InternLinkType("SEEN_AT");
  ASSERT_TRUE(catalog.DeclareSightingType(seen).ok());
  const KeyId name = *catalog.InternKey("name");
  const KeyId number = *catalog.InternKey("number");
  const KeyId lat = *catalog.InternKey("lat");
  const KeyId lon = *catalog.InternKey("lon");
  const PolicyId east = *catalog.InternPolicy({"east", "", ""});
  const PolicyId west = *catalog.InternPolicy({"west", "", ""});
  auto t = users_->Begin(Viewer::All(), {.batch = *batch});
  ASSERT_TRUE(t.ok());
  const auto node = [&](LabelId label, const char* text, PolicyId policy, uint32_t row) {
    NewNode n;
    n.labels = {label};
    n.properties = {{name, Value::String(text)}};
    if (row == 1) n.properties.emplace_back(number, Value::Integer(4613937818241074769));
    if (label == camera) {
      n.properties.emplace_back(lat, Value::Float(39.9));
      n.properties.emplace_back(lon, Value::Float(116.4));
    }
    n.policy = policy;
    n.row = row;
    return *(*t)->CreateNode(n);
  };
  const NodeId a = node(person, "a 王芳", kOpenPolicy, 1);
  const NodeId b = node(person, "b", east, 2);
  const NodeId c = node(person, "c secret", west, 3);
  const NodeId cam = node(camera, "cam", kOpenPolicy, 4);
  const auto link = [&](LinkTypeId type, NodeId from, NodeId to, TimeUs at) {
    NewLink l;
    l.type = type;
    l.from = from;
    l.to = to;
    l.policy = kOpenPolicy;
    if (at > 0) l.valid = {at, at + 1};
    l.row = 9;
    ASSERT_TRUE((*t)->CreateLink(l).ok());
  };
  link(knows, a, b, 0);
  link(knows, a, c, 0);
  for (int i = 5; i > 0; --i) link(seen, a, cam, i * 1'000'000);
  const auto version = (*t)->Commit();
  ASSERT_TRUE(version.ok()) << version.status();
}

std::string ApiFixture::SignIn(const std::string& name, bool purpose) {
  const Reply reply = Call(http_->address(), "POST", "/api/v1/session",
                           {"X-Skein: 1", "Content-Type: application/json"},
                           R"({"name":")" + name + R"(","password":")" + kPassword + "\"}");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(CheckResponse("POST", "/api/v1/session", reply.status, reply.body), "");
  std::string cookie = reply.Header("set-cookie");
  EXPECT_NE(cookie.find("HttpOnly; SameSite=Strict"), std::string::npos) << cookie;
  cookie = "Cookie: " + cookie.substr(0, cookie.find(';'));
  if (purpose) {
    const Reply set = Ask(cookie, "PUT", "/api/v1/session/purpose",
                          R"({"case":"A-1","basis":"art. 12","reason":"theft of bikes"})");
    EXPECT_EQ(set.status, 200) << set.body;
  }
  return cookie;
}

Reply ApiFixture::Ask(const std::string& cookie, const std::string& method, const std::string& path,
                      const std::string& body, std::string pattern) {
  std::vector<std::string> headers;
  if (!cookie.empty()) headers.push_back(cookie);
  if (method != "GET") headers.emplace_back("X-Skein: 1");
  if (!body.empty()) headers.emplace_back("Content-Type: application/json");
  Reply reply = Call(http_->address(), method, path, headers, body);
  if (pattern.empty()) pattern = path.substr(0, path.find('?'));
  EXPECT_EQ(CheckResponse(method, pattern, reply.status, reply.body), "")
      << method << " " << path << "\n"
      << reply.status << " " << reply.body.substr(0, 2000);
  return reply;
}

Json ApiFixture::AskJson(const std::string& cookie, const std::string& method,
                         const std::string& path, const std::string& body, std::string pattern) {
  const Reply reply = Ask(cookie, method, path, body, std::move(pattern));
  EXPECT_LT(reply.status, 300) << method << " " << path << " " << reply.body;
  auto json = Json::Parse(reply.body);
  return json.ok() ? *std::move(json) : Json(Json::Object{});
}

std::string ApiFixture::CodeOf(const Reply& reply) {
  const auto json = Json::Parse(reply.body);
  if (!json.ok() || json->Find("error") == nullptr) return {};
  return json->Find("error")->Find("code")->string();
}

std::string ApiFixture::Statement(std::string_view text, bool write) {
  JsonWriter out;
  out.BeginObject().Member("text", text).Member("write", write).EndObject();
  return out.Take();
}

std::string ApiFixture::IdOf(const std::string& name) {
  ConnectionOptions options;
  options.sandbox = true;
  const auto connection = engine_->Connect(options);
  EXPECT_TRUE(connection.ok()) << connection.status();
  const auto cursor =
      (*connection)
          ->Run("MATCH (n) WHERE n.name = $name OR n.name STARTS WITH $name + ' ' RETURN id(n)",
                {{"name", Value::String(name)}});
  EXPECT_TRUE(cursor.ok()) << cursor.status();
  std::vector<std::vector<Value>> rows;
  EXPECT_TRUE((*cursor)->Next(10, &rows).ok());
  EXPECT_EQ(rows.size(), 1u);
  return "n" + std::to_string(rows.at(0).at(0).integer());
}

}  // namespace skein::http
