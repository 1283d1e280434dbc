// A whole server over an in-memory store, for tests of the API: two units, their people, a case, a
// few elements of several policies.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/auth/gate.h"
#include "server/http/api_server.h"
#include "server/http/server.h"
#include "server/http/test_client.h"
#include "server/live/hub.h"

namespace skein::http {

// The audit log's sink, which a test can break.
class BreakableSink final : public auth::AuditSink {
 public:
  absl::StatusOr<uint64_t> Append(std::string_view record) override;
  absl::StatusOr<std::vector<HistoryEntry>> Read(uint64_t from, size_t limit) const override {
    return inner_->Read(from, limit);
  }
  uint64_t Last() const override { return inner_->Last(); }
  // Waits, up to 20 s, until there are `n` entries: completions follow their answers.
  bool WaitFor(uint64_t n) const;
  std::atomic<bool> broken{false};

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable appended_;
  std::unique_ptr<auth::AuditSink> inner_ = auth::MakeMemoryAuditSink();
};

class ApiFixture : public testing::Test {
 protected:
  static constexpr char kPassword[] = "correct horse battery";

  void SetUp() override { Start(/*sandbox=*/false); }
  void TearDown() override;
  void Start(bool sandbox);
  // For tests that need shorter deadlines.
  virtual void Configure(HttpOptions*) {}

  // Signs in and returns the cookie header; with a purpose on case A-1 where `purpose`.
  std::string SignIn(const std::string& name, bool purpose = true);
  // A call whose answer is checked against the API document under `pattern` (default: the path).
  Reply Ask(const std::string& cookie, const std::string& method, const std::string& path,
            const std::string& body = {}, std::string pattern = {});
  Json AskJson(const std::string& cookie, const std::string& method, const std::string& path,
               const std::string& body = {}, std::string pattern = {});
  static std::string CodeOf(const Reply& reply);
  // The body of a query.
  static std::string Statement(std::string_view text, bool write = false);
  // Ids by the name that the graph's nodes have.
  std::string IdOf(const std::string& name);
  int64_t AuditEntries() const { return static_cast<int64_t>(sink_->Last()); }

  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> users_, system_;
  std::unique_ptr<Engine> engine_;
  auth::PasswordHasher hasher_{{.memory_kib = 64, .passes = 1}};
  std::unique_ptr<auth::SystemRecords> records_;
  std::unique_ptr<auth::Directory> directory_;
  std::unique_ptr<auth::Sessions> sessions_;
  BreakableSink* sink_ = nullptr;
  std::unique_ptr<auth::AuditLog> audit_;
  std::unique_ptr<auth::Gate> gate_;
  std::string folder_;  // of this test: spool/ and allowed/
  std::unique_ptr<jobs::ImportJobs> jobs_;
  std::unique_ptr<jobs::BackupJob> backups_;
  std::unique_ptr<live::Hub> hub_;
  std::unique_ptr<ApiServer> api_;
  std::unique_ptr<HttpServer> http_;

 private:
  void FillGraph();
};

}  // namespace skein::http
