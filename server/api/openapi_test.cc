#include "server/api/openapi.h"

#include <gtest/gtest.h>

#include "server/api/json.h"

namespace skein {
namespace {

// Every "$ref" in the document points at something that is there.
void ExpectRefs(const Json& root, const Json& at) {
  if (at.is_array()) {
    for (const Json& item : at.array()) ExpectRefs(root, item);
  }
  if (!at.is_object()) return;
  for (const auto& [key, value] : at.object()) {
    if (key != "$ref") {
      ExpectRefs(root, value);
      continue;
    }
    const Json* target = &root;
    std::string_view path = value.string();
    ASSERT_EQ(path.substr(0, 2), "#/");
    for (path.remove_prefix(2); target != nullptr && !path.empty();) {
      const size_t slash = std::min(path.find('/'), path.size());
      target = target->Find(path.substr(0, slash));
      path.remove_prefix(std::min(slash + 1, path.size()));
    }
    EXPECT_NE(target, nullptr) << value.string();
  }
}

TEST(OpenApiTest, IsJsonAndItsReferencesResolve) {
  const auto json = Json::Parse(OpenApiJson());
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->Find("openapi")->string(), "3.1.0");
  ExpectRefs(*json, *json);
}

TEST(OpenApiTest, EveryOperationHasAnIdAndAnError) {
  const auto json = Json::Parse(OpenApiJson());
  ASSERT_TRUE(json.ok());
  for (const auto& [path, item] : json->Find("paths")->object()) {
    for (const auto& [method, operation] : item.object()) {
      EXPECT_NE(operation.Find("operationId"), nullptr) << method << " " << path;
      const Json* auth = operation.Find("x-skein-auth");
      if (auth != nullptr && auth->string() == "none") continue;
      EXPECT_NE(operation.Find("responses")->Find("default"), nullptr) << method << " " << path;
    }
  }
}

}  // namespace
}  // namespace skein
