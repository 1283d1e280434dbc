#include "importers/city/numbers.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/base/status.h"

namespace skein::city {
namespace {

// Multiplication by a number coprime to the modulus permutes 0 … modulus-1; the offset keeps small
// serials from looking small. 1,234,577 and 7,654,321 share no factor with 10^n, 34^5 or 2^32.
uint64_t Spread(uint64_t serial, uint64_t modulus, uint64_t offset) {
  SKEIN_CHECK(serial < modulus);
  return (serial * 1234577ULL + offset) % modulus;
}

char LuhnDigit(std::string_view digits) {
  int sum = 0;
  bool twice = true;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it, twice = !twice) {
    int d = *it - '0';
    if (twice) d = d * 2 > 9 ? d * 2 - 9 : d * 2;
    sum += d;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

}  // namespace

std::string IdNumber(int32_t region, Days born, int32_t sequence, bool male) {
  constexpr std::array<int, 17> kWeights = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  SKEIN_CHECK(sequence >= 0 && sequence < 500);
  std::string out = absl::StrFormat("%06d%s%03d", region, DateText(born, DateStyle::kCompact),
                                    sequence * 2 + (male ? 1 : 0));
  int sum = 0;
  for (size_t i = 0; i < kWeights.size(); ++i) sum += (out[i] - '0') * kWeights[i];
  out.push_back("10X98765432"[sum % 11]);
  return out;
}

std::string MobileNumber(uint64_t serial) {
  return absl::StrFormat("129%08d", Spread(serial, 100000000ULL, 50231877));
}

std::string PlateNumber(uint64_t serial) {
  constexpr std::string_view kLetters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";  // no I, no O
  uint64_t rest = Spread(serial, 45435424ULL, 20711003);
  std::string tail(5, '0');
  for (char& c : tail) {
    c = kLetters[rest % 34];
    rest /= 34;
  }
  return absl::StrCat("汀I", tail);
}

std::string EbikePlate(uint64_t serial) {
  return absl::StrFormat("云汀%07d", Spread(serial, 10000000ULL, 3120417));
}

std::string TagNumber(uint64_t serial) {
  return absl::StrFormat("YT%08X", Spread(serial, 4294967296ULL, 2771828183ULL));
}

std::string Imei(uint64_t serial) {
  std::string out = absl::StrFormat("0099%010d", Spread(serial, 10000000000ULL, 4669201609ULL));
  out.push_back(LuhnDigit(out));
  return out;
}

std::string Imsi(uint64_t serial) {
  return absl::StrFormat("00101%010d", Spread(serial, 10000000000ULL, 6180339887ULL));
}

std::string MacAddress(uint64_t serial) {
  const uint64_t v = Spread(serial, 4294967296ULL, 1414213562ULL);
  return absl::StrFormat("02:99:%02X:%02X:%02X:%02X", v >> 24, v >> 16 & 255, v >> 8 & 255,
                         v & 255);
}

std::string AccountNumber(uint64_t serial) {
  std::string out = absl::StrFormat("00009900%010d", Spread(serial, 10000000000ULL, 5772156649ULL));
  out.push_back(LuhnDigit(out));
  return out;
}

std::string Vin(uint64_t serial) {
  return absl::StrFormat("YTI9900%010d", Spread(serial, 10000000000ULL, 1202056903ULL));
}

std::string PassportNumber(uint64_t serial) {
  return absl::StrFormat("EI%07d", Spread(serial, 10000000ULL, 9159655));
}

std::string CreditCode(uint64_t serial) {
  constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHJKLMNPQRTUWXY";  // GB 32100: 31 characters
  std::string out = absl::StrFormat("91990101M%08d", Spread(serial, 100000000ULL, 27182818));
  uint64_t weight = 1, sum = 0;
  for (const char c : out) {
    sum += kAlphabet.find(c) * weight;
    weight = weight * 3 % 31;
  }
  out.push_back(kAlphabet[(31 - sum % 31) % 31]);
  return out;
}

std::string CaseNumber(int32_t region, Days day, uint32_t serial) {
  const Civil c = CivilFrom(day);
  return absl::StrFormat("A%06d%04d%02d%06d", region, c.year, c.month,
                         Spread(serial, 1000000, 271828));
}

}  // namespace skein::city
