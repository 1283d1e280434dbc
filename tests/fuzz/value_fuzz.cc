// Stored values and index keys: decode of encode is identity, and byte order of keys is value
// order.

#include "storage/keys/value_codec.h"
#include "storage/keys/value_key.h"
#include "tests/fuzz/fuzz.h"

namespace skein::fuzz {
namespace {

void CheckKeys(const Value& a, const Value& b) {
  std::string key_a;
  std::string key_b;
  if (!AppendValueKey(a, &key_a).ok() || !AppendValueKey(b, &key_b).ok()) return;
  const int values = Compare(a, b);
  const int keys = key_a.compare(key_b);
  Require((values < 0) == (keys < 0), "key order is value order");
  Require(SameValue(a, b) == (keys == 0), "one key for the same value");
  const auto back = DecodeValueKey(key_a);
  Require(back.ok() && SameValue(*back, a), "the value comes back from its key");
}

}  // namespace
}  // namespace skein::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using skein::fuzz::Require;
  if (size > skein::fuzz::kInputBytesMax) return 0;
  const std::string_view bytes = skein::fuzz::Text(data, size);
  (void)skein::DecodeValueKey(bytes);
  skein::ByteReader reader(bytes);
  const auto a = skein::ReadValue(&reader);
  if (!a.has_value()) return 0;
  std::string stored;
  // Not everything that decodes may be stored: the writer refuses what the reader only tolerates.
  if (!skein::AppendValue(*a, &stored).ok()) return 0;
  skein::ByteReader again(stored);
  const auto same = skein::ReadValue(&again);
  Require(same.has_value() && again.done(), "what is written is read");
  Require(skein::SameValue(*a, *same), "decode of encode is identity");
  const auto b = skein::ReadValue(&reader);
  if (b.has_value()) skein::fuzz::CheckKeys(*a, *b);
  skein::fuzz::CheckKeys(*a, *a);
  return 0;
}
