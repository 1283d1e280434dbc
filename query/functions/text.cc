// Text. Positions and lengths count code points.
#include "query/functions/text.h"

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "query/functions/errors.h"
#include "query/functions/groups.h"

namespace skein::functions {
namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

bool StartsCodePoint(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// Byte offset of the n-th code point; the text's size where there are not so many.
size_t OffsetOf(std::string_view text, int64_t n) {
  size_t at = 0;
  while (at < text.size() && n > 0) {
    ++at;
    while (at < text.size() && !StartsCodePoint(text[at])) ++at;
    --n;
  }
  return at;
}

absl::Status CheckNotNegative(std::string_view function, int64_t n) {
  if (n >= 0) return absl::OkStatus();
  return OutOfRange(function, "() takes a number that is not negative, not ", n);
}

template <typename Map>
Result Cased(Args args, EvalContext& context, Map map) {
  icu::UnicodeString text = icu::UnicodeString::fromUTF8(args[0].string());
  map(text);
  std::string out;
  text.toUTF8String(out);
  return MakeString(std::move(out), context);
}

// Root locale: the same text for everyone, whatever the server's language.
Result EvalToUpper(Args args, EvalContext& context) {
  return Cased(args, context, [](auto& text) { text.toUpper(icu::Locale::getRoot()); });
}
Result EvalToLower(Args args, EvalContext& context) {
  return Cased(args, context, [](auto& text) { text.toLower(icu::Locale::getRoot()); });
}

// Is the code point at [begin, end) one to trim: in `chars`, or white space where there are none?
bool Trims(std::string_view point, const std::string* chars) {
  if (chars != nullptr) return chars->find(point) != std::string::npos;
  int32_t at = 0;
  UChar32 c = 0;
  U8_NEXT(reinterpret_cast<const uint8_t*>(point.data()), at, static_cast<int32_t>(point.size()),
          c);
  return c >= 0 && u_isUWhiteSpace(c) != 0;
}

template <bool kLeft, bool kRight>
Result Trim(Args args, EvalContext& context) {
  const std::string* chars = args.size() > 1 ? &args[1].string() : nullptr;
  std::string_view text = args[0].string();
  while (kLeft && !text.empty()) {
    const size_t length = OffsetOf(text, 1);
    if (!Trims(text.substr(0, length), chars)) break;
    text.remove_prefix(length);
  }
  while (kRight && !text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && !StartsCodePoint(text[begin])) --begin;
    if (!Trims(text.substr(begin), chars)) break;
    text = text.substr(0, begin);
  }
  return MakeString(std::string(text), context);
}

Result EvalReplace(Args args, EvalContext& context) {
  const std::string& text = args[0].string();
  const std::string& search = args[1].string();
  const std::string& replacement = args[2].string();
  if (search.empty()) return args[0];
  size_t count = 0;
  for (size_t at = text.find(search); at != std::string::npos;
       at = text.find(search, at + search.size())) {
    ++count;
  }
  if (count == 0) return args[0];
  // The result can be far longer than its arguments: charge it before it is there.
  const uint64_t size = text.size() - count * search.size() + count * replacement.size();
  SKEIN_RETURN_IF_ERROR(context.Charge(size));
  std::string out;
  out.reserve(size);
  size_t from = 0;
  for (size_t at = text.find(search); at != std::string::npos; at = text.find(search, from)) {
    out.append(text, from, at - from).append(replacement);
    from = at + search.size();
  }
  out.append(text, from);
  return Value::String(std::move(out));
}

Result EvalSubstring(Args args, EvalContext& context) {
  const std::string_view text = args[0].string();
  const int64_t start = args[1].integer();
  SKEIN_RETURN_IF_ERROR(CheckNotNegative("substring", start));
  const size_t begin = OffsetOf(text, start);
  size_t length = std::string_view::npos;
  if (args.size() > 2) {
    SKEIN_RETURN_IF_ERROR(CheckNotNegative("substring", args[2].integer()));
    length = OffsetOf(text.substr(begin), args[2].integer());
  }
  return MakeString(std::string(text.substr(begin, length)), context);
}

Result EvalLeft(Args args, EvalContext& context) {
  SKEIN_RETURN_IF_ERROR(CheckNotNegative("left", args[1].integer()));
  const std::string_view text = args[0].string();
  return MakeString(std::string(text.substr(0, OffsetOf(text, args[1].integer()))), context);
}

Result EvalRight(Args args, EvalContext& context) {
  SKEIN_RETURN_IF_ERROR(CheckNotNegative("right", args[1].integer()));
  const std::string_view text = args[0].string();
  const int64_t skipped = std::max<int64_t>(0, CodePoints(text) - args[1].integer());
  return MakeString(std::string(text.substr(OffsetOf(text, skipped))), context);
}

// Pieces between delimiters; every code point where the delimiter is empty.
Result EvalSplit(Args args, EvalContext& context) {
  const std::string& text = args[0].string();
  std::vector<std::string_view> delimiters;
  if (args[1].kind() == ValueKind::kString) {
    delimiters.push_back(args[1].string());
  } else {
    for (const Value& d : args[1].list()) {
      if (d.is_null()) return Value::Null();
      if (d.kind() != ValueKind::kString) {
        return WrongArgument("split() takes STRING delimiters, not ", KindName(d.kind()));
      }
      delimiters.push_back(d.string());
    }
  }
  ValueList pieces;
  size_t from = 0;
  for (size_t at = 0; at < text.size();) {
    size_t matched = std::string::npos;
    for (const std::string_view d : delimiters) {
      if (!d.empty() && text.compare(at, d.size(), d) == 0) matched = d.size();
      if (d.empty() && at > from) matched = 0;
      if (matched != std::string::npos) break;
    }
    if (matched == std::string::npos) {
      at += OffsetOf(std::string_view(text).substr(at), 1);
      continue;
    }
    SKEIN_ASSIGN_OR_RETURN(Value piece, MakeString(text.substr(from, at - from), context));
    pieces.push_back(std::move(piece));
    at += matched;
    from = at;
  }
  SKEIN_ASSIGN_OR_RETURN(Value last, MakeString(text.substr(from), context));
  pieces.push_back(std::move(last));
  return MakeList(std::move(pieces), context);
}

Result EvalCharLength(Args args, EvalContext&) {
  return Value::Integer(CodePoints(args[0].string()));
}

constexpr FunctionDef kTextFunctions[] = {
    {.name = "toUpper",
     .aliases = {"upper"},
     .args = {Type::kString},
     .returns = Type::kString,
     .doc = "Upper case.",
     .example = {"toUpper('aß')", "'ASS'"},
     .eval = &EvalToUpper},
    {.name = "toLower",
     .aliases = {"lower"},
     .args = {Type::kString},
     .returns = Type::kString,
     .doc = "Lower case.",
     .example = {"toLower('AÉ')", "'aé'"},
     .eval = &EvalToLower},
    {.name = "trim",
     .aliases = {"btrim"},
     .args = {Type::kString, Type::kString},
     .required = 1,
     .returns = Type::kString,
     .doc = "Without blanks, or without the characters given, at both ends.",
     .example = {"trim('  a b ')", "'a b'"},
     .eval = &Trim<true, true>},
    {.name = "lTrim",
     .args = {Type::kString, Type::kString},
     .required = 1,
     .returns = Type::kString,
     .doc = "Without blanks, or without the characters given, at the start.",
     .example = {"lTrim('xxax', 'x')", "'ax'"},
     .eval = &Trim<true, false>},
    {.name = "rTrim",
     .args = {Type::kString, Type::kString},
     .required = 1,
     .returns = Type::kString,
     .doc = "Without blanks, or without the characters given, at the end.",
     .example = {"rTrim(' a ')", "' a'"},
     .eval = &Trim<false, true>},
    {.name = "replace",
     .args = {Type::kString, Type::kString, Type::kString},
     .returns = Type::kString,
     .doc = "Every occurrence of the second text replaced by the third.",
     .example = {"replace('abcabc', 'b', 'xy')", "'axycaxyc'"},
     .eval = &EvalReplace},
    {.name = "substring",
     .args = {Type::kString, Type::kInteger, Type::kInteger},
     .required = 2,
     .returns = Type::kString,
     .doc = "The part from a position (0 is the first character) on, of at most the given length.",
     .example = {"substring('嫌疑人员', 1, 2)", "'疑人'"},
     .eval = &EvalSubstring},
    {.name = "left",
     .args = {Type::kString, Type::kInteger},
     .returns = Type::kString,
     .doc = "The first n characters.",
     .example = {"left('abc', 2)", "'ab'"},
     .eval = &EvalLeft},
    {.name = "right",
     .args = {Type::kString, Type::kInteger},
     .returns = Type::kString,
     .doc = "The last n characters.",
     .example = {"right('abc', 2)", "'bc'"},
     .eval = &EvalRight},
    {.name = "split",
     .args = {Type::kString, Type::kString | Type::kList},
     .returns = Type::kList,
     .doc = "The pieces between delimiters.",
     .example = {"split('a,b', ',')", "['a', 'b']"},
     .eval = &EvalSplit},
    {.name = "char_length",
     .aliases = {"character_length"},
     .args = {Type::kString},
     .returns = Type::kInteger,
     .doc = "How many characters a text has.",
     .example = {"char_length('嫌疑')", "2"},
     .eval = &EvalCharLength},
};

}  // namespace

int64_t CodePoints(std::string_view text) {
  return std::count_if(text.begin(), text.end(), StartsCodePoint);
}

std::string ReversedText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t end = text.size(); end > 0;) {
    size_t begin = end - 1;
    while (begin > 0 && !StartsCodePoint(text[begin])) --begin;
    out += text.substr(begin, end - begin);
    end = begin;
  }
  return out;
}

void AddTextFunctions(FunctionRegistry& out) { out.AddAll(kTextFunctions); }

}  // namespace skein::functions
