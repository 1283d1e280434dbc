// Scratch folders and one-call imports into a memory store, for tests of importers.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "importers/cli/run.h"
#include "storage/graph/graph.h"
#include "storage/kv/memory_store.h"
#include "tests/import/canonical.h"

namespace skein {

// A folder that goes with the test.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "skein-import-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string Write(const std::string& name, const std::string& content) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  std::string Read(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream(path_ + "/" + name, std::ios::binary).rdbuf();
    return out.str();
  }

 private:
  std::string path_;
};

class ImportTest : public testing::Test {
 protected:
  ImportTest() : store_(MakeMemoryStore()) {
    graph_ = *Graph::Open(*store_, {});
    options_.data_dir = data_.path();
    options_.quarantine = out_.path() + "/quarantine.jsonl";
    options_.clock = &clock_;
  }

  static Mapping Parse(const std::string& yaml) {
    auto mapping = ParseMapping(yaml, "m.yaml");
    EXPECT_TRUE(mapping.ok()) << mapping.status().ToString();
    return mapping.ok() ? *std::move(mapping) : Mapping{};
  }
  absl::StatusOr<ImportSummary> TryImport(const std::vector<std::string>& yamls) {
    std::vector<Mapping> mappings;
    for (const std::string& yaml : yamls) mappings.push_back(Parse(yaml));
    return RunImport(*graph_, mappings, options_);
  }
  ImportSummary Import(const std::string& yaml) { return Import(std::vector<std::string>{yaml}); }
  ImportSummary Import(const std::vector<std::string>& yamls) {
    auto summary = TryImport(yamls);
    EXPECT_TRUE(summary.ok()) << summary.status().ToString();
    if (!summary.ok()) return {};
    EXPECT_EQ(summary->total.read, summary->total.accepted + summary->total.rejected);
    return *std::move(summary);
  }
  std::string Export() {
    auto text = Canonical(*graph_);
    EXPECT_TRUE(text.ok()) << text.status().ToString();
    return text.ok() ? *text : "";
  }
  // An empty store in place of the present one.
  void Fresh() {
    graph_.reset();
    store_ = MakeMemoryStore();
    graph_ = *Graph::Open(*store_, {});
  }

  Scratch data_, out_;
  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> graph_;
  ImportOptions options_;
};

// Nothing was made or changed.
inline void ExpectNoChange(const ImportSummary& summary) {
  EXPECT_EQ(summary.total.created, 0u);
  EXPECT_EQ(summary.total.updated, 0u);
  EXPECT_EQ(summary.total.implied, 0u);
  EXPECT_EQ(summary.total.links, 0u);
  EXPECT_EQ(summary.total.links_updated, 0u);
  EXPECT_EQ(summary.total.sightings, 0u);
}

}  // namespace skein
