#include "importers/jsonl/reader.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <deque>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "storage/base/status.h"

namespace skein {
namespace {

constexpr size_t kFirstBuffer = 64 << 10;

class JsonlReader final : public RecordReader {
 public:
  JsonlReader(std::unique_ptr<ByteSource> source, const ReaderRequest& request)
      : request_(request), source_(std::move(source)), buffer_(kFirstBuffer, '\0') {
    columns_ = request.columns;
    for (size_t i = 0; i < columns_.size(); ++i) Register(i);
  }

  absl::Status Start();

  const std::vector<std::string>& columns() const override { return columns_; }
  uint64_t position() const override { return source_->position(); }
  absl::StatusOr<What> Next(Record* record, BadRecord* bad) override;

 private:
  struct Column {
    size_t index;
    bool list;
  };

  void Register(size_t index) {
    const std::string& name = columns_[index];
    const bool list = std::find(request_.list_columns.begin(), request_.list_columns.end(), name) !=
                      request_.list_columns.end();
    if (name.starts_with("/")) {
      pointers_.push_back({index, list});
    } else {
      by_name_.emplace(name, Column{index, list});
    }
  }
  absl::Status Fill();
  // The next line without its end; false at the end of the input. Too long: dropped, *too_long.
  absl::StatusOr<bool> NextLine(std::string_view* line, bool* too_long);
  // Nullopt: the record is filled. Otherwise why the line is bad.
  std::optional<std::string> Decode(std::string_view line, Record* record, BadRecord* bad);
  std::optional<std::string> DecodeFields(simdjson::ondemand::object& object, Record* record,
                                          BadRecord* bad);
  std::optional<std::string> DecodePointers(Record* record);
  RawField FieldOf(simdjson::dom::element element, bool list);
  RawField Keep(std::string text, RawKind kind) {
    kept_.push_back(std::move(text));
    return {kept_.back(), kind};
  }

  ReaderRequest request_;
  std::unique_ptr<ByteSource> source_;
  std::vector<std::string> columns_;
  absl::flat_hash_map<std::string, Column> by_name_;
  std::vector<Column> pointers_;
  simdjson::dom::parser checker_;
  simdjson::ondemand::parser parser_;
  simdjson::dom::element root_;
  std::string padded_;
  std::deque<std::string> kept_;  // a deque: views into it must not move
  absl::flat_hash_set<std::string_view> seen_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;
  bool final_ = false;
  uint64_t line_ = 0;
  uint64_t number_ = 0;
};

absl::Status JsonlReader::Fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) {
    buffer_.resize(std::min(buffer_.size() * 2, request_.limits.record_bytes_max + kFirstBuffer));
  }
  while (!final_ && end_ < buffer_.size()) {
    SKEIN_ASSIGN_OR_RETURN(const size_t n,
                           source_->Read(buffer_.data() + end_, buffer_.size() - end_));
    final_ = n == 0;
    end_ += n;
  }
  return absl::OkStatus();
}

