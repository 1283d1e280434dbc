#include "server/jobs/import_jobs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "server/api/json.h"
#include "storage/base/status.h"
#include "storage/kv/memory_store.h"

namespace skein::jobs {
namespace {

namespace fs = std::filesystem;

constexpr char kMapping[] = R"(skein-mapping: 1
name: small
source: {name: small-source, zone: Asia/Shanghai}
files:
  - name: people.csv
    columns: {id: integer, born: date}
    nodes:
      - as: person
        label: Person
        key: {id: id}
        properties: {name: name, born: born}
)";

// Records that tell when a job has come to an end.
class WatchedRecords final : public auth::SystemRecords {
 public:
  absl::StatusOr<std::vector<ValueMap>> Load(std::string_view kind) override {
    return inner_->Load(kind);
  }
  absl::Status Put(std::string_view kind, const ValueMap& record) override {
    const absl::Status put = inner_->Put(kind, record);
    const std::lock_guard lock(mutex_);
    states_[auth::TextOf(record, "key")] = auth::TextOf(record, "state");
    changed_.notify_all();
    return put;
  }
  absl::Status Remove(std::string_view kind, const std::string& key) override {
    return inner_->Remove(kind, key);
  }
  // False: it has not ended within five minutes.
  bool Await(const std::string& id) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(5), [&] {
      const std::string& state = states_[id];
      return state != "open" && state != "waiting" && state != "running";
    });
  }
  void AwaitRunning(const std::string& id) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::minutes(5), [&] { return states_[id] != "waiting"; });
  }

 private:
  std::unique_ptr<auth::SystemRecords> inner_ = auth::MakeMemoryRecords();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> states_;
};

class ImportJobsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "skein_jobs_" + std::to_string(::getpid());
    fs::create_directories(folder_ + "/allowed/inner");
    fs::create_directories(folder_ + "/secret");
    options_.spool = folder_ + "/spool";
    options_.folders = {folder_ + "/allowed"};
    options_.waiting_max = 2;
    store_ = MakeMemoryStore({});
    auto graph = Graph::Open(*store_, {.space = GraphSpace::kUsers});
    ASSERT_TRUE(graph.ok()) << graph.status();
    graph_ = *std::move(graph);
    records_ = std::make_unique<WatchedRecords>();
    audit_ = std::make_unique<auth::AuditLog>(auth::MakeMemoryAuditSink(), clock_);
    Restart();
  }
  void TearDown() override {
    jobs_ = nullptr;
    fs::remove_all(folder_);
  }
  void Restart() {
    jobs_ = nullptr;
    auto jobs = ImportJobs::Open(*graph_, *records_, audit_.get(), clock_, options_,
                                 [](const absl::Status& fault) { ADD_FAILURE() << fault; });
    ASSERT_TRUE(jobs.ok()) << jobs.status();
    jobs_ = *std::move(jobs);
  }
  ImportJobs::NewJob New(const std::string& folder = "") const {
    return {"People", "sue", "east", kPurpose, {kMapping}, folder};
  }
  std::string Open() {
    const auto job = jobs_->Create(New());
    EXPECT_TRUE(job.ok()) << job.status();
    return job->id;
  }
  absl::Status Upload(const std::string& id, const std::string& file, const std::string& text) {
    SKEIN_ASSIGN_OR_RETURN(auto upload, jobs_->BeginUpload(id, file));
    SKEIN_RETURN_IF_ERROR(upload->Write(std::string_view(text).substr(0, text.size() / 2)));
    SKEIN_RETURN_IF_ERROR(upload->Write(std::string_view(text).substr(text.size() / 2)));
    return upload->Finish().status();
  }
  ImportJob Ended(const std::string& id) {
    EXPECT_TRUE(records_->Await(id)) << "the import does not end";
    return jobs_->Find(id).value_or(ImportJob{});
  }
  static std::string Rows(int n) {
    std::string text = "id,name,born\n";
    for (int i = 0; i < n; ++i) {
      text += std::to_string(i) + ",p" + std::to_string(i) + ",1980-01-31\n";
    }
    return text;
  }
  const Purpose kPurpose{"A-1", "art. 12", "register"};
  std::string folder_;
  JobOptions options_;
  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> graph_;
  std::unique_ptr<WatchedRecords> records_;
  std::unique_ptr<auth::AuditLog> audit_;
  std::unique_ptr<ImportJobs> jobs_;
};

TEST_F(ImportJobsTest, ImportsWhatWasUploadedAndQuarantinesTheRest) {
  const std::string id = Open();
  ASSERT_TRUE(Upload(id, "people.csv", "id,name,born\n1,Ann,1980-01-31\nx7,Bob,1990-01-01\n").ok());
  ASSERT_TRUE(jobs_->Start(id, kPurpose).ok());
  const ImportJob done = Ended(id);
  EXPECT_EQ(done.state, JobState::kFinished) << done.error;
  EXPECT_EQ(done.rejected, 1u);
  const auto summary = Json::Parse(done.summary);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->Find("read")->integer(), 2);
  EXPECT_EQ(summary->Find("created")->integer(), 1);
  const auto path = jobs_->Quarantine(id);
  ASSERT_TRUE(path.ok());
  std::string line;
  std::ifstream file(*path);
  std::getline(file, line);
  EXPECT_NE(line.find("x7"), std::string::npos) << line;
  EXPECT_FALSE(fs::exists(options_.spool + "/" + id + "/data")) << "imported: the upload is gone";
  // Intent before, completion after.
  std::vector<auth::AuditEntry> entries;
  bool more = false;
  ASSERT_TRUE(audit_->Read({}, &entries, &more).ok());
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].completes, entries[1].number);
  EXPECT_EQ(entries[0].result, 2);
  EXPECT_EQ(entries[1].purpose.reason, "register");
  ASSERT_TRUE(jobs_->Cancel(id).ok());
  EXPECT_FALSE(jobs_->Find(id).has_value());
  EXPECT_FALSE(fs::exists(options_.spool + "/" + id));
}

