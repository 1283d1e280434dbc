// Feature files of the openCypher TCK: scenarios made of its own steps, outlines expanded.
//
// Shape     Only what the TCK uses of Gherkin: Feature, Background, Scenario, Scenario Outline,
//           Examples, tags, doc strings, tables.
// Errors    INVALID_ARGUMENT with file:line.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace skein::tck {

using Row = std::vector<std::string>;

struct Step {
  std::string text;  // without Given, When, Then, And
  std::string doc;   // doc string
  std::vector<Row> table;
};

struct Scenario {
  std::string id;  // feature, name and, of outlines, #n
  std::string category;
  std::vector<std::string> tags;
  std::vector<Step> steps;
};

// All scenarios under `dir`, in file order.
absl::StatusOr<std::vector<Scenario>> LoadScenarios(const std::string& dir);

}  // namespace skein::tck