absl::Status JsonlReader::Start() {
  if (checker_.allocate(kFirstBuffer, static_cast<size_t>(request_.limits.json_depth_max)) !=
      simdjson::SUCCESS) {
    return ResourceExhausted(request_.name, ": no memory for the JSON parser");
  }
  SKEIN_RETURN_IF_ERROR(Fill());
  const std::string_view start = std::string_view(buffer_).substr(0, end_);
  if (start.starts_with("\xEF\xBB\xBF")) begin_ = 3;
  const std::string_view first = start.substr(0, 1024);
  const auto zeros = static_cast<size_t>(std::count(first.begin(), first.end(), '\0'));
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF") ||
      (first.size() >= 8 && zeros * 3 >= first.size())) {
    return InvalidArgument(request_.name, ": is UTF-16 or UTF-32; convert it to UTF-8 first");
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> JsonlReader::NextLine(std::string_view* line, bool* too_long) {
  *too_long = false;
  for (;;) {
    const std::string_view left = std::string_view(buffer_).substr(begin_, end_ - begin_);
    size_t end = left.find('\n');
    if (end == std::string_view::npos && final_) {
      if (left.empty()) return false;
      end = left.size();
    }
    if (end != std::string_view::npos) {
      *line = left.substr(0, end);
      begin_ += std::min(end + 1, left.size());
      ++line_;
      if (line->ends_with('\r')) line->remove_suffix(1);
      return true;
    }
    if (left.size() > request_.limits.record_bytes_max) {
      *too_long = true;
      *line = left.substr(0, 200);
      begin_ = end_;
      ++line_;
      // Drop the rest of the line; `line` may not point into the buffer while it is refilled.
      padded_.assign(*line);
      *line = padded_;
      for (;;) {
        SKEIN_RETURN_IF_ERROR(Fill());
        const size_t lf = std::string_view(buffer_).substr(0, end_).find('\n');
        begin_ = lf == std::string_view::npos ? end_ : lf + 1;
        if (lf != std::string_view::npos || final_) return true;
      }
    }
    SKEIN_RETURN_IF_ERROR(Fill());
  }
}

RawField JsonlReader::FieldOf(simdjson::dom::element element, bool list) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::STRING: {
      const std::string_view text = element.get_string().value_unsafe();
      return {text, RawKind::kText};
    }
    case element_type::INT64:
      return Keep(std::to_string(element.get_int64().value_unsafe()), RawKind::kJsonNumber);
    case element_type::UINT64:
      return Keep(std::to_string(element.get_uint64().value_unsafe()), RawKind::kJsonNumber);
    case element_type::DOUBLE: {
      char text[32];
      const auto made =
          std::to_chars(text, text + sizeof text, element.get_double().value_unsafe());
      return Keep(std::string(text, made.ptr), RawKind::kJsonNumber);
    }
    case element_type::BOOL:
      return {element.get_bool().value_unsafe() ? "true" : "false", RawKind::kJsonBoolean};
    case element_type::NULL_VALUE:
      return {"", RawKind::kJsonNull};
    case element_type::OBJECT:
      return {"", RawKind::kJsonNested};
    case element_type::ARRAY: {
      if (!list) return {"", RawKind::kJsonNested};
      std::string joined;
      bool first = true;
      // Kept: what value_unsafe() of a temporary returns would be gone before the first turn.
      const simdjson::dom::array parts = element.get_array().value_unsafe();
      for (const simdjson::dom::element part : parts) {
        const RawField field = FieldOf(part, false);
        if (field.kind == RawKind::kJsonNested) return field;
        if (field.kind == RawKind::kJsonNull) continue;
        if (!first) joined += kListSeparator;
        first = false;
        joined += field.text;
      }
      return Keep(std::move(joined), RawKind::kJsonList);
    }
  }
  return {"", RawKind::kJsonNested};
}

std::optional<std::string> JsonlReader::DecodePointers(Record* record) {
  for (const Column& column : pointers_) {
    simdjson::dom::element element;
    const simdjson::error_code error = root_.at_pointer(columns_[column.index]).get(element);
    if (error == simdjson::INVALID_JSON_POINTER) {
      return "'" + columns_[column.index] + "' is not a JSON pointer";
    }
    if (error != simdjson::SUCCESS) continue;  // missing
    record->fields[column.index] = FieldOf(element, column.list);
  }
  return std::nullopt;
}

