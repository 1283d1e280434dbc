// The API as openapi.yaml states it: every answer here is checked against the document
// (ApiFixture::Ask).
#include <gtest/gtest.h>

#include <set>

#include "server/api/openapi.h"
#include "server/http/api_fixture.h"

namespace skein::http {
namespace {

using ApiTest = ApiFixture;

TEST_F(ApiTest, EveryRouteIsDocumentedAndEveryDocumentedOneIsThere) {
  Router router;
  api_->AddRoutes(&router);
  std::set<std::string> served;
  for (const Route& route : router.routes()) served.insert(route.method + " " + route.pattern);
  std::set<std::string> documented;
  const auto document = Json::Parse(OpenApiJson());
  for (const auto& [path, item] : document->Find("paths")->object()) {
    for (const auto& [verb, operation] : item.object()) {
      std::string method = verb;
      for (char& c : method) c = static_cast<char>(c - 32);
      documented.insert(method + " " + path);
    }
  }
  EXPECT_EQ(served, documented);
}

TEST_F(ApiTest, HealthAndDocumentNeedNoSession) {
  EXPECT_EQ(AskJson("", "GET", "/api/v1/health").Find("sandbox")->boolean(), false);
  EXPECT_EQ(Ask("", "GET", "/api/v1/openapi.json").status, 200);
}

TEST_F(ApiTest, SearchFindsByNameAndNumber) {
  const std::string ann = SignIn("ann");
  const Json hits = AskJson(ann, "GET", "/api/v1/search?q=%E7%8E%8B%E8%8A%B3");
  ASSERT_EQ(hits.Find("hits")->array().size(), 1u);
  EXPECT_EQ(hits.Find("hits")->array()[0].Find("node")->Find("caption")->string(), "a 王芳");
  EXPECT_EQ(AskJson(ann, "GET", "/api/v1/search?q=secret").Find("hits")->array().size(), 0u);
  EXPECT_EQ(CodeOf(Ask(ann, "GET", "/api/v1/search?q=")), "bad_parameter");
  EXPECT_EQ(CodeOf(Ask(ann, "GET", "/api/v1/search?q=a&limit=9999")), "bad_parameter");
}

TEST_F(ApiTest, ElementsCarryTheSourceOfEveryProperty) {
  const std::string ann = SignIn("ann");
  const Json a = AskJson(ann, "GET", "/api/v1/elements/" + IdOf("a"), "", "/api/v1/elements/{id}");
  EXPECT_EQ(a.Find("kind")->string(), "node");
  const Json& number = a.Find("properties")->array()[1];
  EXPECT_EQ(number.Find("key")->string(), "number");
  EXPECT_EQ(number.Find("value")->Find("value")->string(), "4613937818241074769");
  EXPECT_EQ(number.Find("source")->Find("source")->string(), "register");
  EXPECT_EQ(number.Find("source")->Find("file")->string(), "people.csv");
  EXPECT_EQ(number.Find("source")->Find("row")->integer(), 1);
  const Json b = AskJson(ann, "GET", "/api/v1/elements/" + IdOf("b"), "", "/api/v1/elements/{id}");
  EXPECT_EQ(b.Find("policy")->Find("owner_unit")->string(), "east");
  const Reply bad = Ask(ann, "GET", "/api/v1/elements/x7", "", "/api/v1/elements/{id}");
  EXPECT_EQ(CodeOf(bad), "bad_id");
}

TEST_F(ApiTest, WhatIsHiddenDoesNotExist) {
  const std::string ann = SignIn("ann");
  const Reply hidden =
      Ask(ann, "GET", "/api/v1/elements/" + IdOf("c"), "", "/api/v1/elements/{id}");
  EXPECT_EQ(CodeOf(hidden), "not_found");
  const Json counts = AskJson(ann, "GET", "/api/v1/elements/" + IdOf("a") + "/neighbours", "",
                              "/api/v1/elements/{id}/neighbours");
  EXPECT_EQ(counts.Find("total")->integer(), 6) << "one KNOWS and five sightings";
  const Json expanded = AskJson(ann, "POST", "/api/v1/expand",
                                R"({"ids":[")" + IdOf("a") + R"("],"types":["KNOWS"]})");
  EXPECT_EQ(expanded.Find("total_links")->integer(), 1);
  EXPECT_EQ(expanded.Find("nodes")->array().size(), 2u);
  const Json elements = AskJson(ann, "POST", "/api/v1/elements",
                                R"({"ids":[")" + IdOf("c") + R"(",")" + IdOf("b") + "\"]}");
  EXPECT_EQ(elements.Find("nodes")->array().size(), 1u);
}

TEST_F(ApiTest, ExpandSaysHowManyThereAre) {
  const std::string ann = SignIn("ann");
  const Json expanded =
      AskJson(ann, "POST", "/api/v1/expand",
              R"({"ids":[")" + IdOf("a") + R"("],"labels":["Camera"],"limit":2})");
  EXPECT_EQ(expanded.Find("shown_links")->integer(), 2);
  EXPECT_EQ(expanded.Find("total_links")->integer(), 5);
  EXPECT_EQ(expanded.Find("total_neighbours")->integer(), 1);
  EXPECT_EQ(CodeOf(Ask(ann, "POST", "/api/v1/expand", R"({"ids":[]})")), "bad_parameter");
  EXPECT_EQ(CodeOf(Ask(ann, "POST", "/api/v1/expand", R"({"ids":["n1"],"direction":"up"})")),
            "bad_parameter");
  EXPECT_EQ(CodeOf(Ask(ann, "POST", "/api/v1/expand", "{")), "bad_json");
}

TEST_F(ApiTest, TrajectoriesAreInTimeOrderWithPositions) {
  const std::string ann = SignIn("ann");
  const std::string path = "/api/v1/elements/" + IdOf("a") + "/trajectory?limit=3";
  const Json t = AskJson(ann, "GET", path, "", "/api/v1/elements/{id}/trajectory");
  EXPECT_EQ(t.Find("total")->integer(), 5);
  EXPECT_TRUE(t.Find("truncated")->boolean());
  ASSERT_EQ(t.Find("sightings")->array().size(), 3u);
  EXPECT_EQ(t.Find("sightings")->array()[0].Find("time_us")->integer(), 1'000'000);
  EXPECT_EQ(t.Find("sightings")->array()[0].Find("position")->Find("lat")->number(), 39.9);
}

TEST_F(ApiTest, PathsAndSchema) {
  const std::string ann = SignIn("ann");
  const Json paths = AskJson(ann, "POST", "/api/v1/paths",
                             R"({"from":")" + IdOf("b") + R"(","to":")" + IdOf("cam") + "\"}");
  ASSERT_EQ(paths.Find("paths")->array().size(), 1u);
  EXPECT_EQ(paths.Find("paths")->array()[0].Find("links")->array().size(), 2u);
  EXPECT_EQ(paths.Find("nodes")->array().size(), 3u);
  const Json none =
      AskJson(ann, "POST", "/api/v1/paths",
              R"({"from":")" + IdOf("b") + R"(","to":")" + IdOf("cam") + R"(","types":["KNOWS"]})");
  EXPECT_EQ(none.Find("paths")->array().size(), 0u);
  const auto within = [&](const std::string& window) {
    const Json found = AskJson(ann, "POST", "/api/v1/paths",
                               R"({"from":")" + IdOf("a") + R"(","to":")" + IdOf("cam") +
                                   R"(","max_length":1,)" + window + "}");
    return found.Find("paths")->array().size();
  };
  EXPECT_EQ(within(R"("from_us":1000000)"), 1u);
  EXPECT_EQ(within(R"("from_us":1000001,"to_us":2000000)"), 0u) << "between two sightings";
  EXPECT_EQ(within(R"("to_us":1000001)"), 1u);
  EXPECT_EQ(within(R"("to_us":1000000)"), 0u);
  const Reply backwards =
      Ask(ann, "POST", "/api/v1/paths", R"({"from":"n1","to":"n2","from_us":5,"to_us":5})");
  EXPECT_EQ(CodeOf(backwards), "bad_parameter");
  const Reply quoted = Ask(ann, "POST", "/api/v1/paths",
                           R"({"from":"n1","to":"n2","types":["A`]-() DETACH DELETE n //"]})");
  EXPECT_EQ(CodeOf(quoted), "bad_parameter");
  const Json schema = AskJson(ann, "GET", "/api/v1/schema");
  EXPECT_EQ(schema.Find("labels")->array().size(), 2u);
}

TEST_F(ApiTest, QueriesAnswerRowsElementsAndSummary) {
  const std::string ann = SignIn("ann");
  const Json answer =
      AskJson(ann, "POST", "/api/v1/query",
              R"({"text":"MATCH (n:Person) WHERE n.number = $n RETURN n, n.number AS number",)"
              R"("parameters":{"n":{"$type":"integer","value":"4613937818241074769"}}})");
  ASSERT_EQ(answer.Find("rows")->array().size(), 1u);
  EXPECT_EQ(answer.Find("rows")->array()[0].array()[0].Find("id")->string(), IdOf("a"));
  EXPECT_EQ(answer.Find("elements")->Find("nodes")->array().size(), 1u);
  EXPECT_EQ(answer.Find("summary")->Find("type")->string(), "read");
  const Json cut = AskJson(ann, "POST", "/api/v1/query",
                           R"({"text":"UNWIND range(1,50) AS i RETURN i","limit":10})");
  EXPECT_EQ(cut.Find("rows")->array().size(), 10u);
  EXPECT_TRUE(cut.Find("truncated")->boolean());
  const Json all =
      AskJson(ann, "POST", "/api/v1/query", Statement("MATCH (n:Person) RETURN count(n)"));
  EXPECT_EQ(all.Find("rows")->array()[0].array()[0].integer(), 2) << "c is west's";
}

TEST_F(ApiTest, QueryErrorsHaveAPlace) {
  const std::string ann = SignIn("ann");
  const Reply reply = Ask(ann, "POST", "/api/v1/query", R"({"text":"MATCH (a RETURN a"})");
  EXPECT_EQ(reply.status, 400);
  const auto json = Json::Parse(reply.body);
  const Json& error = *json->Find("error");
  EXPECT_EQ(error.Find("code")->string(), "query_error");
  EXPECT_EQ(error.Find("line")->integer(), 1);
  EXPECT_EQ(error.Find("column")->integer(), 10);
  EXPECT_NE(error.Find("caret")->string().find('^'), std::string::npos);
  const Reply writes = Ask(ann, "POST", "/api/v1/query", Statement("CREATE (:X)"));
  EXPECT_GE(writes.status, 400) << "a statement that writes needs write: true";
}

TEST_F(ApiTest, HostileQueriesAndBodiesAreRefusedAndTheServerStaysUp) {
  const std::string ann = SignIn("ann");
  for (const std::string& text :
       {std::string(1'000'000, '('), "RETURN " + std::string(900'000, '['), std::string()}) {
    const Reply reply = Ask(ann, "POST", "/api/v1/query", "{\"text\":\"" + text + "\"}");
    EXPECT_EQ(reply.status, 400) << reply.body.substr(0, 300);
  }
  EXPECT_EQ(Ask(ann, "POST", "/api/v1/query", std::string(1'000'000, '[')).status, 400);
  EXPECT_EQ(Ask(ann, "POST", "/api/v1/query", "{\"text\":\"\\ud800\"}").status, 400);
  EXPECT_EQ(Ask(ann, "POST", "/api/v1/query", "{\"text\":\"RETURN 1\",\"limit\":1e400}").status,
            400);
  EXPECT_EQ(Ask(ann, "POST", "/api/v1/query", std::string(5'000'000, ' ')).status, 413);
  EXPECT_EQ(AskJson("", "GET", "/api/v1/health").Find("status")->string(), "ok");
}

TEST_F(ApiTest, CasesOperationsAndMembers) {
  const std::string ann = SignIn("ann");
  const std::string sue = SignIn("sue");
  const std::string bob = SignIn("bob", false);
  EXPECT_EQ(CodeOf(Ask(ann, "POST", "/api/v1/cases", R"({"number":"A-2","basis":"art. 3"})")),
            "role_required");
  EXPECT_EQ(Ask(sue, "POST", "/api/v1/cases", R"({"number":"A-2","basis":"art. 3"})").status, 201);
  EXPECT_EQ(CodeOf(Ask(sue, "POST", "/api/v1/cases", R"({"number":"A-2","basis":"art. 3"})")),
            "exists");
  EXPECT_EQ(AskJson(ann, "GET", "/api/v1/cases").Find("cases")->array().size(), 2u);
  EXPECT_EQ(AskJson(bob, "GET", "/api/v1/cases").Find("cases")->array().size(), 0u);
  EXPECT_EQ(CodeOf(Ask(ann, "POST", "/api/v1/operations", R"({"name":"x","case":"N-1"})")),
            "not_found");
  const Json made = AskJson(ann, "POST", "/api/v1/operations",
                            R"({"name":"Bikes","case":"A-1","members":["west"]})");
  const std::string path = "/api/v1/operations/" + made.Find("id")->string();
  const std::string pattern = "/api/v1/operations/{operation}";
  EXPECT_EQ(AskJson(bob, "GET", "/api/v1/operations").Find("operations")->array().size(), 1u);
  EXPECT_EQ(AskJson(bob, "GET", "/api/v1/cases").Find("cases")->array().size(), 1u);
  EXPECT_EQ(CodeOf(Ask(SignIn("eve", false), "GET", path, "", pattern)), "not_found");
  EXPECT_EQ(CodeOf(Ask(bob, "PATCH", path, R"({"name":"Mine"})", pattern)), "forbidden");
  EXPECT_EQ(AskJson(ann, "PATCH", path, R"({"name":"Bikes 2"})", pattern).Find("name")->string(),
            "Bikes 2");
  EXPECT_EQ(Ask(ann, "PUT", path + "/members/north", "", pattern + "/members/{unit}").status, 200);
  EXPECT_EQ(Ask(ann, "DELETE", path + "/members/west", "", pattern + "/members/{unit}").status,
            200);
  EXPECT_EQ(CodeOf(Ask(ann, "DELETE", path + "/members/east", "", pattern + "/members/{unit}")),
            "refused");
  EXPECT_EQ(CodeOf(Ask(bob, "GET", path, "", pattern)), "not_found");
  EXPECT_EQ(
      AskJson(sue, "PATCH", "/api/v1/cases/A-2", R"({"state":"closed"})", "/api/v1/cases/{number}")
          .Find("state")
          ->string(),
      "closed");
}

class SandboxApiTest : public ApiFixture {
 protected:
  void SetUp() override { Start(/*sandbox=*/true); }
};

TEST_F(SandboxApiTest, NobodySignsInAndNoPurposeIsAsked) {
  const Json session = AskJson("", "GET", "/api/v1/session");
  EXPECT_TRUE(session.Find("sandbox")->boolean());
  EXPECT_EQ(AskJson("", "POST", "/api/v1/query", Statement("MATCH (n:Person) RETURN count(n)"))
                .Find("rows")
                ->array()[0]
                .array()[0]
                .integer(),
            3);
  EXPECT_EQ(
      Ask("", "POST", "/api/v1/query", R"({"text":"CREATE (n:Note {t: 1}) RETURN n","write":true})")
          .status,
      200);
  const Json made = AskJson("", "POST", "/api/v1/operations", R"({"name":"Try","case":""})");
  EXPECT_EQ(Ask("", "POST", "/api/v1/live/ticket",
                R"({"operation":")" + made.Find("id")->string() + "\"}")
                .status,
            200);
}

}  // namespace
}  // namespace skein::http
