// The text cases of tests/cases: what a query can show, as data.
//
//     about  Two hops count paths, not end points.
//     graph  diamond
//     modes  default no-rewrites batch-of-1 reopen
//     query  MATCH (a {name: 'a'})-->()-->(d) RETURN d.name, count(*)
//     rows   unordered
//     'd' | 2
//     query  MATCH (a RETURN a
//     error  INVALID_ARGUMENT at 1:10
//
// about  one line; a new one begins a new case in the same file, with a fresh graph.
// graph  a file of tests/cases/graphs (statements separated by `;`), or `empty`.
// modes  in which modes the case runs; default: all of them.
// param  name = literal, for the next query alone.
// query  the text; lines indented by seven blanks go on.
// rows   [ordered|unordered]; the rows follow, columns apart by ` | `, until the next keyword or an
//        empty line. Without `rows` or `error` a query must give no rows.
// names  the column names, apart by ` | `.
// error  STATUS_CODE [Detail] [at LINE:COLUMN]
// plan   a word that the plan must contain, or `not WORD`; repeatable
// writes nodes_created=1 links_deleted=2 ...: the summary's counters; others must be 0
//
// Errors    INVALID_ARGUMENT with file:line.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/base/value.h"

namespace skein::cases {

struct Step {
  int line = 0;
  std::string query;
  ValueMap parameters;
  bool has_rows = false, ordered = false;
  std::vector<std::string> rows;
  std::string names;
  std::string error;
  std::vector<std::string> plan;
  std::map<std::string, uint64_t> writes;
  bool has_writes = false;
};

struct Case {
  std::string file;
  int line = 0;
  std::string about;
  std::string graph = "empty";
  std::vector<std::string> modes;  // empty: all
  std::vector<Step> steps;
};

absl::StatusOr<std::vector<Case>> ReadCases(const std::string& path);

// Rewrites the expectations of a file: `rows` and `error` lines of the steps in `actual`, by line
// number of their query.
struct Actual {
  std::vector<std::string> rows;
  std::string error;
};
absl::Status AcceptCases(const std::string& path, const std::map<int, Actual>& actual);

}  // namespace skein::cases
