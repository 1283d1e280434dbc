#include "storage/keys/element_id.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

namespace skein {
namespace {

std::string Hex(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i < hex.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

// Vectors of the Botan and Crypto++ test suites for XTEA.
TEST(ElementIdCipherTest, IsXtea) {
  const ElementIdCipher cipher(Hex("000102030405060708090a0b0c0d0e0f"));
  EXPECT_EQ(cipher.EncryptBlock(0x4142434445464748), 0x497df3d072612cb5u);
  EXPECT_EQ(cipher.EncryptBlock(0x4141414141414141), 0xe78f2d13744341d8u);
  const ElementIdCipher zero(std::string(16, '\0'));
  EXPECT_EQ(zero.EncryptBlock(0x4142434445464748), 0xa0390589f8b8efa5u);
}

TEST(ElementIdCipherTest, DecodesWhatItEncodesAndIsNeverNegative) {
  const ElementIdCipher cipher("0123456789abcdef");
  std::mt19937_64 dice(1);
  std::set<int64_t> seen;
  for (uint64_t i = 0; i < 20'000; ++i) {
    const uint64_t id = i < 10'000 ? i : dice() >> 1;
    const int64_t code = cipher.Encode(id);
    ASSERT_GE(code, 0);
    ASSERT_EQ(cipher.Decode(code), id);
    ASSERT_TRUE(seen.insert(code).second);
  }
}

}  // namespace
}  // namespace skein