TEST_F(ImportJobsTest, AnInterruptedImportGoesOnAndARepeatedOneChangesNothing) {
  const std::string id = Open();
  ASSERT_TRUE(Upload(id, "people.csv", Rows(15'000)).ok());
  ASSERT_TRUE(jobs_->Start(id, kPurpose).ok());
  records_->AwaitRunning(id);
  Restart();  // in the middle of it, most likely; before its end in any case it is interrupted
  if (jobs_->Find(id)->state == JobState::kInterrupted) {
    ASSERT_TRUE(jobs_->Start(id, kPurpose).ok());
  }
  const ImportJob done = Ended(id);
  EXPECT_EQ(done.state, JobState::kFinished) << done.error;
  const std::string again = Open();
  ASSERT_TRUE(Upload(again, "people.csv", Rows(15'000)).ok());
  ASSERT_TRUE(jobs_->Start(again, kPurpose).ok());
  const ImportJob repeated = Ended(again);
  const auto summary = Json::Parse(repeated.summary);
  ASSERT_TRUE(summary.ok()) << repeated.error;
  EXPECT_EQ(summary->Find("created")->integer(), 0);
  EXPECT_EQ(summary->Find("unchanged")->integer(), 15'000);
}

TEST_F(ImportJobsTest, WhatWaitsIsInterruptedByARestart) {
  const std::string id = Open();
  ASSERT_TRUE(Upload(id, "people.csv", Rows(10)).ok());
  const auto records = *records_->Load("ImportJob");
  ASSERT_EQ(records.size(), 1u);
  ValueMap record = records[0];
  for (auto& [key, value] : record) {
    if (key == "state") value = Value::String("running");
  }
  ASSERT_TRUE(records_->Put("ImportJob", record).ok());
  Restart();
  EXPECT_EQ(jobs_->Find(id)->state, JobState::kInterrupted);
  ASSERT_TRUE(jobs_->Start(id, kPurpose).ok());
  EXPECT_EQ(Ended(id).state, JobState::kFinished);
}

TEST_F(ImportJobsTest, ACancelledImportEndsAndCanGoOn) {
  const std::string id = Open();
  ASSERT_TRUE(Upload(id, "people.csv", Rows(30'000)).ok());
  ASSERT_TRUE(jobs_->Start(id, kPurpose).ok());
  records_->AwaitRunning(id);
  ASSERT_TRUE(jobs_->Cancel(id).ok());
  ASSERT_EQ(Ended(id).state, JobState::kCancelled);
  ASSERT_TRUE(jobs_->Start(id, kPurpose).ok());
  EXPECT_EQ(Ended(id).state, JobState::kFinished);
}

TEST_F(ImportJobsTest, FoldersOfTheMachineOnlyWhereAllowed) {
  std::ofstream(folder_ + "/allowed/inner/people.csv") << Rows(3);
  fs::create_symlink(folder_ + "/secret", folder_ + "/allowed/link");
  for (const std::string& bad : {folder_ + "/secret", folder_ + "/allowed/../secret",
                                 folder_ + "/allowed/link", folder_ + "/none", std::string("/")}) {
    EXPECT_EQ(jobs_->Create(New(bad)).status().code(), absl::StatusCode::kPermissionDenied) << bad;
  }
  const auto job = jobs_->Create(New(folder_ + "/allowed/inner"));
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(jobs_->BeginUpload(job->id, "a.csv").status().code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(jobs_->Start(job->id, kPurpose).ok());
  EXPECT_EQ(Ended(job->id).state, JobState::kFinished);
  EXPECT_TRUE(fs::exists(folder_ + "/allowed/inner/people.csv")) << "not ours to remove";
}

TEST_F(ImportJobsTest, NamesSizesAndStatesAreChecked) {
  options_.upload_bytes_max = 1000;
  Restart();
  const std::string id = Open();
  for (const char* bad : {"", ".", "..", "../x.csv", "a/b.csv", ".hidden", "a\nb"}) {
    EXPECT_EQ(jobs_->BeginUpload(id, bad).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(Upload(id, "people.csv", Rows(100)).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(jobs_->Start(id, kPurpose).status().code(), absl::StatusCode::kFailedPrecondition)
      << "no file came whole";
  EXPECT_TRUE(Upload(id, "people.csv", Rows(10)).ok()) << "what was broken off is given back";
  EXPECT_TRUE(Upload(id, "人员.csv", Rows(3)).ok());
  auto bad = New();
  bad.mappings = {"skein-mapping: 1\nfiles: ["};
  EXPECT_EQ(jobs_->Create(bad).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(jobs_->Start("job-0000000000000000", kPurpose).status().code(),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(jobs_->Start(id, kPurpose).ok());
  EXPECT_EQ(Ended(id).state, JobState::kFinished);
  EXPECT_EQ(jobs_->Start(id, kPurpose).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ImportJobsTest, AMissingColumnFailsWithItsPlaceAndNothingIsWritten) {
  const std::string id = Open();
  ASSERT_TRUE(Upload(id, "people.csv", "id,title,born\n1,Ann,1980-01-31\n").ok());
  ASSERT_TRUE(jobs_->Start(id, kPurpose).ok());
  const ImportJob done = Ended(id);
  EXPECT_EQ(done.state, JobState::kFailed);
  EXPECT_NE(done.error.find("people.csv"), std::string::npos) << done.error;
}

}  // namespace
}  // namespace skein::jobs
