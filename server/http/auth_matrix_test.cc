// Who may do what, over every route of the document; the log before the answer; guessing.
#include <gtest/gtest.h>

#include "server/api/openapi.h"
#include "server/http/api_fixture.h"

namespace skein::http {
namespace {

// A call of one documented operation, with arguments that are good enough to be refused for the
// right reason.
struct Operation {
  std::string method, pattern, path, body;
  bool purpose = false;
};

class AuthMatrixTest : public ApiFixture {
 protected:
  std::vector<Operation> Operations() {
    std::vector<Operation> operations;
    const auto document = Json::Parse(OpenApiJson());
    for (const auto& [path, item] : document->Find("paths")->object()) {
      for (const auto& [verb, operation] : item.object()) {
        if (operation.Find("x-skein-auth") != nullptr) continue;
        Operation o;
        for (const char c : verb) o.method.push_back(static_cast<char>(c - 32));
        o.pattern = o.path = path;
        Replace(&o.path, "{id}", "n1");
        Replace(&o.path, "{number}", "A-1");
        Replace(&o.path, "{operation}", "op-0000000000000000");
        Replace(&o.path, "{unit}", "west");
        if (path == "/api/v1/search") o.path += "?q=a";
        if (operation.Find("requestBody") != nullptr) o.body = "{}";
        o.purpose = operation.Find("x-skein-purpose") != nullptr;
        operations.push_back(std::move(o));
      }
    }
    return operations;
  }
  static void Replace(std::string* text, const std::string& from, const std::string& to) {
    if (const size_t at = text->find(from); at != std::string::npos) {
      text->replace(at, from.size(), to);
    }
  }
};

TEST_F(AuthMatrixTest, WithoutASessionNothingIsAnswered) {
  SignIn("ann");
  const std::string expired = SignIn("ann");
  clock_.Advance(absl::Hours(1));
  for (const Operation& o : Operations()) {
    for (const std::string& cookie :
         {std::string(), std::string("Cookie: skein_session=guess"), expired,
          std::string("Cookie: skein_session=") + std::string(43, 'A')}) {
      const Reply reply = Ask(cookie, o.method, o.path, o.body, o.pattern);
      EXPECT_EQ(reply.status, 401) << o.method << " " << o.path << " " << reply.body;
    }
  }
}

TEST_F(AuthMatrixTest, WithoutAPurposeNothingIsReadAndTheRefusalIsLogged) {
  const std::string ann = SignIn("ann", false);
  for (const Operation& o : Operations()) {
    if (!o.purpose) continue;
    const int64_t before = AuditEntries();
    const Reply reply = Ask(ann, o.method, o.path, o.body, o.pattern);
    EXPECT_EQ(reply.status, 403) << o.method << " " << o.path;
    EXPECT_EQ(CodeOf(reply), "purpose_required");
    EXPECT_EQ(AuditEntries(), before + 1) << o.method << " " << o.path;
  }
}

TEST_F(AuthMatrixTest, APurposeNeedsAnOpenCaseOfOnesOwn) {
  const std::string ann = SignIn("ann", false);
  for (const char* number : {"N-1", "nope"}) {
    const Reply reply =
        Ask(ann, "PUT", "/api/v1/session/purpose",
            std::string(R"({"case":")") + number + R"(","basis":"b","reason":"r"})");
    EXPECT_EQ(CodeOf(reply), "forbidden");
  }
  EXPECT_EQ(CodeOf(Ask(ann, "PUT", "/api/v1/session/purpose", R"({"case":"A-1","basis":"b"})")),
            "bad_parameter");
  const std::string reading = SignIn("ann");
  EXPECT_EQ(Ask(reading, "GET", "/api/v1/schema").status, 200);
  ASSERT_TRUE(directory_->SetCaseOpen("A-1", false).ok());
  EXPECT_EQ(CodeOf(Ask(reading, "GET", "/api/v1/schema")), "purpose_required");
}

TEST_F(AuthMatrixTest, SupervisorsOnly) {
  const std::string ann = SignIn("ann");
  for (const char* path : {"/api/v1/audit", "/api/v1/imports"}) {
    EXPECT_EQ(CodeOf(Ask(ann, "GET", path)), "role_required");
  }
  const std::string sue = SignIn("sue");
  EXPECT_EQ(Ask(sue, "GET", "/api/v1/imports").status, 200);
  const Json audit = AskJson(sue, "GET", "/api/v1/audit?limit=5");
  EXPECT_FALSE(audit.Find("entries")->array().empty());
  for (const Json& entry : audit.Find("entries")->array()) {
    EXPECT_EQ(entry.Find("unit")->string(), "east");
  }
}

TEST_F(AuthMatrixTest, TheEntryExistsBeforeTheAnswer) {
  const std::string sue = SignIn("sue");
  const int64_t before = AuditEntries();
  Ask(sue, "POST", "/api/v1/query", R"({"text":"MATCH (n:Person) RETURN n.name"})");
  EXPECT_EQ(AuditEntries(), before + 1);
  const Json audit = AskJson(sue, "GET", "/api/v1/audit?limit=1");
  const Json& entry = audit.Find("entries")->array()[0];
  EXPECT_EQ(entry.Find("action")->string(), "query");
  EXPECT_EQ(entry.Find("person")->string(), "sue");
  EXPECT_EQ(entry.Find("case")->string(), "A-1");
  EXPECT_EQ(entry.Find("reason")->string(), "theft of bikes");
  EXPECT_EQ(entry.Find("result")->integer(), 2);
  EXPECT_NE(entry.Find("what")->string().find("RETURN n.name"), std::string::npos);
}

TEST_F(AuthMatrixTest, NoLogNoAnswer) {
  const std::string ann = SignIn("ann");
  sink_->broken = true;
  for (const Operation& o : Operations()) {
    if (!o.purpose) continue;
    const Reply reply = Call(http_->address(), o.method, o.path,
                             {ann, "X-Skein: 1", "Content-Type: application/json"}, o.body);
    EXPECT_EQ(reply.status, 503) << o.method << " " << o.path << " " << reply.body;
    EXPECT_EQ(CodeOf(reply), "log_unavailable");
    EXPECT_EQ(reply.body.find("\"rows\""), std::string::npos);
  }
  sink_->broken = false;
  EXPECT_EQ(Ask(ann, "GET", "/api/v1/schema").status, 200);
}

TEST_F(AuthMatrixTest, GuessingIsSlowedAndNotTold) {
  const auto guess = [&](const std::string& name) {
    return Ask("", "POST", "/api/v1/session",
               R"({"name":")" + name + R"(","password":"not the password"})");
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(CodeOf(guess("ann")), "bad_credentials");
  EXPECT_EQ(guess("nobody").body, guess("someone").body);
  const Reply throttled = guess("ann");
  EXPECT_EQ(CodeOf(throttled), "too_many_attempts");
  EXPECT_FALSE(throttled.Header("retry-after").empty());
  clock_.Advance(absl::Hours(1));
  SignIn("ann");
}

TEST_F(AuthMatrixTest, SigningOutEndsTheSession) {
  const std::string ann = SignIn("ann");
  EXPECT_EQ(Ask(ann, "DELETE", "/api/v1/session").status, 204);
  EXPECT_EQ(Ask(ann, "GET", "/api/v1/session").status, 401);
  const std::string again = SignIn("ann");
  EXPECT_EQ(Ask(again, "DELETE", "/api/v1/session/purpose").status, 200);
  EXPECT_EQ(CodeOf(Ask(again, "GET", "/api/v1/schema")), "purpose_required");
}

}  // namespace
}  // namespace skein::http
