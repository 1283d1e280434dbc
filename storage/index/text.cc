#include "storage/index/text.h"

#include <unicode/normalizer2.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "storage/base/status.h"

namespace skein {
namespace {

constexpr int32_t kCharactersMax = 256;
constexpr int32_t kPinyinCharactersMax = 16;
constexpr size_t kTokenBytesMax = 64;
constexpr size_t kWordsMax = 64;
constexpr int64_t kIntegerMin = 10'000;  // shorter numbers are amounts and ages, not names

bool IsHan(UChar32 c) { return u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC) != 0; }
bool IsWord(UChar32 c) { return u_isalnum(c) != 0 || u_charType(c) == U_NON_SPACING_MARK; }

std::string ToUtf8(const icu::UnicodeString& s) {
  std::string out;
  s.toUTF8String(out);
  return out;
}

// ICU's transliterators keep mutable state behind their own lock; ours makes that explicit.
class Transliterators {
 public:
  static Transliterators& Get() {
    static Transliterators* const kInstance = new Transliterators();
    return *kInstance;
  }
  void Simplify(icu::UnicodeString* text) { Run(simplify_.get(), text); }
  // "zhang wei": syllables apart, no tone marks.
  void Pinyin(icu::UnicodeString* text) { Run(pinyin_.get(), text); }

 private:
  Transliterators()
      : simplify_(Make("Traditional-Simplified")), pinyin_(Make("Han-Latin; Latin-ASCII; Lower")) {}

  static std::unique_ptr<icu::Transliterator> Make(const char* id) {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<icu::Transliterator> made(
        icu::Transliterator::createInstance(id, UTRANS_FORWARD, error));
    // Part of ICU's own data: absent only in a broken installation.
    SKEIN_CHECK(U_SUCCESS(error) != 0 && made != nullptr);
    return made;
  }
  void Run(const icu::Transliterator* how, icu::UnicodeString* text) {
    const std::lock_guard<std::mutex> lock(mu_);
    how->transliterate(*text);
  }

  std::mutex mu_;
  std::unique_ptr<icu::Transliterator> simplify_, pinyin_;
};

bool HasHan(const icu::UnicodeString& text) {
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    if (IsHan(text.char32At(i))) return true;
  }
  return false;
}

icu::UnicodeString Fold(std::string_view text) {
  icu::UnicodeString raw = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(std::min<size_t>(text.size(), 4096))));
  if (raw.countChar32() > kCharactersMax) raw.truncate(raw.moveIndex32(0, kCharactersMax));
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(error);
  SKEIN_CHECK(U_SUCCESS(error) != 0);
  icu::UnicodeString folded = normalizer->normalize(raw, error);
  if (U_FAILURE(error) != 0) return raw;  // cannot fail on valid UTF-16
  if (HasHan(folded)) Transliterators::Get().Simplify(&folded);
  return folded;
}

// Cuts a token at a character's edge.
std::string Cut(std::string s) {
  if (s.size() <= kTokenBytesMax) return s;
  size_t n = kTokenBytesMax;
  while (n > 0 && (static_cast<unsigned char>(s[n]) & 0xc0) == 0x80) --n;
  s.resize(n);
  return s;
}

std::vector<std::string> Characters(std::string_view s) {
  std::vector<std::string> out;
  for (const char c : s) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) out.emplace_back();
    if (!out.empty()) out.back().push_back(c);
  }
  return out;
}

bool StartsWithHan(std::string_view word) {
  if (word.empty() || static_cast<unsigned char>(word[0]) < 0x80) return false;
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8(
      icu::StringPiece(word.data(), static_cast<int32_t>(std::min<size_t>(word.size(), 8))));
  return text.length() > 0 && IsHan(text.char32At(0));
}

bool IsAsciiLetters(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

void SetPinyin(const icu::UnicodeString& han, FoldedText* out) {
  if (han.isEmpty()) return;
  icu::UnicodeString latin = han;
  Transliterators::Get().Pinyin(&latin);
  bool start = true;
  for (const char c : ToUtf8(latin)) {
    if (c == ' ') {
      start = true;
    } else if (c >= 'a' && c <= 'z') {
      out->pinyin.push_back(c);
      if (start) out->initials.push_back(c);
      start = false;
    }
  }
}

void AddToken(std::vector<TextToken>* out, char kind, std::string text, bool exact = false) {
  if (text.empty()) return;
  TextToken token{kind, Cut(std::move(text)), exact};
  if (std::find(out->begin(), out->end(), token) == out->end()) out->push_back(std::move(token));
}

// Pairs of neighbouring characters and the last one alone: a single character is then the
// beginning of a token wherever it stands.
std::vector<std::string> HanTokens(std::string_view word) {
  const std::vector<std::string> characters = Characters(word);
  std::vector<std::string> out;
  for (size_t i = 0; i < characters.size(); ++i) {
    out.push_back(i + 1 < characters.size() ? characters[i] + characters[i + 1] : characters[i]);
  }
  return out;
}

// Where else a number-like value may be said to begin: at each of its parts ("沪A·12345" is found
// by "a12345" and "12345"), and after China's country code.
std::vector<size_t> LaterStarts(const FoldedText& folded) {
  constexpr size_t kNumberBytesMax = 40, kPartsMax = 8;
  std::vector<size_t> out;
  const std::string& compact = folded.compact;
  const bool digits =
      std::any_of(compact.begin(), compact.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || compact.size() > kNumberBytesMax || folded.words.size() > kPartsMax) return out;
  size_t at = 0;
  for (const std::string& word : folded.words) {
    if (at > 0 && at < compact.size()) out.push_back(at);
    at += word.size();
  }
  if (compact.size() == 13 && compact.starts_with("861")) out.push_back(2);
  return out;
}

}  // namespace

