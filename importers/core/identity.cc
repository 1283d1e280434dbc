#include "importers/core/identity.h"

#include <openssl/evp.h>

#include <bit>
#include <cstring>

#include "storage/base/status.h"

namespace skein {

struct Hasher::State {
  State() : digest(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context(EVP_MD_CTX_new()) {
    SKEIN_CHECK(digest != nullptr && context != nullptr);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(digest);
  }
  EVP_MD* digest;  // fetched once: a fetch costs more than the hash of a row
  EVP_MD_CTX* context;
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;

void Hasher::Start(std::string_view domain) {
  bytes_.clear();
  Add(domain);
}

void Hasher::Add(std::string_view part) {
  const auto size = static_cast<uint32_t>(part.size());
  for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(size >> shift);
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
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  SKEIN_CHECK(EVP_DigestInit_ex(state_->context, state_->digest, nullptr) == 1 &&
              EVP_DigestUpdate(state_->context, bytes_.data(), bytes_.size()) == 1 &&
              EVP_DigestFinal_ex(state_->context, digest, &size) == 1);
  return Identity(reinterpret_cast<const char*>(digest), 16);
}

uint64_t Short(const Identity& identity) {
  uint64_t number = 0;
  SKEIN_CHECK(identity.size() >= sizeof number);
  std::memcpy(&number, identity.data(), sizeof number);
  return number;
}

}  // namespace skein
