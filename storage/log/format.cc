#include "storage/log/format.h"

#include <cstring>

#include "storage/log/checksum.h"

namespace skein::log {
namespace {

constexpr std::string_view kFileMagic = "SKEINLOG";
constexpr uint32_t kRecordMagic = 0x524c4b53;  // "SKLR"
constexpr size_t kChecked = kHeaderBytes - sizeof(uint64_t);
constexpr uint64_t kPayloadBytesMax = uint64_t{1} << 40;

// The builds that exist are little endian; a big-endian one would swap here.
template <typename T>
void Put(std::string* out, size_t at, T value) {
  std::memcpy(out->data() + at, &value, sizeof(value));
}
template <typename T>
T Get(std::string_view in, size_t at) {
  T value;
  std::memcpy(&value, in.data() + at, sizeof(value));
  return value;
}

}  // namespace

std::string EncodeFileHeader(const FileHeader& header) {
  std::string out(kHeaderBytes, '\0');
  std::memcpy(out.data(), kFileMagic.data(), kFileMagic.size());
  Put(&out, 8, header.format);
  Put(&out, 12, header.ring_bytes);
  Put(&out, 16, header.number);
  Put(&out, 24, header.salt);
  Put(&out, 32, header.first_sequence);
  Put(&out, 40, header.chain);
  Put(&out, 48, header.base_version);
  Put(&out, kChecked, Checksum(std::string_view(out).substr(0, kChecked), 0));
  return out;
}

std::optional<FileHeader> DecodeFileHeader(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kFileMagic)) return std::nullopt;
  if (Get<uint64_t>(bytes, kChecked) != Checksum(bytes.substr(0, kChecked), 0)) return std::nullopt;
  FileHeader header;
  header.format = Get<uint32_t>(bytes, 8);
  header.ring_bytes = Get<uint32_t>(bytes, 12);
  header.number = Get<uint64_t>(bytes, 16);
  header.salt = Get<uint64_t>(bytes, 24);
  header.first_sequence = Get<uint64_t>(bytes, 32);
  header.chain = Get<uint64_t>(bytes, 40);
  header.base_version = Get<uint64_t>(bytes, 48);
  if (header.ring_bytes % kBlockBytes != 0) return std::nullopt;
  return header;
}

std::string EncodeRecordHeader(RecordHeader* header, std::string_view payload, uint64_t salt) {
  header->payload_bytes = payload.size();
  header->payload_checksum = Checksum(payload, salt);
  std::string out(kHeaderBytes, '\0');
  Put(&out, 0, kRecordMagic);
  Put(&out, 4, static_cast<uint8_t>(header->kind));
  Put(&out, 5, static_cast<uint8_t>(header->twin ? 1 : 0));
  Put(&out, 8, header->payload_bytes);
  Put(&out, 16, header->sequence);
  Put(&out, 24, header->durable_through);
  Put(&out, 32, header->version);
  Put(&out, 40, header->chain);
  Put(&out, 48, header->payload_checksum);
  header->checksum = Checksum(std::string_view(out).substr(0, kChecked), salt);
  Put(&out, kChecked, header->checksum);
  return out;
}

std::optional<RecordHeader> DecodeRecordHeader(std::string_view bytes, uint64_t salt) {
  if (bytes.size() < kHeaderBytes || Get<uint32_t>(bytes, 0) != kRecordMagic) return std::nullopt;
  RecordHeader header;
  header.checksum = Get<uint64_t>(bytes, kChecked);
  if (header.checksum != Checksum(bytes.substr(0, kChecked), salt)) return std::nullopt;
  const auto kind = Get<uint8_t>(bytes, 4);
  if (kind != 1 && kind != 2) return std::nullopt;
  header.kind = static_cast<RecordKind>(kind);
  header.twin = Get<uint8_t>(bytes, 5) != 0;
  header.payload_bytes = Get<uint64_t>(bytes, 8);
  header.sequence = Get<uint64_t>(bytes, 16);
  header.durable_through = Get<uint64_t>(bytes, 24);
  header.version = Get<uint64_t>(bytes, 32);
  header.chain = Get<uint64_t>(bytes, 40);
  header.payload_checksum = Get<uint64_t>(bytes, 48);
  if (header.payload_bytes > kPayloadBytesMax) return std::nullopt;
  return header;
}

bool PayloadIsWhole(const RecordHeader& header, std::string_view payload, uint64_t salt) {
  return payload.size() == header.payload_bytes &&
         Checksum(payload, salt) == header.payload_checksum;
}

}  // namespace skein::log
