// The folder being written: files with counts and SHA-256, and rows in a department's dialect.
//
// Shape     OutputTree → OutputFile (bytes) → Table (rows of fields). Files are written front to
// back
//           through a 256 KiB buffer; every file that was closed is listed for the manifest.
// Errors    UNAVAILABLE names the file and the reason. A write error is kept and returned by Close,
// so
//           that rows need no check each.
// Threads   one tree, one thread.
#pragma once

#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "importers/city/city.h"

namespace skein::city {

class OutputFile {
 public:
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void Write(std::string_view bytes);
  // Counts one data record.
  void CountRecord() { ++info_.records; }
  const CityFile& info() const { return info_; }

 private:
  friend class OutputTree;
  OutputFile(std::string path, std::FILE* file);
  void Flush();

  struct Digest;
  CityFile info_;
  std::FILE* file_;
  std::string buffer_;
  std::unique_ptr<Digest> digest_;
  absl::Status status_;
};

class OutputTree {
 public:
  // Creates the folder; refuses one that holds other things than an earlier city.
  static absl::StatusOr<OutputTree> Create(const std::string& dir);

  absl::StatusOr<std::unique_ptr<OutputFile>> Open(const std::string& path);
  absl::Status Close(std::unique_ptr<OutputFile> file);
  // A whole file at once.
  absl::Status WriteFile(const std::string& path, std::string_view bytes);
  const std::vector<CityFile>& files() const { return files_; }

 private:
  explicit OutputTree(std::string dir) : dir_(std::move(dir)) {}
  std::string dir_;
  std::vector<CityFile> files_;
};

// How a department writes its tables.
struct Dialect {
  char delimiter = ',';
  bool quote_all = false;  // else only fields that need it; never with a tab
  bool bom = false;
  bool crlf = false;
};

// One delimited table. Fields with the delimiter, a quote or a line end are quoted with doubled
// quotes (RFC 4180); tab-separated fields must hold none of them.
class Table {
 public:
  static absl::StatusOr<Table> Open(OutputTree& tree, const std::string& path, Dialect dialect,
                                    const std::vector<std::string>& header);
  void Row(std::initializer_list<std::string_view> fields);
  absl::Status Close();

 private:
  Table(OutputTree& tree, std::unique_ptr<OutputFile> file, Dialect dialect)
      : tree_(&tree), file_(std::move(file)), dialect_(dialect) {}
  void Line(const std::string_view* fields, size_t count);

  OutputTree* tree_;
  std::unique_ptr<OutputFile> file_;
  Dialect dialect_;
  std::string line_;
};

}  // namespace skein::city
