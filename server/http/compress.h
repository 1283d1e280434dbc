// gzip for answers and static files, and what a client says it takes.
//
// Errors    A text that does not get smaller (or does not compress at all) gives nullopt: it is
//           sent as it is.
// Threads   Pure functions. Cost: level 1 ~100 MB/s, level 6 ~30 MB/s.
// Source    RFC 1952; RFC 9110 section 12.5.3
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skein::http {

// Answers shorter than this fit a packet or two anyway.
inline constexpr size_t kCompressFrom = 2048;

std::optional<std::string> Gzip(std::string_view text, int level);

// Whether an Accept-Encoding header names `coding` and does not give it q=0. nullptr: no header,
// only identity. "*" is not taken: a client that wants a coding names it.
bool Accepts(const std::string* accept_encoding, std::string_view coding);

// Text-like media types; everything else is compressed already.
bool Compressible(std::string_view content_type);

}  // namespace skein::http
