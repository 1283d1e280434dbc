// Mapping files: a refusal says where, as `path:line:column`.

#include "importers/core/mapping.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > size_t{1} << 12) return 0;
  const auto mapping = skein::ParseMapping(skein::fuzz::Text(data, size), "fuzz.yaml");
  if (mapping.ok()) return 0;
  skein::fuzz::Require(mapping.status().message().find("fuzz.yaml") != std::string_view::npos,
                       "a refusal names the file");
  return 0;
}
