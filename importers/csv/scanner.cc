#include "importers/csv/scanner.h"

#include <cstring>

namespace skein {

CsvScanner::CsvScanner(std::string delimiter, char quote, size_t fields_max)
    : delimiter_(std::move(delimiter)), quote_(quote), fields_max_(fields_max) {
  stops_[static_cast<unsigned char>(delimiter_[0])] = true;
  stops_['\n'] = true;
  stops_['\r'] = true;
}

void CsvScanner::Add(size_t begin, size_t end, bool escaped) {
  if (count_ < fields_max_) fields_.push_back({begin, end, escaped});
  ++count_;
}

CsvScanner::Step CsvScanner::Separator(std::string_view buffer, bool final, size_t* at) {
  const size_t left = buffer.size() - *at;
  if (left == 0) return final ? Step::kEnd : Step::kMore;
  if (buffer[*at] == '\n') {
    length_ = *at;
    *at += 1;
    return Step::kLineEnd;
  }
  if (buffer[*at] == '\r') {
    if (left == 1) return final ? Step::kBad : Step::kMore;
    if (buffer[*at + 1] == '\n') {
      length_ = *at;
      *at += 2;
      return Step::kLineEnd;
    }
  }
  const size_t n = std::min(left, delimiter_.size());
  if (buffer.compare(*at, n, delimiter_, 0, n) != 0) return Step::kBad;
  if (n < delimiter_.size()) return final ? Step::kBad : Step::kMore;
  *at += n;
  return Step::kDelimiter;
}

CsvScanner::Step CsvScanner::ScanQuoted(std::string_view buffer, bool final, size_t* at) {
  const size_t open = *at;
  size_t i = open + 1;
  bool escaped = false;
  for (;;) {
    const void* found =
        i < buffer.size() ? std::memchr(buffer.data() + i, quote_, buffer.size() - i) : nullptr;
    if (found == nullptr) {
      error_at_ = open;
      in_quotes_ = true;
      return Step::kMore;  // Scan makes it kOpenQuote at the end of the input
    }
    i = static_cast<size_t>(static_cast<const char*>(found) - buffer.data());
    if (i + 1 == buffer.size() && !final) return Step::kMore;  // maybe doubled
    if (i + 1 < buffer.size() && buffer[i + 1] == quote_) {
      escaped = true;
      i += 2;
      continue;
    }
    break;
  }
  *at = i + 1;
  const Step step = Separator(buffer, final, at);
  if (step == Step::kBad) {
    // "text"\r at the very end of the input: the file was cut inside CRLF.
    error_at_ = *at;
    return step;
  }
  if (step != Step::kMore) Add(open + 1, i, escaped);
  return step;
}

CsvScanner::Step CsvScanner::ScanPlain(std::string_view buffer, bool final, size_t* at) {
  const size_t begin = *at;
  size_t i = begin;
  for (;;) {
    while (i < buffer.size() && !stops_[static_cast<unsigned char>(buffer[i])]) ++i;
    size_t after = i;
    const Step step = Separator(buffer, final, &after);
    if (step == Step::kBad) {  // a lone CR, or the start of a delimiter that goes on otherwise
      ++i;
      continue;
    }
    if (step != Step::kMore) Add(begin, i, false);
    *at = after;
    return step;
  }
}

CsvScanner::Outcome CsvScanner::Scan(std::string_view buffer, bool final) {
  fields_.clear();
  count_ = 0;
  in_quotes_ = has_quotes_ = false;
  size_t at = 0;
  for (;;) {
    if (at == buffer.size() && !final) return Outcome::kMore;
    const bool quoted = quote_ != 0 && at < buffer.size() && buffer[at] == quote_;
    has_quotes_ = has_quotes_ || quoted;
    const Step step = quoted ? ScanQuoted(buffer, final, &at) : ScanPlain(buffer, final, &at);
    switch (step) {
      case Step::kDelimiter:
        break;
      case Step::kLineEnd:
        used_ = at;
        return Outcome::kRecord;
      case Step::kEnd:
        used_ = length_ = buffer.size();
        return Outcome::kRecord;
      case Step::kMore:
        return final ? Outcome::kOpenQuote : Outcome::kMore;
      case Step::kBad:
        return Outcome::kAfterQuote;
    }
  }
}

}  // namespace skein
