// LinkMaker: records of files that hold nothing but links, to links, without a detour.
//
// Shape     What RowMaker makes of a record, where the rules are plain: ends by one integer key,
//           links without a key of their own, sightings. Whatever of a record is not plain (a sign,
//           a blank, a value to be refused) is left to the RowMaker: so both mean the same, and
//           only one knows the rules in full.
// Threads   One; makers of several threads share what they borrow.
// Lifetime  Borrows the mapping and its file rule.
// Cost      No allocation for a record; two hashes of the row where its identity is its content.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "importers/core/identity.h"
#include "importers/core/mapping.h"
#include "importers/core/record.h"
#include "importers/core/row_maker.h"

namespace skein {

// A link as it was made. Its ends are keys under the labels of its rule.
struct MadeLink {
  uint32_t rule = 0;  // of the file
  uint32_t row = 0;
  int64_t from = 0, to = 0;
  ValidTime valid;
  uint32_t properties_begin = 0, properties_bytes = 0;  // in the block, as PackProperties packs
  char identity[16] = {};                               // not of sightings
};

// What was made of some neighbouring records.
struct LinkBlock {
  std::vector<MadeLink> links;
  std::string properties;
  std::vector<Row> rows;  // of records that were not plain
  std::vector<BadRecord> bad;
  uint64_t read = 0, accepted = 0, nulled = 0;
  uint64_t position = 0;  // of the file, behind the last record
  absl::Status status = absl::OkStatus();
};

class LinkMaker {
 public:
  using KeyOf = std::function<absl::StatusOr<KeyId>(const std::string& name)>;

  // Whether a file's rules are plain.
  static bool Suits(const FileRule& file);
  // `columns`: the reader's. Of a file that suits.
  static absl::StatusOr<std::unique_ptr<LinkMaker>> Create(const Mapping& mapping,
                                                           const FileRule& file,
                                                           const std::vector<std::string>& columns,
                                                           const KeyOf& key_of, absl::Time now);
  virtual ~LinkMaker() = default;

  // False: the record is not plain, and nothing was added.
  virtual bool Make(const Record& record, LinkBlock* block) = 0;
};

}  // namespace skein
