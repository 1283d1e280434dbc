// JSONL: see records.h.

#include "importers/jsonl/reader.h"
#include "tests/fuzz/records.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size <= skein::fuzz::kInputBytesMax) {
    skein::fuzz::CheckReader(&skein::OpenJsonl, skein::fuzz::Text(data, size));
  }
  return 0;
}
