// Bodies of HTTP requests and live messages: what parses is written and parses to the same text
// again.

#include "server/api/json.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > skein::fuzz::kInputBytesMax) return 0;
  const auto document = skein::Json::Parse(skein::fuzz::Text(data, size));
  if (!document.ok()) return 0;
  const std::string once = skein::JsonWriter().Tree(*document).Take();
  const auto again = skein::Json::Parse(once);
  skein::fuzz::Require(again.ok(), "what the writer writes parses");
  skein::fuzz::Require(skein::JsonWriter().Tree(*again).text() == once,
                       "write(parse(write(x))) is write(x)");
  return 0;
}
