#include "importers/csv/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "storage/base/status.h"

namespace skein {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Everything a reader gave, as text: "1: a | b" for records, "2! reason" for damage.
std::vector<std::string> ReadAll(const std::string& bytes, FileOptions options = {},
                                 size_t step = 1 << 20, ReaderLimits limits = {}) {
  ReaderRequest request;
  request.name = "t.csv";
  request.options = std::move(options);
  request.limits = limits;
  auto reader = OpenCsv(MemorySource(bytes, step), request);
  if (!reader.ok()) return {std::string(Message(reader.status()))};
  std::vector<std::string> out;
  Record record;
  BadRecord bad;
  for (;;) {
    const auto what = (*reader)->Next(&record, &bad);
    if (!what.ok()) {
      out.push_back(std::string(Message(what.status())));
      return out;
    }
    if (*what == RecordReader::What::kEnd) return out;
    if (*what == RecordReader::What::kBad) {
      out.push_back(internal::Join(bad.line, "! ", bad.reason));
      continue;
    }
    std::string text = internal::Join(record.line, ":");
    for (const RawField& field : record.fields) text += internal::Join(" [", field.text, "]");
    out.push_back(std::move(text));
  }
}

TEST(CsvReaderTest, Rfc4180) {
  EXPECT_THAT(ReadAll("a,b,c\n1,\"x,\"\"y\"\"\nz\",\r\n,\"\",2"),
              ElementsAre("2: [1] [x,\"y\"\nz] []", "4: [] [] [2]"));
}

TEST(CsvReaderTest, MarksLineEndsAndBlankLines) {
  EXPECT_THAT(ReadAll("\xEF\xBB\xBF"
                      "a,b\r\n1,2\n\n\r\n3,4\r\n5,6"),
              ElementsAre("2: [1] [2]", "5: [3] [4]", "6: [5] [6]"));
}

TEST(CsvReaderTest, LoneCarriageReturnsAndQuotesInsideAreData) {
  EXPECT_THAT(ReadAll("a,b\nx\ry,5\" pipe\n"), ElementsAre("2: [x\ry] [5\" pipe]"));
}

TEST(CsvReaderTest, DelimitersOfAnyLength) {
  FileOptions options;
  options.delimiter = "||";
  EXPECT_THAT(ReadAll("a||b\n1|2||3\n|||x\n", options), ElementsAre("2: [1|2] [3]", "3: [] [|x]"));
  options.delimiter = "\t";
  options.quote = 0;
  EXPECT_THAT(ReadAll("a\tb\n\"1\t2\"\n", options), ElementsAre("2: [\"1] [2\"]"));
  options.delimiter = "，";
  EXPECT_THAT(ReadAll("a，b\n一，二\n", options), ElementsAre("2: [一] [二]"));
}

TEST(CsvReaderTest, UnclosedQuoteCostsOneLine) {
  EXPECT_THAT(
      ReadAll("a,b\n1,\"Ann,x\n2,y\n3,z\n"),
      ElementsAre("2! unclosed quote, opened at line 2 column 3", "3: [2] [y]", "4: [3] [z]"));
}

TEST(CsvReaderTest, TextAfterQuoteCostsOneLine) {
  EXPECT_THAT(ReadAll("a,b\n1,\"Ann\"x\n2,y\n"),
              ElementsAre("2! text after a closing quote at line 2 column 8", "3: [2] [y]"));
  // The quote that opens on line 2 closes on line 3, where text follows: line 3 is read again.
  EXPECT_THAT(ReadAll("a,b\n1,\"Ann\n2,\"Bob\"\n"),
              ElementsAre("2! text after a closing quote at line 3 column 4", "3: [2] [Bob]"));
}

TEST(CsvReaderTest, BytesThatAreNoText) {
  EXPECT_THAT(ReadAll("a,b\n1,x\xFFy\n2,\xC3\xA9\n"),
              ElementsAre("2! invalid UTF-8 byte 0xFF at line 2 column 4", "3: [2] [é]"));
  EXPECT_THAT(ReadAll(std::string("a,b\n1,x\0y\n2,z\n", 14)),
              ElementsAre("2! NUL byte at line 2 column 4", "3: [2] [z]"));
  // Overlong, surrogate, beyond U+10FFFF.
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_THAT(ReadAll(std::string("a\n") + bad + "\n"),
                ElementsAre(HasSubstr("invalid UTF-8 byte")));
  }
}

