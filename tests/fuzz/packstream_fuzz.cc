// Bolt messages: decoding ends with values or an error, and never takes more memory than the bytes
// announce.

#include "server/bolt/packstream.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > skein::fuzz::kInputBytesMax) return 0;
  const std::string_view bytes = skein::fuzz::Text(data, size);
  const auto message = skein::bolt::DecodeMessage(bytes);
  if (!message.ok()) return 0;
  skein::fuzz::Require(message->fields.size() <= 15, "a structure has at most 15 fields");
  std::string chunks;
  skein::bolt::AppendChunked(bytes, &chunks);
  skein::fuzz::Require(chunks.size() >= bytes.size() + 4, "chunks keep every byte");
  return 0;
}
