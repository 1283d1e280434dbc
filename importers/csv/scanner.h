// CsvScanner: finds the fields of the record at the start of a buffer. Pure; no input or output.
//
// Shape     Slices of the buffer, quotes taken off; doubled quotes inside are still doubled
//           (`escaped`), because a damaged record must leave the buffer as it was.
// Order     kMore: the buffer ends before the record does, and more bytes may follow (`final`
//           false): scan again from the start with more.
// Cost      one table look-up a byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

struct CsvSlice {
  size_t begin = 0;
  size_t end = 0;
  bool escaped = false;  // holds doubled quotes
};

class CsvScanner {
 public:
  enum class Outcome : uint8_t {
    kRecord,      // `used` bytes, fields filled
    kMore,        // needs more bytes
    kOpenQuote,   // the input ends inside the quotes opened at `error_at`
    kAfterQuote,  // text after the closing quote, at `error_at`
  };

  // quote 0: none. `fields_max`: further fields are counted, not kept.
  CsvScanner(std::string delimiter, char quote, size_t fields_max);

  Outcome Scan(std::string_view buffer, bool final);

  const std::vector<CsvSlice>& fields() const { return fields_; }
  size_t field_count() const { return count_; }
  size_t used() const { return used_; }      // with the line end
  size_t length() const { return length_; }  // without it
  size_t error_at() const { return error_at_; }
  bool in_quotes() const { return in_quotes_; }  // of kMore: where the buffer ended
  bool has_quotes() const { return has_quotes_; }

 private:
  enum class Step : uint8_t { kDelimiter, kLineEnd, kEnd, kMore, kBad };
  Step ScanQuoted(std::string_view buffer, bool final, size_t* at);
  Step ScanPlain(std::string_view buffer, bool final, size_t* at);
  // What stands at `at`: delimiter, line end, end of input, neither (kBad), or not enough bytes.
  Step Separator(std::string_view buffer, bool final, size_t* at);
  void Add(size_t begin, size_t end, bool escaped);

  std::string delimiter_;
  char quote_;
  size_t fields_max_;
  std::array<bool, 256> stops_{};  // bytes at which an unquoted field may end
  std::vector<CsvSlice> fields_;
  size_t count_ = 0, used_ = 0, length_ = 0, error_at_ = 0;
  bool in_quotes_ = false, has_quotes_ = false;
};

}  // namespace skein
