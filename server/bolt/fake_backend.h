// A backend of tests: one person (ann, pw), rows on demand, a log that can be told to fail.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "server/bolt/backend.h"
#include "storage/base/status.h"

namespace skein::bolt {

// An engine of one integer column: "rows N" gives N rows, "fail" an error, "log" is refused by the
// audit log, "noted" no rows but a notice and a plan, anything else no rows.
class FakeCursor final : public Cursor {
 public:
  explicit FakeCursor(int64_t rows) : left_(rows) {}
  const std::vector<std::string>& columns() const override { return columns_; }
  absl::StatusOr<bool> Next(size_t max, std::vector<std::vector<Value>>* rows) override {
    rows->clear();
    if (cancelled_) return Cancelled("cancelled");
    while (left_ > 0 && rows->size() < max) rows->push_back({Value::Integer(left_--)});
    return !rows->empty();
  }
  const QuerySummary& summary() const override { return summary_; }
  absl::Status Describe(std::span<const NodeId>, std::vector<NodeView>*) override { return {}; }
  absl::Status Describe(std::span<const LinkId>, std::vector<LinkView>*) override { return {}; }
  void Cancel() override { cancelled_ = true; }
  QuerySummary& mutable_summary() { return summary_; }

 private:
  std::vector<std::string> columns_{"n"};
  int64_t left_;
  bool cancelled_ = false;
  QuerySummary summary_;
};

class FakeConnection final : public Connection {
 public:
  explicit FakeConnection(absl::Notification& started) : started_(started) {}
  absl::StatusOr<std::unique_ptr<Cursor>> Run(std::string_view text, const ValueMap&) override {
    if (text == "fail") return Aborted("conflict");
    if (text == "hang") {
      started_.Notify();
      if (!cancelled_.WaitForNotificationWithTimeout(absl::Seconds(20))) return Internal("hung");
      return Cancelled("cancelled");
    }
    if (text == "noted") return Noted();
    return std::make_unique<FakeCursor>(
        text.starts_with("rows ") ? std::stol(std::string(text.substr(5))) : 0);
  }
  absl::Status Begin() override { return open_ = true, absl::OkStatus(); }
  absl::Status Commit() override { return open_ = false, Aborted("conflict"); }
  absl::Status Rollback() override { return open_ = false, absl::OkStatus(); }
  bool in_transaction() const override { return open_; }
  void Cancel() override { cancelled_.Notify(); }
  absl::StatusOr<std::shared_ptr<const Reader>> CurrentReader() override {
    return Unavailable("none");
  }

 private:
  static std::unique_ptr<Cursor> Noted() {
    auto cursor = std::make_unique<FakeCursor>(0);
    QuerySummary& summary = cursor->mutable_summary();
    summary.notices.push_back({"UnknownLabel", "no node has the label `X`", 9, 1, 10});
    summary.notices.push_back({"EstimatedCost", "this may take long"});
    summary.plan_tree =
        Value::Map({{"operatorType", Value::String("Top")},
                    {"args", Value::Map({{"EstimatedRows", Value::Float(2.5)}})},
                    {"children", Value::List({Value::Map({{"rows", Value::Integer(3)}})})}});
    return cursor;
  }

  bool open_ = false;
  absl::Notification& started_;
  absl::Notification cancelled_;
};

// Notes "rows whole" or "rows cut", and whether a hash came along.
class FakeReceipt final : public Receipt {
 public:
  FakeReceipt(std::vector<std::string>& completed, absl::Mutex& mutex)
      : completed_(completed), mutex_(mutex) {}
  void Complete(int64_t rows, bool whole, const std::string& hash) override {
    const absl::MutexLock lock(&mutex_);
    completed_.push_back(std::to_string(rows) + (whole ? " whole" : " cut") +
                         (hash.size() == 64 ? "" : " without hash"));
  }

 private:
  std::vector<std::string>& completed_;
  absl::Mutex& mutex_;
};

struct FakePrincipal final : Principal {
  std::string name() const override { return "ann"; }
};

class FakeBackend final : public Backend {
 public:
  absl::StatusOr<std::shared_ptr<const Principal>> SignIn(std::string_view, std::string_view name,
                                                          std::string_view password) override {
    if (name != "ann" || password != "pw") return Unauthenticated("wrong name or password");
    return std::make_shared<FakePrincipal>();
  }
  absl::StatusOr<std::unique_ptr<Connection>> Connect(const std::shared_ptr<const Principal>&,
                                                      const ConnectFor& what) override {
    const absl::MutexLock lock(&mutex);
    ++connections;
    last = what;
    if (!what.purpose) return PermissionDenied("no purpose");
    auto connection = std::make_unique<FakeConnection>(started);
    return connection;
  }
  absl::StatusOr<std::unique_ptr<Receipt>> LogStatement(const std::shared_ptr<const Principal>&,
                                                        const std::optional<Purpose>&,
                                                        std::string_view text,
                                                        const ValueMap&) override {
    const absl::MutexLock lock(&mutex);
    logged.emplace_back(text);
    if (text == "log") return Unavailable("no log");
    return std::unique_ptr<Receipt>(std::make_unique<FakeReceipt>(completed, mutex));
  }
  // False: fewer statements have been completed within 20 s.
  bool AwaitCompleted(size_t n) {
    const auto there = [&] { return completed.size() >= n; };
    const absl::MutexLock lock(&mutex);
    return mutex.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(20));
  }
  absl::Mutex mutex;  // of what workers write below
  ConnectFor last;
  absl::Notification started;  // of a statement "hang"
  std::vector<std::string> completed;
  int connections = 0;
  std::vector<std::string> logged;
};

}  // namespace skein::bolt
