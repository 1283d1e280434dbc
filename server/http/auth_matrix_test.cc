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
  bool supervisor = false;
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
        Replace(&o.path, "{job}", "job-0000000000000000");
        Replace(&o.path, "{file}", "people.csv");
        if (path == "/api/v1/search") o.path += "?q=a";
        if (operation.Find("requestBody") != nullptr) o.body = "{}";
        o.purpose = operation.Find("x-skein-purpose") != nullptr;
        o.supervisor = operation.Find("x-skein-role") != nullptr;
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
    if (!o.purpose || o.supervisor) continue;
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

TEST_F(AuthMatrixTest, EveryRouteForEveryRoleAndPurpose) {
  struct Caller {
    const char* name;
    bool supervisor, purpose;
  };
  for (const Caller& caller : {Caller{"ann", false, false}, Caller{"ann", false, true},
                               Caller{"sue", true, false}, Caller{"sue", true, true}}) {
    for (const Operation& o : Operations()) {
      // Its own session: some of these operations end or change it.
      const std::string cookie = SignIn(caller.name, caller.purpose);
      const int64_t before = AuditEntries();
      const Reply reply = Ask(cookie, o.method, o.path, o.body, o.pattern);
      const std::string code = CodeOf(reply);
      const std::string what = std::string(caller.name) + " " + o.method + " " + o.path;
      const bool role_missing = o.supervisor && !caller.supervisor;
      const bool purpose_missing = o.purpose && !caller.purpose;
      EXPECT_EQ(code == "role_required", role_missing) << what << " " << reply.body;
      EXPECT_EQ(code == "purpose_required", purpose_missing && !role_missing)
          << what << " " << reply.body;
      if (role_missing || purpose_missing) {
        EXPECT_EQ(AuditEntries(), before + 1) << what << ": the refusal is logged, nothing else";
      }
      EXPECT_LT(reply.status, 500) << what << " " << reply.body;
    }
  }
}

TEST_F(AuthMatrixTest, ARouteThatTheDocumentDoesNotOpenNeedsASession) {
  Router router;
  api_->AddRoutes(&router);
  size_t open = 0;
  for (const Route& route : router.routes()) {
    const std::string path = route.pattern;
    const Reply reply = Call(http_->address(), route.method, path, {"X-Skein: 1"});
    if (path == "/api/v1/health" || path == "/api/v1/openapi.json" || path == "/api/v1/live" ||
        (path == "/api/v1/session" && route.method == "POST")) {
      ++open;
      continue;
    }
    EXPECT_EQ(reply.status, 401) << route.method << " " << path;
  }
  EXPECT_EQ(open, 4u);
}

TEST_F(AuthMatrixTest, SupervisorsReadTheirOwnUnitsLog) {
  const std::string sue = SignIn("sue");
  SignIn("bob", false);
  const Json audit = AskJson(sue, "GET", "/api/v1/audit?limit=50");
  EXPECT_FALSE(audit.Find("entries")->array().empty());
  for (const Json& entry : audit.Find("entries")->array()) {
    EXPECT_EQ(entry.Find("unit")->string(), "east");
  }
}

TEST_F(AuthMatrixTest, TheIntentIsThereBeforeTheWorkAndTheCompletionAfterTheAnswer) {
  const std::string sue = SignIn("sue");
  const auto before = static_cast<uint64_t>(AuditEntries());
  const Reply reply =
      Ask(sue, "POST", "/api/v1/query", Statement("MATCH (n:Person) RETURN n.name"));
  ASSERT_TRUE(sink_->WaitFor(before + 2));
  const Json audit = AskJson(sue, "GET", "/api/v1/audit?limit=2");
  const Json& completion = audit.Find("entries")->array()[0];
  const Json& intent = audit.Find("entries")->array()[1];
  EXPECT_EQ(intent.Find("action")->string(), "query");
  EXPECT_EQ(intent.Find("person")->string(), "sue");
  EXPECT_EQ(intent.Find("case")->string(), "A-1");
  EXPECT_EQ(intent.Find("reason")->string(), "theft of bikes");
  EXPECT_EQ(intent.Find("result")->integer(), -1);
  EXPECT_NE(intent.Find("what")->string().find("RETURN n.name"), std::string::npos);
  EXPECT_EQ(completion.Find("completes")->integer(), intent.Find("number")->integer());
  EXPECT_EQ(completion.Find("result")->integer(), 2);
  EXPECT_EQ(completion.Find("verdict")->string(), "allowed");
  EXPECT_EQ(completion.Find("case")->string(), "A-1");
  EXPECT_EQ(completion.Find("hash")->string(), intent.Find("hash")->string());
  EXPECT_EQ(completion.Find("answer_hash")->string(), auth::Sha256Hex(reply.body));
}

