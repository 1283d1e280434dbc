// Cells that a text takes on a terminal: East Asian wide characters take two, marks none.
#pragma once

#include <cstddef>
#include <string_view>

namespace skein {

// Invalid UTF-8 counts as the replacement character. Source: Unicode Standard Annex 11, through
// ICU.
size_t DisplayWidth(std::string_view text);

}  // namespace skein