std::optional<std::string> JsonlReader::DecodeFields(simdjson::ondemand::object& object,
                                                     Record* record, BadRecord* bad) {
  namespace od = simdjson::ondemand;
  seen_.clear();
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return "is not JSON";
    if (!seen_.insert(key).second) {
      bad->column = Excerpt(key, 60);
      return "has the key twice";
    }
    if (seen_.size() > request_.limits.columns_max) {
      return internal::Join("has more than ", request_.limits.columns_max, " keys");
    }
    auto found = by_name_.find(ToAbsl(key));
    if (found == by_name_.end()) {
      if (!request_.all_columns || key.starts_with("/")) continue;
      if (columns_.size() >= request_.limits.columns_max) {
        return internal::Join("is beyond the limit of ", request_.limits.columns_max, " columns");
      }
      columns_.emplace_back(key);
      record->fields.emplace_back("", RawKind::kMissing);
      found = by_name_.emplace(std::string(key), Column{columns_.size() - 1, false}).first;
    }
    RawField& out = record->fields[found->second.index];
    od::value value;
    od::json_type type;
    if (field.value().get(value) != simdjson::SUCCESS ||
        value.type().get(type) != simdjson::SUCCESS) {
      return "is not JSON";
    }
    if (type == od::json_type::number) {
      std::string_view token = value.raw_json_token();
      const size_t end = token.find_first_of(" \t\r\n");
      out = {token.substr(0, end), RawKind::kJsonNumber};
    } else {
      // The checked tree has it; only numbers lose their spelling there.
      simdjson::dom::element element;
      if (root_.at_key(key).get(element) != simdjson::SUCCESS) return "is not JSON";
      out = FieldOf(element, found->second.list);
    }
  }
  return std::nullopt;
}

std::optional<std::string> JsonlReader::Decode(std::string_view line, Record* record,
                                               BadRecord* bad) {
  padded_.assign(line);
  padded_.append(simdjson::SIMDJSON_PADDING, '\0');
  const simdjson::error_code checked =
      checker_.parse(padded_.data(), line.size(), /*realloc_if_needed=*/false).get(root_);
  if (checked != simdjson::SUCCESS) {
    bad->damaged = true;
    if (checked == simdjson::DEPTH_ERROR) {
      bad->damaged = false;
      return internal::Join("is nested deeper than ", request_.limits.json_depth_max);
    }
    if (checked == simdjson::NUMBER_ERROR) {
      bad->damaged = false;
      return "has a number that is none, or beyond 64 bits";
    }
    if (checked == simdjson::UTF8_ERROR) {
      return internal::Join("invalid UTF-8 at byte ", FindInvalidUtf8(line) + 1);
    }
    return internal::Join("is not JSON: ", simdjson::error_message(checked));
  }
  if (!root_.is_object()) return "is JSON, but not an object";
  record->fields.assign(columns_.size(), RawField{"", RawKind::kMissing});
  kept_.clear();
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser_.iterate(padded_.data(), line.size(), padded_.size()).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    bad->damaged = true;
    return "is not JSON";
  }
  if (auto why = DecodeFields(object, record, bad)) return why;
  return DecodePointers(record);
}

absl::StatusOr<RecordReader::What> JsonlReader::Next(Record* record, BadRecord* bad) {
  for (;;) {
    std::string_view line;
    bool too_long = false;
    SKEIN_ASSIGN_OR_RETURN(const bool more, NextLine(&line, &too_long));
    if (!more) return What::kEnd;
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    ++number_;
    *bad = {};
    bad->line = line_;
    bad->number = number_;
    if (too_long) {
      bad->damaged = true;
      bad->value = Excerpt(line);
      bad->reason = internal::Join("line longer than ", request_.limits.record_bytes_max, " bytes");
      return What::kBad;
    }
    if (auto why = Decode(line, record, bad)) {
      bad->value = Excerpt(line);
      bad->reason = *std::move(why);
      return What::kBad;
    }
    record->line = line_;
    record->number = number_;
    record->content = line;
    return What::kRecord;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<RecordReader>> OpenJsonl(std::unique_ptr<ByteSource> source,
                                                        const ReaderRequest& request) {
  if (request.options.encoding == Encoding::kGb18030) source = FromGb18030(std::move(source));
  auto reader = std::make_unique<JsonlReader>(std::move(source), request);
  SKEIN_RETURN_IF_ERROR(reader->Start());
  return reader;
}

}  // namespace skein