std::vector<std::string> SearchableTexts(const Value& value) {
  std::vector<std::string> out;
  if (value.kind() == ValueKind::kString) {
    if (!value.string().empty()) out.push_back(value.string());
  } else if (value.kind() == ValueKind::kInteger) {
    if (value.integer() >= kIntegerMin) out.push_back(std::to_string(value.integer()));
  } else if (value.kind() == ValueKind::kList) {
    for (const Value& item : value.list()) {
      if (item.kind() == ValueKind::kString && !item.string().empty() && out.size() < 32) {
        out.push_back(item.string());
      }
    }
  }
  return out;
}

FoldedText FoldText(std::string_view text) {
  FoldedText out;
  // Plain ASCII, most of the data, needs no ICU.
  const bool ascii = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) {
    bool in_word = false;
    for (const char raw : text.substr(0, kCharactersMax)) {
      const char c = raw >= 'A' && raw <= 'Z' ? static_cast<char>(raw - 'A' + 'a') : raw;
      const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (word) {
        if (!in_word && out.words.size() < kWordsMax) out.words.emplace_back();
        out.compact.push_back(c);
        out.words.back().push_back(c);
      }
      in_word = word;
    }
    return out;
  }
  const icu::UnicodeString folded = Fold(text);
  icu::UnicodeString compact, han, word;
  bool word_is_han = false;
  const auto end_word = [&] {
    if (!word.isEmpty() && out.words.size() < kWordsMax) out.words.push_back(ToUtf8(word));
    word.remove();
  };
  for (int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    const UChar32 c = folded.char32At(i);
    const bool is_han = IsHan(c);
    if (!is_han && !IsWord(c)) {
      end_word();
      continue;
    }
    if (is_han != word_is_han) end_word();
    word_is_han = is_han;
    word.append(c);
    compact.append(c);
    if (is_han && han.countChar32() < kPinyinCharactersMax) han.append(c);
  }
  end_word();
  out.compact = ToUtf8(compact);
  SetPinyin(han, &out);
  return out;
}

std::vector<TextToken> IndexTokens(const FoldedText& folded) {
  std::vector<TextToken> out;
  AddToken(&out, 'c', folded.compact);
  for (const std::string& word : folded.words) {
    if (StartsWithHan(word)) {
      for (std::string& token : HanTokens(word)) AddToken(&out, 'w', std::move(token));
    } else {
      AddToken(&out, 'w', word);
    }
  }
  for (const size_t start : LaterStarts(folded)) {
    AddToken(&out, 'c', folded.compact.substr(start));
  }
  AddToken(&out, 'p', folded.pinyin);
  AddToken(&out, 'p', folded.initials);
  return out;
}

TextQuery::TextQuery(std::string_view text) : folded_(FoldText(text)) {
  if (empty()) return;
  groups_.push_back({{'c', Cut(folded_.compact), false}});
  std::vector<TextToken> words;
  for (const std::string& word : folded_.words) {
    if (!StartsWithHan(word)) {
      AddToken(&words, 'w', word);
      continue;
    }
    const std::vector<std::string> pairs = HanTokens(word);
    for (size_t i = 0; i < pairs.size(); ++i) {
      // Of several characters the last alone adds nothing to the pair before it.
      if (i == 0 || i + 1 < pairs.size()) AddToken(&words, 'w', pairs[i]);
    }
  }
  groups_.push_back(std::move(words));
  if (IsAsciiLetters(folded_.compact)) groups_.push_back({{'p', Cut(folded_.compact), false}});
}

double TextQuery::Score(const FoldedText& value) const {
  const std::string& query = folded_.compact;
  const auto shorter = [&query](const std::string& text, double score) {
    const double extra = static_cast<double>(text.size() - std::min(text.size(), query.size()));
    return score - std::min(extra, 40.0) / 10.0;  // of equal matches, the shorter value
  };
  if (value.compact == query) return 100;
  if (value.compact.starts_with(query)) return shorter(value.compact, 80);
  for (const size_t start : LaterStarts(value)) {
    if (std::string_view(value.compact).substr(start).starts_with(query)) {
      return shorter(value.compact, 75);
    }
  }
  const bool all_words =
      std::all_of(folded_.words.begin(), folded_.words.end(), [&value](const std::string& word) {
        const bool han = StartsWithHan(word);
        return std::any_of(value.words.begin(), value.words.end(), [&](const std::string& other) {
          return han ? other.find(word) != std::string::npos : other.starts_with(word);
        });
      });
  if (all_words) return shorter(value.compact, 60);
  if (!value.pinyin.empty() && IsAsciiLetters(query)) {
    if (value.pinyin == query) return 58;
    if (value.pinyin.starts_with(query)) return shorter(value.pinyin, 50);
    if (value.initials == query) return 45;
    if (value.initials.starts_with(query)) return shorter(value.initials, 40);
  }
  return 0;
}

}  // namespace skein
