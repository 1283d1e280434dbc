#include "server/main/result_writer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/escaping.h"
#include "query/engine/elements.h"
#include "server/api/json.h"
#include "server/main/display_width.h"
#include "storage/base/status.h"

namespace skein {
namespace {

std::string ElementId(char kind, int64_t id) { return kind + std::to_string(id); }

void WriteJson(const Value& v, const Elements& elements, JsonWriter& w);

void WriteProperties(const ValueMap& map, const Elements& elements, JsonWriter& w) {
  w.BeginObject();
  for (const auto& [key, item] : map) {
    w.Key(key);
    WriteJson(item, elements, w);
  }
  w.EndObject();
}

void WriteNode(const NodeView& n, const Elements& elements, JsonWriter& w) {
  w.BeginObject().Member("id", ElementId('n', n.id)).Key("labels").BeginArray();
  for (const std::string& label : n.labels) w.String(label);
  w.EndArray().Key("properties");
  WriteProperties(n.properties, elements, w);
  w.EndObject();
}

void WriteLink(const LinkView& l, const Elements& elements, JsonWriter& w) {
  w.BeginObject().Member("id", ElementId('l', l.id)).Member("type", l.type);
  w.Member("start", ElementId('n', l.from)).Member("end", ElementId('n', l.to)).Key("properties");
  WriteProperties(l.properties, elements, w);
  w.EndObject();
}

void WritePath(const PathValue& path, const Elements& elements, JsonWriter& w) {
  w.BeginObject().Key("nodes").BeginArray();
  for (NodeId id : path.nodes) WriteNode(elements.node(id), elements, w);
  w.EndArray().Key("links").BeginArray();
  for (LinkId id : path.links) WriteLink(elements.link(id), elements, w);
  w.EndArray().EndObject();
}

void WritePoint(const Point& p, JsonWriter& w) {
  w.BeginObject().Member("srid", static_cast<int64_t>(p.srid));
  w.Key("x").Float(p.x).Key("y").Float(p.y);
  if (p.srid == 4979 || p.srid == 9157) w.Key("z").Float(p.z);
  w.EndObject();
}

void WriteJson(const Value& v, const Elements& elements, JsonWriter& w) {
  switch (v.kind()) {
    case ValueKind::kNull:
      w.Null();
      break;
    case ValueKind::kBoolean:
      w.Boolean(v.boolean());
      break;
    case ValueKind::kInteger:
      w.Integer(v.integer());
      break;
    case ValueKind::kFloat:
      std::isfinite(v.real()) ? w.Float(v.real()) : w.String(ToLiteral(v));
      break;
    case ValueKind::kString:
      w.String(v.string());
      break;
    case ValueKind::kBytes:
      w.String(absl::Base64Escape(v.bytes()));
      break;
    case ValueKind::kList:
      w.BeginArray();
      for (const Value& item : v.list()) WriteJson(item, elements, w);
      w.EndArray();
      break;
    case ValueKind::kMap:
      WriteProperties(v.map(), elements, w);
      break;
    case ValueKind::kPoint:
      WritePoint(v.point(), w);
      break;
    case ValueKind::kNode:
      WriteNode(elements.node(v.node()), elements, w);
      break;
    case ValueKind::kLink:
      WriteLink(elements.link(v.link()), elements, w);
      break;
    case ValueKind::kPath:
      WritePath(v.path(), elements, w);
      break;
    default:
      w.String(TemporalText(v));
      break;
  }
}

std::string JsonText(const Value& v, const Elements& elements) {
  JsonWriter w;
  WriteJson(v, elements, w);
  return w.Take();
}

// What the formats share: the output file, the columns, the elements of a batch of rows.
class WriterBase : public ResultWriter {
 public:
  explicit WriterBase(std::FILE* out) : out_(out) {}
  absl::Status Begin(const std::vector<std::string>& columns) override {
    columns_ = columns;
    return Head();
  }
  absl::Status Rows(Cursor& cursor, const std::vector<std::vector<Value>>& rows) override {
    SKEIN_RETURN_IF_ERROR(elements_.Load(cursor, rows));
    for (const auto& row : rows) SKEIN_RETURN_IF_ERROR(Row(row));
    return absl::OkStatus();
  }
  absl::Status End() override {
    SKEIN_RETURN_IF_ERROR(Tail());
    return std::fflush(out_) == 0 ? absl::OkStatus() : Unavailable("cannot write the result");
  }

 protected:
  virtual absl::Status Head() { return absl::OkStatus(); }
  virtual absl::Status Row(const std::vector<Value>& row) = 0;
  virtual absl::Status Tail() { return absl::OkStatus(); }
  absl::Status Put(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), out_) == text.size()) return absl::OkStatus();
    return Unavailable("cannot write the result");
  }

  std::FILE* out_;
  std::vector<std::string> columns_;
  Elements elements_;
};

class CsvWriter final : public WriterBase {
 public:
  using WriterBase::WriterBase;