TEST(CsvReaderTest, OtherEncodingsAreNamed) {
  using namespace std::string_literals;
  EXPECT_THAT(ReadAll("\xFF\xFE"
                      "a\0,\0b\0"s),
              ElementsAre(HasSubstr("UTF-16")));
  EXPECT_THAT(ReadAll("a\0,\0b\0\n\0x\0,\0y\0\n\0"s), ElementsAre(HasSubstr("UTF-16")));
  EXPECT_THAT(ReadAll("\xFF\xFE\0\0a\0\0\0"s), ElementsAre(HasSubstr("UTF-32")));
}

TEST(CsvReaderTest, Gb18030) {
  FileOptions options;
  options.encoding = Encoding::kGb18030;
  EXPECT_THAT(ReadAll("a,b\n\xD6\xD0\xCE\xC4,1\n\xFF,2\n", options, 3),
              ElementsAre("2: [中文] [1]", HasSubstr("3! invalid UTF-8 byte 0xFF")));
}

TEST(CsvReaderTest, ColumnCounts) {
  EXPECT_THAT(ReadAll("a,b\n1\n1,2,3\n1,2\n"),
              ElementsAre("2! has 1 columns, the header has 2",
                          "3! has 3 columns, the header has 2", "4: [1] [2]"));
}

TEST(CsvReaderTest, Headers) {
  EXPECT_THAT(ReadAll(""), ElementsAre(HasSubstr("not even a header")));
  EXPECT_THAT(ReadAll("a,b,a\n"), ElementsAre(HasSubstr("names column 'a' twice")));
  EXPECT_THAT(ReadAll("a,\"b\n1,2\n"), ElementsAre(HasSubstr("header is damaged")));
  FileOptions options;
  options.has_header = false;
  options.header = {"x", "y"};
  options.skip_lines = 1;
  EXPECT_THAT(ReadAll("some title\n1,2\n", options), ElementsAre("2: [1] [2]"));
}

