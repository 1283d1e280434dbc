// What other groups need of text; internal to query/functions. Text is valid UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::functions {

// How many code points a text has.
int64_t CodePoints(std::string_view text);

// The code points in reverse order.
std::string ReversedText(std::string_view text);

}  // namespace skein::functions