 private:
  static void AppendField(std::string_view text, std::string* line) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
      line->append(text);
      return;
    }
    line->push_back('"');
    for (char c : text) {
      if (c == '"') line->push_back('"');
      line->push_back(c);
    }
    line->push_back('"');
  }
  std::string Text(const Value& v) const {
    switch (v.kind()) {
      case ValueKind::kNull:
        return "";
      case ValueKind::kString:
        return v.string();
      case ValueKind::kBoolean:
      case ValueKind::kInteger:
      case ValueKind::kFloat:
        return ToLiteral(v);
      case ValueKind::kBytes:
        return absl::Base64Escape(v.bytes());
      case ValueKind::kList:
      case ValueKind::kMap:
      case ValueKind::kPoint:
      case ValueKind::kNode:
      case ValueKind::kLink:
      case ValueKind::kPath:
        return JsonText(v, elements_);
      default:
        return TemporalText(v);
    }
  }
  absl::Status Head() override {
    if (columns_.empty()) return absl::OkStatus();
    std::string line;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line.push_back(',');
      AppendField(columns_[i], &line);
    }
    return Put(line += "\r\n");
  }
  absl::Status Row(const std::vector<Value>& row) override {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line.push_back(',');
      AppendField(Text(row[i]), &line);
    }
    // A line with nothing on it would be no record: one empty field is quoted.
    if (line.empty() && row.size() == 1) line = "\"\"";
    return Put(line += "\r\n");
  }
};

class JsonRowsWriter final : public WriterBase {
 public:
  JsonRowsWriter(std::FILE* out, bool array) : WriterBase(out), array_(array) {}

 private:
  absl::Status Head() override { return array_ ? Put("[") : absl::OkStatus(); }
  absl::Status Row(const std::vector<Value>& row) override {
    JsonWriter w;
    w.BeginObject();
    for (size_t i = 0; i < row.size(); ++i) {
      w.Key(columns_[i]);
      WriteJson(row[i], elements_, w);
    }
    w.EndObject();
    std::string line = array_ ? (first_ ? "\n" : ",\n") : "";
    first_ = false;
    line += w.text();
    if (!array_) line += '\n';
    return Put(line);
  }
  absl::Status Tail() override { return array_ ? Put("\n]\n") : absl::OkStatus(); }

  const bool array_;
  bool first_ = true;
};

class TableWriter final : public WriterBase {
 public:
  using WriterBase::WriterBase;

 private:
  static constexpr size_t kRowsHeld = 1000;

  std::string Text(const Value& v) const {
    switch (v.kind()) {
      case ValueKind::kString:
        return v.string();
      case ValueKind::kNode:
      case ValueKind::kLink:
      case ValueKind::kPath:
      case ValueKind::kList:
      case ValueKind::kMap:
        return JsonText(v, elements_);
      case ValueKind::kNull:
        return "null";
      default: {
        const std::string time = TemporalText(v);
        return time.empty() ? ToLiteral(v) : time;
      }
    }
  }
  // Control characters would move the cursor of the reader's terminal.
  static std::string OneLine(std::string text) {
    for (char& c : text) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return text;
  }
  absl::Status Row(const std::vector<Value>& row) override {
    std::vector<std::string> cells;
    for (const Value& v : row) cells.push_back(OneLine(Text(v)));
    held_.push_back(std::move(cells));
    ++count_;
    return held_.size() >= kRowsHeld ? Flush() : absl::OkStatus();
  }
  absl::Status Flush() {
    if (widths_.empty()) {
      for (const std::string& name : columns_) widths_.push_back(DisplayWidth(name));
      for (const auto& cells : held_) {
        for (size_t i = 0; i < cells.size(); ++i) {
          widths_[i] = std::max(widths_[i], DisplayWidth(cells[i]));
        }
      }
      SKEIN_RETURN_IF_ERROR(PutCells(columns_));
      std::string rule;
      for (size_t i = 0; i < widths_.size(); ++i) {
        rule += (i > 0 ? "-+-" : "") + std::string(widths_[i], '-');
      }
      SKEIN_RETURN_IF_ERROR(Put(rule + "\n"));
    }
    for (const auto& cells : held_) SKEIN_RETURN_IF_ERROR(PutCells(cells));
    held_.clear();
    return absl::OkStatus();
  }
  absl::Status PutCells(const std::vector<std::string>& cells) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line += " | ";
      line += cells[i];
      const size_t width = DisplayWidth(cells[i]);
      if (i + 1 < cells.size() && width < widths_[i]) line.append(widths_[i] - width, ' ');
    }
    return Put(line + "\n");
  }
  absl::Status Tail() override {
    if (columns_.empty()) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(Flush());
    return Put(std::to_string(count_) + (count_ == 1 ? " row\n" : " rows\n"));
  }

  std::vector<size_t> widths_;
  std::vector<std::vector<std::string>> held_;
  uint64_t count_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ResultWriter>> ResultWriter::Make(std::string_view format,
                                                                 std::FILE* out) {
  if (format == "table") return std::make_unique<TableWriter>(out);
  if (format == "csv") return std::make_unique<CsvWriter>(out);
  if (format == "json") return std::make_unique<JsonRowsWriter>(out, true);
  if (format == "jsonl") return std::make_unique<JsonRowsWriter>(out, false);
  return InvalidArgument("unknown format '", format, "': table, csv, json or jsonl");
}

absl::Status WriteAll(Cursor& cursor, ResultWriter& writer) {
  constexpr size_t kRows = 1024;
  SKEIN_RETURN_IF_ERROR(writer.Begin(cursor.columns()));
  std::vector<std::vector<Value>> rows;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(bool more, cursor.Next(kRows, &rows));
    if (!more) break;
    SKEIN_RETURN_IF_ERROR(writer.Rows(cursor, rows));
  }
  return writer.End();
}

}  // namespace skein