TEST(CsvReaderTest, LimitsHoldAndTheRestIsRead) {
  ReaderLimits limits;
  limits.record_bytes_max = 100'000;
  limits.field_bytes_max = 1'000;
  limits.columns_max = 50;
  const std::string long_line(5'000'000, 'x');
  EXPECT_THAT(ReadAll("a,b\n" + long_line + "\n1,2\n", {}, 4096, limits),
              ElementsAre("2! record longer than 100000 bytes", "3: [1] [2]"));
  EXPECT_THAT(ReadAll("a,b\n1,\"" + long_line + "\n3,4\n", {}, 4096, limits),
              ElementsAre(HasSubstr("opened at line 2 column 3 and not closed within 100000"),
                          "3: [3] [4]"));
  EXPECT_THAT(ReadAll("a,b\n1," + std::string(2'000, 'y') + "\n", {}, 4096, limits),
              ElementsAre("2! field of 2000 bytes, the limit is 1000"));
  std::string wide = "c0";
  for (int i = 1; i < 51; ++i) wide += ",c" + std::to_string(i);
  EXPECT_THAT(ReadAll(wide + "\n", {}, 4096, limits), ElementsAre(HasSubstr("51 columns")));
  EXPECT_THAT(ReadAll("a,b\n" + std::string(90'000, ',') + "\n1,2\n", {}, 4096, limits),
              ElementsAre("2! has 90001 columns, the header has 2", "3: [1] [2]"));
}

TEST(CsvReaderTest, ManyEmptyLinesAreNothing) {
  EXPECT_THAT(ReadAll("a\n" + std::string(1'000'000, '\n') + "x\n"), ElementsAre("1000002: [x]"));
}

// The property that streaming must not break: where the bytes are cut does not matter.
TEST(CsvReaderTest, CutsAtEveryByteGiveTheSameRows) {
  const std::string text =
      "\xEF\xBB\xBF"
      "a,b\r\n1,\"x,\"\"y\"\"\r\nz\"\r\n\r\n中,\"\"\n2,\"open\n3,4\n5,\"q\"x\n6,7\r";
  const std::vector<std::string> whole = ReadAll(text);
  for (size_t step = 1; step <= text.size(); ++step) {
    EXPECT_EQ(ReadAll(text, {}, step), whole) << "step " << step;
  }
}

// Random fields, written by the rules and read back, whatever the delimiter and the line end.
TEST(CsvReaderTest, WritingAndReadingIsIdentity) {
  std::mt19937 dice(7);
  const std::string kAlphabet[] = {"a", ",", "\"", "\n", "\r", "|", " ", "é", "中", "\r\n", "||"};
  for (int round = 0; round < 300; ++round) {
    FileOptions options;
    options.delimiter = round % 3 == 0 ? "," : round % 3 == 1 ? "||" : "\t";
    const std::string end = round % 2 == 0 ? "\n" : "\r\n";
    std::string text = "a" + options.delimiter + "b" + end;
    std::vector<std::vector<std::string>> rows;
    for (int r = 0; r < 5; ++r) {
      std::vector<std::string> row;
      for (int f = 0; f < 2; ++f) {
        std::string field;
        for (auto n = dice() % 6; n > 0; --n) field += kAlphabet[dice() % 11];
        if (f == 1) text += options.delimiter;
        text += '"';
        for (const char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
        text += '"';
        row.push_back(std::move(field));
      }
      text += end;
      rows.push_back(std::move(row));
    }
    ReaderRequest request;
    request.name = "t.csv";
    request.options = options;
    auto reader = OpenCsv(MemorySource(text, 1 + dice() % 7), request);
    ASSERT_TRUE(reader.ok());
    Record record;
    BadRecord bad;
    for (const std::vector<std::string>& row : rows) {
      const auto what = (*reader)->Next(&record, &bad);
      ASSERT_TRUE(what.ok() && *what == RecordReader::What::kRecord) << text << bad.reason;
      EXPECT_EQ(record.fields[0].text, row[0]);
      EXPECT_EQ(record.fields[1].text, row[1]);
    }
  }
}

// Pieces say what the whole says, down to the places of damage.
TEST(CsvReaderTest, PiecesReadLikeTheWhole) {
  for (const bool quoted_at_last : {false, true}) {
    std::mt19937_64 dice(quoted_at_last ? 1 : 2);
    std::string text = "\xEF\xBB\xBFskipped\r\na,b\n";
    for (int i = 0; i < 60'000; ++i) {
      text += std::to_string(dice() % 1000) + (dice() % 500 == 0 ? ",x,y" : ",z");
      if (dice() % 700 == 0) text += '\0';
      if (dice() % 700 == 0) text += '\xff';
      text += dice() % 3 == 0 ? "\r\n" : "\n";
      if (dice() % 100 == 0) text += dice() % 2 == 0 ? "\n" : "\r\n";
      if (quoted_at_last && i == 50'000) text += "1,\"two\nlines\"\n\"odd\"x,2\n";
    }
    text += "last,one";
    FileOptions options;
    options.skip_lines = 1;
    const std::vector<std::string> whole = ReadAll(text, options);
    ReaderRequest request;
    request.name = "t.csv";
    request.options = options;
    const auto reader = *OpenCsv(MemorySource(text, 1000), request);
    const auto pieces = reader->NewPieceReader();
    std::vector<std::string> out;
    Record record;
    BadRecord bad;
    uint64_t number = 0;
    const auto read = [&](auto& from) {
      for (;;) {
        const RecordKind what = *from.Next(&record, &bad);
        if (what == RecordKind::kEnd) return;
        EXPECT_EQ(what == RecordKind::kBad ? bad.number : record.number, ++number);
        if (what == RecordKind::kBad) {
          out.push_back(internal::Join(bad.line, "! ", bad.reason));
          continue;
        }
        std::string line = internal::Join(record.line, ":");
        for (const RawField& field : record.fields) line += internal::Join(" [", field.text, "]");
        out.push_back(std::move(line));
      }
    };
    int cut = 0;
    for (RecordPiece piece; *reader->NextPiece(&piece); ++cut) {
      pieces->Begin(&piece);
      read(*pieces);
    }
    read(*reader);
    EXPECT_GE(cut, 2);
    EXPECT_EQ(out, whole);
  }
}

}  // namespace
}  // namespace skein
