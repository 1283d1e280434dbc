// ColumnProfile: what the texts of one column look like: type, nulls, distinct values, samples.
//
// Use       `skein import --dry-run`, for people who write or check a mapping.
// Cost      bounded: 1,000 distinct values are told apart, 5 kept as samples; beyond `rows_max`
//           records only counting goes on.
// Threads   one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "importers/core/field.h"

namespace skein {

class ColumnProfile {
 public:
  static constexpr uint64_t kRowsMax = 100'000;
  static constexpr size_t kDistinctMax = 1000;
  static constexpr size_t kSamplesMax = 5;

  explicit ColumnProfile(std::string name);

  void Add(const RawField& field);

  struct Guess {
    FieldType type = FieldType::kString;
    std::string format;  // of times; empty: ISO 8601
  };
  // The narrowest type that fits every value seen; string when there is none.
  Guess guess() const;

  const std::string& name() const { return name_; }
  uint64_t rows() const { return rows_; }
  uint64_t nulls() const { return nulls_; }
  size_t distinct() const { return distinct_.size(); }  // kDistinctMax + 1: more
  // No value occurs twice, as far as could be told, and none is null.
  bool unique() const { return nulls_ == 0 && !repeated_ && rows_ > 0; }

  // {"name", "type", "format", "rows", "nulls", "distinct", "longest", "samples"}
  std::string Json() const;

 private:
  std::string name_;
  uint64_t rows_ = 0, nulls_ = 0;
  size_t longest_ = 0;
  bool repeated_ = false;
  absl::flat_hash_set<uint64_t> distinct_;  // hashes
  absl::flat_hash_set<uint64_t> seen_;      // for `unique`, up to kRowsMax
  std::vector<std::string> samples_;
  std::vector<bool> fits_;  // by candidate
};

}  // namespace skein
