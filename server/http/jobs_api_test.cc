// Imports over HTTP: upload, queue, result, quarantine; who may.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "server/http/api_fixture.h"

namespace skein::http {
namespace {

constexpr char kMapping[] =
    "skein-mapping: 1\nname: small\nsource: {name: small-source, zone: Asia/Shanghai}\nfiles:\n"
    "  - name: people.csv\n    columns: {id: integer}\n    nodes:\n      - as: person\n"
    "        label: Person\n        key: {id: id}\n        properties: {name: name}\n";

class JobsApiTest : public ApiFixture {
 protected:
  static constexpr char kJob[] = "/api/v1/import-jobs/{job}";
  static std::string NewJob(const std::string& folder = "") {
    JsonWriter out;
    out.BeginObject().Member("name", "People").Key("mappings").BeginArray().String(kMapping);
    out.EndArray();
    if (!folder.empty()) out.Member("folder", folder);
    out.EndObject();
    return out.Take();
  }
  std::string Create(const std::string& cookie, const std::string& folder = "") {
    const Json job = AskJson(cookie, "POST", "/api/v1/import-jobs", NewJob(folder));
    return "/api/v1/import-jobs/" + job.Find("id")->string();
  }
  Reply Put(const std::string& cookie, const std::string& job, const std::string& bytes) {
    return Ask(cookie, "PUT", job + "/files/people.csv", bytes,
               std::string(kJob) + "/files/{file}");
  }
  Json Start(const std::string& cookie, const std::string& job) {
    return AskJson(cookie, "POST", job + "/start", "", std::string(kJob) + "/start");
  }
  Json Ended(const std::string& cookie, const std::string& job) {
    for (const absl::Time end = absl::Now() + absl::Minutes(5); absl::Now() < end;) {
      Json now = AskJson(cookie, "GET", job, "", kJob);
      const std::string& state = now.Find("state")->string();
      if (state != "waiting" && state != "running") return now;
    }
    ADD_FAILURE() << "the import does not end";
    return Json(Json::Object{});
  }
};

TEST_F(JobsApiTest, UploadsImportsAndAnswersWithCountsAndQuarantine) {
  const std::string sue = SignIn("sue");
  const std::string job = Create(sue);
  const Json uploaded = *Json::Parse(Put(sue, job, "id,name\n1,Zed\nx,Bad\n").body);
  EXPECT_EQ(uploaded.Find("files")->array().size(), 1u);
  Start(sue, job);
  const Json done = Ended(sue, job);
  EXPECT_EQ(done.Find("state")->string(), "finished") << done.Find("error")->string();
  EXPECT_EQ(done.Find("rejected")->integer(), 1);
  EXPECT_EQ(done.Find("summary")->Find("created")->integer(), 1);
  const Reply rows = Ask(sue, "GET", job + "/quarantine", "", std::string(kJob) + "/quarantine");
  EXPECT_EQ(rows.Header("content-type"), "application/x-ndjson");
  EXPECT_NE(rows.body.find("\"x\""), std::string::npos) << rows.body;
  const Json found = AskJson(sue, "GET", "/api/v1/search?q=Zed");
  EXPECT_EQ(found.Find("hits")->array().size(), 1u) << "the server sees what was imported";
  EXPECT_EQ(AskJson(sue, "GET", "/api/v1/import-jobs").Find("jobs")->array().size(), 1u);
  EXPECT_EQ(Ask(sue, "DELETE", job, "", kJob).status, 200);
  EXPECT_EQ(CodeOf(Ask(sue, "GET", job, "", kJob)), "not_found");
}

TEST_F(JobsApiTest, AnAllowedFolderIsReadAndNoOther) {
  const std::string sue = SignIn("sue");
  std::filesystem::create_directories(folder_ + "/allowed");
  std::ofstream(folder_ + "/allowed/people.csv") << "id,name\n1,Zed\n";
  const std::string job = Create(sue, folder_ + "/allowed");
  Start(sue, job);
  EXPECT_EQ(Ended(sue, job).Find("state")->string(), "finished");
  EXPECT_EQ(CodeOf(Ask(sue, "POST", "/api/v1/import-jobs", NewJob("/etc"))), "forbidden");
}

TEST_F(JobsApiTest, LimitsAndBrokenUploads) {
  const std::string sue = SignIn("sue");
  const std::string job = Create(sue);
  EXPECT_EQ(Put(sue, job, std::string(2'000'001, 'x')).status, 413);
  {
    const RawClient broken(http_->address());
    broken.Send("PUT " + job + "/files/people.csv HTTP/1.1\r\nHost: " + http_->address() + "\r\n" +
                sue + "\r\nX-Skein: 1\r\nContent-Length: 1000\r\n\r\nid,name\n1,Half");
  }
  {
    const RawClient endless(http_->address());
    endless.Send("PUT " + job + "/files/people.csv HTTP/1.1\r\nHost: " + http_->address() + "\r\n" +
                 sue + "\r\nX-Skein: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(65536, 'x') + "\r\n";
    for (int i = 0; i < 200 && endless.Send(chunk); ++i) {
    }
    EXPECT_NE(endless.Read("}}").find("413"), std::string::npos);
  }
  const Json now = AskJson(sue, "GET", job, "", kJob);
  EXPECT_EQ(now.Find("files")->array().size(), 0u);
  EXPECT_EQ(CodeOf(Ask(sue, "POST", job + "/start", "", std::string(kJob) + "/start")), "refused");
  EXPECT_EQ(Put(sue, job, "id,name\n1,Zed\n").status, 200);
  EXPECT_EQ(CodeOf(Ask(sue, "POST", "/api/v1/import-jobs", R"({"name":"x","mappings":["a: ["]})")),
            "bad_parameter");
}

TEST_F(JobsApiTest, OtherUnitsDoNotSeeIt) {
  ASSERT_TRUE(directory_
                  ->AddPerson({"nan", "nan", "north", {std::string(auth::kSupervisor)}, {}, false},
                              kPassword)
                  .ok());
  const std::string job = Create(SignIn("sue"));
  const std::string nan = SignIn("nan", false);
  Ask(nan, "PUT", "/api/v1/session/purpose", R"({"case":"N-1","basis":"b","reason":"r"})");
  EXPECT_EQ(CodeOf(Ask(nan, "GET", job, "", kJob)), "not_found");
  EXPECT_EQ(CodeOf(Put(nan, job, "id,name\n")), "not_found");
  EXPECT_EQ(AskJson(nan, "GET", "/api/v1/import-jobs").Find("jobs")->array().size(), 0u);
}

TEST_F(JobsApiTest, SupervisorsSeeWhoHoldsMemory) {
  EXPECT_EQ(CodeOf(Ask(SignIn("ann"), "GET", "/api/v1/memory")), "role_required");
  const Json memory = AskJson(SignIn("sue"), "GET", "/api/v1/memory");
  EXPECT_GT(memory.Find("limit")->integer(), 0);
  EXPECT_GE(memory.Find("holders")->array().size(), 4u);
}

TEST_F(JobsApiTest, BackupsAreForSupervisorsAndOnTheRecord) {
  EXPECT_EQ(CodeOf(Ask(SignIn("ann"), "POST", "/api/v1/backups")), "role_required");
  const std::string sue = SignIn("sue", false);
  EXPECT_EQ(AskJson(sue, "GET", "/api/v1/backups").Find("state")->string(), "none");
  const int64_t before = AuditEntries();
  EXPECT_EQ(Ask(sue, "POST", "/api/v1/backups").status, 202);
  EXPECT_TRUE(sink_->WaitFor(static_cast<uint64_t>(before) + 2)) << "intent and completion";
  Json now = AskJson(sue, "GET", "/api/v1/backups");
  for (const absl::Time end = absl::Now() + absl::Minutes(1); absl::Now() < end;) {
    now = AskJson(sue, "GET", "/api/v1/backups");
    if (now.Find("state")->string() != "running") break;
  }
  // A store in memory has no files: it says so, and the server goes on.
  EXPECT_EQ(now.Find("state")->string(), "failed");
  EXPECT_NE(now.Find("failure")->string(), "");
  sink_->broken = true;
  EXPECT_EQ(Ask(sue, "POST", "/api/v1/backups").status, 503) << "no log, no backup";
}

}  // namespace
}  // namespace skein::http
