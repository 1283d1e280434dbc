#include "server/http/compress.h"

#include <zlib.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

constexpr int kWindowBits = 15 + 16;  // 16: a gzip header instead of zlib's
constexpr int kMemoryLevel = 8;

}  // namespace

std::optional<std::string> Gzip(std::string_view text, int level) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return std::nullopt;
  }
  std::string out(text.size(), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  // No room beyond the text's own size: then it has not become smaller.
  const bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (!whole) return std::nullopt;
  return out;
}

bool Accepts(const std::string* accept_encoding, std::string_view coding) {
  if (accept_encoding == nullptr) return false;
  // absl::StrSplit, not find(): gcc 12 raises a false alarm on that in a loop
  // (-Wstringop-overread).
  for (const absl::string_view element : absl::StrSplit(*accept_encoding, ',')) {
    const std::pair<absl::string_view, absl::string_view> item =
        absl::StrSplit(element, absl::MaxSplits(';', 1));
    if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(item.first), ToAbsl(coding))) continue;
    std::string_view weight = ToStd(absl::StripAsciiWhitespace(item.second));
    if (weight.empty()) return true;
    if (!weight.starts_with("q=")) return false;
    weight.remove_prefix(2);
    return weight.find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

bool Compressible(std::string_view content_type) {
  return content_type.starts_with("text/") || content_type.starts_with("application/json") ||
         content_type.starts_with("application/geo+json") ||
         content_type.starts_with("application/manifest+json") ||
         content_type.starts_with("application/wasm") || content_type.starts_with("image/svg");
}

}  // namespace skein::http
