#include "importers/core/identity.h"

// The plain functions take half the time of EVP's for texts of a row's length.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <bit>
#include <cstring>

#include "storage/base/status.h"

namespace skein {

void Hasher::Start(std::string_view domain) {
  bytes_.clear();
  Add(domain);
}

void Hasher::Add(std::string_view part) {
  const auto size = static_cast<uint32_t>(part.size());
  const char head[] = {static_cast<char>(size), static_cast<char>(size >> 8),
                       static_cast<char>(size >> 16), static_cast<char>(size >> 24)};
  bytes_.append(head, sizeof(head));
  bytes_.append(part);
}

void Hasher::Add(int64_t number) {
  const auto bits = static_cast<uint64_t>(number);
  for (int shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(bits >> shift);
}

void Hasher::Add(const Value& value) {
  bytes_ += static_cast<char>(value.kind());
  switch (value.kind()) {
    case ValueKind::kNull:
      return;
    case ValueKind::kInteger:
      return Add(value.integer());
    case ValueKind::kBoolean:
      return Add(int64_t{value.boolean()});
    case ValueKind::kFloat:
      return Add(std::bit_cast<int64_t>(value.real()));
    case ValueKind::kString:
      return Add(std::string_view(value.string()));
    case ValueKind::kLocalDateTime:
      Add(value.local_date_time().seconds);
      return Add(int64_t{value.local_date_time().nanos});
    case ValueKind::kDateTime:
      // The instant and the zone as spelt; the offset follows from them.
      Add(value.date_time().seconds);
      Add(int64_t{value.date_time().nanos});
      return Add(std::string_view(value.date_time().zone));
    case ValueKind::kDate:
      return Add(value.date().days);
    default:
      return Add(std::string_view(ToLiteral(value)));
  }
}

Identity Hasher::Finish() {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256_CTX context;
  SKEIN_CHECK(SHA256_Init(&context) == 1 &&
              SHA256_Update(&context, bytes_.data(), bytes_.size()) == 1 &&
              SHA256_Final(digest, &context) == 1);
  return Identity(reinterpret_cast<const char*>(digest), 16);
}

uint64_t Short(const Identity& identity) {
  uint64_t number = 0;
  SKEIN_CHECK(identity.size() >= sizeof number);
  std::memcpy(&number, identity.data(), sizeof number);
  return number;
}

}  // namespace skein