TEST_F(AuthMatrixTest, AFailedReadIsCompletedAsFailed) {
  const std::string sue = SignIn("sue");
  const auto before = static_cast<uint64_t>(AuditEntries());
  EXPECT_EQ(Ask(sue, "POST", "/api/v1/query", Statement("RETURN nope")).status, 400);
  ASSERT_TRUE(sink_->WaitFor(before + 2));
  const Json audit = AskJson(sue, "GET", "/api/v1/audit?limit=1");
  EXPECT_EQ(audit.Find("entries")->array()[0].Find("verdict")->string(), "failed");
  EXPECT_EQ(audit.Find("entries")->array()[0].Find("result")->integer(), 0);
}

TEST_F(AuthMatrixTest, AnAnswerThatNobodyTakesIsCompletedAsAborted) {
  const std::string sue = SignIn("sue");
  const auto before = static_cast<uint64_t>(AuditEntries());
  {
    // More than the socket's buffers hold, to a client that takes a little and goes.
    const RawClient client(http_->address());
    const std::string body =
        Statement("UNWIND range(1, 1000) AS i RETURN reduce(s = 'x', k IN range(1, 14) | s + s)");
    client.Send("POST /api/v1/query HTTP/1.1\r\nHost: " + http_->address() + "\r\n" + sue +
                "\r\nX-Skein: 1\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_NE(client.Read("200 OK").find("200 OK"), std::string::npos);
  }
  ASSERT_TRUE(sink_->WaitFor(before + 2));
  const Json audit = AskJson(sue, "GET", "/api/v1/audit?limit=1");
  EXPECT_EQ(audit.Find("entries")->array()[0].Find("verdict")->string(), "aborted");
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

TEST_F(AuthMatrixTest, ANewPasswordEndsTheOtherSessions) {
  const std::string other = SignIn("ann");
  const std::string ann = SignIn("ann");
  const auto change = [&](const std::string& current, const std::string& fresh) {
    return Ask(ann, "PUT", "/api/v1/session/password",
               R"({"current":")" + current + R"(","new":")" + fresh + "\"}");
  };
  EXPECT_EQ(CodeOf(change("not the password", "another horse battery")), "bad_credentials");
  EXPECT_EQ(CodeOf(change(kPassword, "short")), "bad_parameter");
  EXPECT_EQ(Ask(other, "GET", "/api/v1/session").status, 200) << "nothing has changed";
  const Reply changed = change(kPassword, "another horse battery");
  ASSERT_EQ(changed.status, 200) << changed.body;
  const std::string set = changed.Header("set-cookie");
  EXPECT_EQ(Ask("Cookie: " + set.substr(0, set.find(';')), "GET", "/api/v1/session").status, 200);
  for (const std::string& cookie : {ann, other}) {
    EXPECT_EQ(Ask(cookie, "GET", "/api/v1/session").status, 401);
  }
  EXPECT_EQ(
      Ask("", "POST", "/api/v1/session", R"({"name":"ann","password":"another horse battery"})")
          .status,
      200);
  EXPECT_EQ(CodeOf(Ask("", "POST", "/api/v1/session",
                       std::string(R"({"name":"ann","password":")") + kPassword + "\"}")),
            "bad_credentials");
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
