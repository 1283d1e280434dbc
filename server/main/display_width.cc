#include "server/main/display_width.h"

#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <cstdint>

namespace skein {

size_t DisplayWidth(std::string_view text) {
  const icu::UnicodeString decoded = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  size_t width = 0;
  for (int32_t at = 0; at < decoded.length(); at = decoded.moveIndex32(at, 1)) {
    const UChar32 c = decoded.char32At(at);
    const int8_t type = u_charType(c);
    if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR) continue;
    const int east_asian = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
    width += east_asian == U_EA_WIDE || east_asian == U_EA_FULLWIDTH ? 2 : 1;
  }
  return width;
}

}  // namespace skein
