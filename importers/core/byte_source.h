// ByteSource: the bytes of one input file, in order; plain, gzip, or converted to UTF-8.
//
// Order     Read gives 1 … max bytes, or 0 at the end; after an error nothing more.
// Errors    NOT_FOUND, PERMISSION_DENIED  the file cannot be opened, with the system's reason
//           DATA_LOSS  reading failed half way; a gzip stream is damaged or cut short
// Threads   one thread. Cost: 64 KiB of buffer; a gzip bomb costs time, not memory.
// Source    RFC 1952 (concatenated members are one stream); GB 18030-2022 through ICU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace skein {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual absl::StatusOr<size_t> Read(char* out, size_t max) = 0;
  // Bytes of the file itself taken so far (of the packed file, where it is packed).
  virtual uint64_t position() const = 0;
};

// A file; one whose name ends in .gz is unpacked. Only regular files.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenFile(const std::string& path);
// Bytes in memory, at most `step` at a time: for tests of readers.
std::unique_ptr<ByteSource> MemorySource(std::string bytes, size_t step);
// `inner` read as GB 18030 (of which GBK and GB 2312 are parts); what is not GB 18030 becomes the
// byte 0xFF, which no UTF-8 holds, so that readers report its place.
std::unique_ptr<ByteSource> FromGb18030(std::unique_ptr<ByteSource> inner);

// Size in bytes. NOT_FOUND and the like as OpenFile.
absl::StatusOr<uint64_t> FileSize(const std::string& path);
// SHA-256 of the file's own bytes, lower-case hex.
absl::StatusOr<std::string> FileSha256(const std::string& path);

}  // namespace skein
