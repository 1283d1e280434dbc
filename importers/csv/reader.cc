#include "importers/csv/reader.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "importers/csv/scanner.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr size_t kFirstBuffer = 64 << 10;
constexpr size_t kPiece = 128 << 10;

struct Position {
  uint64_t line;
  uint64_t column;  // in bytes, 1-based
};

Position PositionIn(std::string_view text, size_t at, uint64_t first_line) {
  const std::string_view before = text.substr(0, at);
  const auto lines = static_cast<uint64_t>(std::count(before.begin(), before.end(), '\n'));
  const size_t last = before.rfind('\n');
  return {first_line + lines, at - (last == std::string_view::npos ? 0 : last + 1) + 1};
}

std::string Spell(Position p) { return internal::Join("line ", p.line, " column ", p.column); }

class CsvReader final : public RecordReader {
 public:
  CsvReader(std::unique_ptr<ByteSource> source, const ReaderRequest& request)
      : request_(request),
        source_(std::move(source)),
        scanner_(request.options.delimiter, request.options.quote, request.limits.columns_max),
        buffer_(kFirstBuffer, '\0') {}

  absl::Status Start();

  const std::vector<std::string>& columns() const override { return columns_; }
  uint64_t position() const override { return source_->position(); }
  absl::StatusOr<What> Next(Record* record, BadRecord* bad) override;
  absl::StatusOr<bool> NextPiece(RecordPiece* piece) override;
  std::unique_ptr<PieceReader> NewPieceReader() const override;

 private:
  friend class CsvPieces;

  std::string_view left() const { return std::string_view(buffer_).substr(begin_, end_ - begin_); }
  absl::Status Fill();
  absl::Status CheckEncoding();
  absl::Status SkipLines(int count);
  absl::StatusOr<CsvScanner::Outcome> ScanRecord(bool* too_long);
  absl::Status SkipLine();
  absl::StatusOr<What> Damaged(CsvScanner::Outcome outcome, bool too_long, BadRecord* bad);
  bool CheckBytes(std::string_view record, BadRecord* bad);
  bool CheckShape(std::string_view record, BadRecord* bad);
  void Unescape(CsvSlice* slice);
  std::string_view FieldAt(size_t record_begin, CsvSlice slice) {
    return std::string_view(buffer_).substr(record_begin + slice.begin, slice.end - slice.begin);
  }
  std::string ColumnAt(size_t at) const;
  void Consume(size_t bytes) {
    const char* from = buffer_.data() + begin_;
    line_ += static_cast<uint64_t>(std::count(from, from + bytes, '\n'));
    begin_ += bytes;
  }

  ReaderRequest request_;
  std::unique_ptr<ByteSource> source_;
  CsvScanner scanner_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;
  bool final_ = false;
  bool checked_ = false;  // what is in the buffer is UTF-8 without NUL
  std::vector<std::string> columns_;
  uint64_t line_ = 1;
  uint64_t number_ = 0;
};

// Reads until the buffer is full or the input ends; grows the buffer when a record fills it.
absl::Status CsvReader::Fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) {
    const size_t most = request_.limits.record_bytes_max + kFirstBuffer;
    buffer_.resize(std::min(buffer_.size() * 2, most));
  }
  while (!final_ && end_ < buffer_.size()) {
    SKEIN_ASSIGN_OR_RETURN(const size_t n,
                           source_->Read(buffer_.data() + end_, buffer_.size() - end_));
    final_ = n == 0;
    end_ += n;
  }
  return absl::OkStatus();
}

absl::Status CsvReader::CheckEncoding() {
  const std::string_view text = left();
  const auto refuse = [this](std::string_view name) {
    return InvalidArgument(request_.name, ": is ", name, "; convert it to UTF-8 first");
  };
  if (text.starts_with("\xEF\xBB\xBF")) {
    begin_ += 3;
    return absl::OkStatus();
  }
  using namespace std::string_view_literals;
  if (text.starts_with("\xFF\xFE\0\0"sv) || text.starts_with("\0\0\xFE\xFF"sv)) {
    return refuse("UTF-32");
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return refuse("UTF-16");
  // Without a mark: every second byte of Latin text is zero.
  const std::string_view start = text.substr(0, 1024);
  const auto zeros = static_cast<size_t>(std::count(start.begin(), start.end(), '\0'));
  if (start.size() >= 8 && zeros * 3 >= start.size()) return refuse("UTF-16 or binary");
  return absl::OkStatus();
}

// Drops bytes up to and with the next LF, however many, without keeping them.
absl::Status CsvReader::SkipLine() {
  for (;;) {
    const size_t end = left().find('\n');
    if (end != std::string_view::npos) {
      Consume(end + 1);
      return absl::OkStatus();
    }
    Consume(left().size());
    if (final_) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(Fill());
  }
}

absl::Status CsvReader::SkipLines(int count) {
  for (int i = 0; i < count; ++i) SKEIN_RETURN_IF_ERROR(SkipLine());
  return absl::OkStatus();
}

absl::StatusOr<CsvScanner::Outcome> CsvReader::ScanRecord(bool* too_long) {
  *too_long = false;
  for (;;) {
    const CsvScanner::Outcome outcome = scanner_.Scan(left(), final_);
    if (outcome != CsvScanner::Outcome::kMore) return outcome;
    if (left().size() > request_.limits.record_bytes_max) {
      *too_long = true;
      return outcome;
    }
    SKEIN_RETURN_IF_ERROR(Fill());
  }
}

absl::Status CsvReader::Start() {
  SKEIN_RETURN_IF_ERROR(Fill());
  SKEIN_RETURN_IF_ERROR(CheckEncoding());
  SKEIN_RETURN_IF_ERROR(SkipLines(request_.options.skip_lines));
  if (!request_.options.has_header) {
    columns_ = request_.options.header;
    return absl::OkStatus();
  }
  bool too_long = false;
  SKEIN_ASSIGN_OR_RETURN(const CsvScanner::Outcome outcome, ScanRecord(&too_long));
  if (left().empty()) return InvalidArgument(request_.name, ": is empty, not even a header");
  BadRecord bad;
  if (too_long) {
    return InvalidArgument(request_.name, ": the header is longer than ",
                           request_.limits.record_bytes_max, " bytes");
  }
  if (outcome != CsvScanner::Outcome::kRecord) {
    SKEIN_RETURN_IF_ERROR(Damaged(outcome, too_long, &bad).status());
    return InvalidArgument(request_.name, ":", bad.line, ": the header is damaged: ", bad.reason);
  }
  if (!CheckBytes(left().substr(0, scanner_.length()), &bad)) {
    return InvalidArgument(request_.name, ":", bad.line, ": the header is damaged: ", bad.reason);
  }
  if (scanner_.field_count() > request_.limits.columns_max) {
    return InvalidArgument(request_.name, ": ", scanner_.field_count(), " columns, the limit is ",
                           request_.limits.columns_max);
  }
  std::set<std::string> names;
  for (CsvSlice slice : scanner_.fields()) {
    Unescape(&slice);
    std::string name(FieldAt(begin_, slice));
    if (!names.insert(name).second) {
      return InvalidArgument(request_.name, ":", line_, ": the header names column '",
                             Excerpt(name, 60), "' twice");
    }
    columns_.push_back(std::move(name));
  }
  Consume(scanner_.used());
  return absl::OkStatus();
}

// Doubled quotes to single ones, in place.
void CsvReader::Unescape(CsvSlice* slice) {
  if (!slice->escaped) return;
  char* const text = buffer_.data() + begin_;
  size_t to = slice->begin;
  for (size_t from = slice->begin; from < slice->end; ++from) {
    text[to++] = text[from];
    if (text[from] == request_.options.quote) ++from;
  }
  slice->end = to;
}

std::string CsvReader::ColumnAt(size_t at) const {
  const std::vector<CsvSlice>& fields = scanner_.fields();
  for (size_t i = 0; i < fields.size() && i < columns_.size(); ++i) {
    if (at >= fields[i].begin && at < fields[i].end) return columns_[i];
  }
  return "";
}

bool CsvReader::CheckBytes(std::string_view record, BadRecord* bad) {
  size_t at = FindInvalidUtf8(record);
  const bool is_utf8 = at == std::string_view::npos;
  if (is_utf8) at = record.find('\0');
  if (at == std::string_view::npos) return true;
  const Position where = PositionIn(record, at, line_);
  bad->line = where.line;
  bad->column = ColumnAt(at);
  bad->value = Excerpt(record);
  bad->damaged = true;
  if (is_utf8) {
    bad->reason = internal::Join("NUL byte at ", Spell(where));
  } else {
    constexpr char kHex[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(record[at]);
    bad->reason = internal::Join("invalid UTF-8 byte 0x", std::string(1, kHex[byte >> 4]),
                                 std::string(1, kHex[byte & 15]), " at ", Spell(where));
  }
  return false;
}

bool CsvReader::CheckShape(std::string_view record, BadRecord* bad) {
  bad->line = line_;
  bad->damaged = false;
  if (scanner_.field_count() != columns_.size()) {
    bad->column.clear();
    bad->value = Excerpt(record);
    bad->reason = internal::Join("has ", scanner_.field_count(), " columns, the header has ",
                                 columns_.size());
    return false;
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    const CsvSlice slice = scanner_.fields()[i];
    if (slice.end - slice.begin <= request_.limits.field_bytes_max) continue;
    bad->column = columns_[i];
    bad->value = Excerpt(record.substr(slice.begin, 200));
    bad->reason = internal::Join("field of ", slice.end - slice.begin, " bytes, the limit is ",
                                 request_.limits.field_bytes_max);
    return false;
  }
  return true;
}

absl::StatusOr<RecordReader::What> CsvReader::Damaged(CsvScanner::Outcome outcome, bool too_long,
                                                      BadRecord* bad) {
  const std::string_view text = left();
  bad->line = line_;
  bad->column.clear();
  bad->value = Excerpt(text.substr(0, std::min(text.find('\n'), size_t{400})));
  bad->damaged = true;
  const bool open = outcome == CsvScanner::Outcome::kOpenQuote || scanner_.in_quotes();
  if (open) {
    const Position where = PositionIn(text, scanner_.error_at(), line_);
    bad->line = where.line;
    bad->reason = internal::Join("unclosed quote, opened at ", Spell(where),
                                 too_long ? " and not closed within " : "");
    if (too_long) {
      bad->reason += internal::Join(request_.limits.record_bytes_max, " bytes");
    }
  } else if (outcome == CsvScanner::Outcome::kAfterQuote) {
    const Position where = PositionIn(text, scanner_.error_at(), line_);
    bad->reason = internal::Join("text after a closing quote at ", Spell(where));
  } else {
    bad->reason = internal::Join("record longer than ", request_.limits.record_bytes_max, " bytes");
  }
  SKEIN_RETURN_IF_ERROR(SkipLine());
  return What::kBad;
}

absl::StatusOr<RecordReader::What> CsvReader::Next(Record* record, BadRecord* bad) {
  for (;;) {
    bool too_long = false;
    SKEIN_ASSIGN_OR_RETURN(const CsvScanner::Outcome outcome, ScanRecord(&too_long));
    if (left().empty()) return What::kEnd;
    if (outcome != CsvScanner::Outcome::kRecord) {
      bad->number = ++number_;
      return Damaged(outcome, too_long, bad);
    }
    if (scanner_.length() == 0) {  // a blank line
      Consume(scanner_.used());
      continue;
    }
    const std::string_view text = left().substr(0, scanner_.length());
    ++number_;
    if ((!checked_ && !CheckBytes(text, bad)) || !CheckShape(text, bad)) {
      bad->number = number_;
      Consume(scanner_.used());
      return What::kBad;
    }
    record->line = line_;
    record->number = number_;
    record->content = {};
    record->fields.resize(columns_.size());
    const size_t begin = begin_;
    const size_t used = scanner_.used();
    // Counted before quotes are taken out; no line end is lost by that.
    line_ += scanner_.has_quotes()
                 ? static_cast<uint64_t>(std::count(text.data(), text.data() + used, '\n'))
                 : uint64_t{used > text.size()};
    for (size_t i = 0; i < columns_.size(); ++i) {
      CsvSlice slice = scanner_.fields()[i];
      Unescape(&slice);
      record->fields[i] = {FieldAt(begin, slice), RawKind::kText};
    }
    begin_ += used;
    return What::kRecord;
  }
}

// Without quotes every line is a record, but for blank ones.
absl::StatusOr<bool> CsvReader::NextPiece(RecordPiece* piece) {
  std::string& text = piece->text;
  text.resize(std::max(kPiece, left().size()));
  size_t size = left().copy(text.data(), left().size());
  while (!final_ && size < text.size()) {
    SKEIN_ASSIGN_OR_RETURN(const size_t n, source_->Read(text.data() + size, text.size() - size));
    final_ = n == 0;
    size += n;
  }
  text.resize(size);
  const char quote = request_.options.quote;
  const bool quotes = quote != 0 && std::memchr(text.data(), quote, size) != nullptr;
  const size_t last = text.rfind('\n');
  const size_t end = quotes ? 0 : final_ ? size : last == std::string::npos ? 0 : last + 1;
  buffer_.assign(text, end);
  begin_ = 0;
  end_ = buffer_.size();
  if (buffer_.size() < kFirstBuffer) buffer_.resize(kFirstBuffer);
  text.resize(end);
  piece->lines_before = line_ - 1;
  piece->records_before = number_;
  for (size_t at = 0; at < end; ++line_) {
    const void* found = std::memchr(text.data() + at, '\n', end - at);
    if (found == nullptr) {  // the last line lacks its end
      ++number_;
      break;
    }
    const auto next = static_cast<size_t>(static_cast<const char*>(found) - text.data());
    const bool blank = next == at || (next == at + 1 && text[at] == '\r');
    number_ += blank ? 0 : 1;
    at = next + 1;
  }
  return end > 0;
}

class CsvPieces final : public PieceReader {
 public:
  explicit CsvPieces(const CsvReader& whole) : reader_(nullptr, whole.request_) {
    reader_.columns_ = whole.columns_;
    reader_.final_ = true;
  }
  void Begin(RecordPiece* piece) override {
    reader_.buffer_.swap(piece->text);
    reader_.begin_ = 0;
    reader_.end_ = reader_.buffer_.size();
    reader_.line_ = piece->lines_before + 1;
    reader_.number_ = piece->records_before;
    const std::string_view text = reader_.left();
    reader_.checked_ = FindInvalidUtf8(text) == std::string_view::npos &&
                       text.find('\0') == std::string_view::npos;
  }
  absl::StatusOr<RecordKind> Next(Record* record, BadRecord* bad) override {
    return reader_.Next(record, bad);
  }

 private:
  CsvReader reader_;
};

std::unique_ptr<PieceReader> CsvReader::NewPieceReader() const {
  return std::make_unique<CsvPieces>(*this);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RecordReader>> OpenCsv(std::unique_ptr<ByteSource> source,
                                                      const ReaderRequest& request) {
  if (request.options.encoding == Encoding::kGb18030) source = FromGb18030(std::move(source));
  auto reader = std::make_unique<CsvReader>(std::move(source), request);
  SKEIN_RETURN_IF_ERROR(reader->Start());
  return reader;
}

}  // namespace skein
