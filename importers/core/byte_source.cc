#include "importers/core/byte_source.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "storage/base/status.h"

namespace skein {
namespace {

constexpr size_t kBuffer = 64 << 10;

absl::Status OpenError(const std::string& path, int error) {
  if (error == EACCES || error == EPERM) {
    return PermissionDenied("cannot read ", path, ": ", std::strerror(error));
  }
  return NotFound("cannot read ", path, ": ", std::strerror(error));
}

class PlainFile final : public ByteSource {
 public:
  PlainFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;
  ~PlainFile() override { close(fd_); }

  absl::StatusOr<size_t> Read(char* out, size_t max) override {
    for (;;) {
      const ssize_t n = read(fd_, out, max);
      if (n >= 0) {
        position_ += static_cast<uint64_t>(n);
        return static_cast<size_t>(n);
      }
      if (errno != EINTR) {
        return DataLoss("cannot read ", path_, " at byte ", position_, ": ", std::strerror(errno));
      }
    }
  }
  uint64_t position() const override { return position_; }

 private:
  std::string path_;
  int fd_;
  uint64_t position_ = 0;
};

absl::StatusOr<std::unique_ptr<ByteSource>> OpenPlain(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return OpenError(path, errno);
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    return NotFound("cannot read ", path, ": not a regular file");
  }
  return std::make_unique<PlainFile>(path, fd);
}

class Gunzip final : public ByteSource {
 public:
  Gunzip(std::string path, std::unique_ptr<ByteSource> inner)
      : path_(std::move(path)), inner_(std::move(inner)), packed_(kBuffer) {
    // 16: gzip wrapper only. Memory exhaustion is the only way to fail.
    SKEIN_CHECK(inflateInit2(&stream_, 15 + 16) == Z_OK);
  }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;
  ~Gunzip() override { inflateEnd(&stream_); }

  absl::StatusOr<size_t> Read(char* out, size_t max) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(std::min(max, kBuffer));
    const uInt wanted = stream_.avail_out;
    while (stream_.avail_out == wanted) {
      if (stream_.avail_in == 0) {
        SKEIN_ASSIGN_OR_RETURN(const size_t n, inner_->Read(packed_.data(), packed_.size()));
        if (n == 0) {
          if (between_members_) return size_t{0};
          return DataLoss("cannot unpack ", path_, ": it is cut short");
        }
        stream_.next_in = reinterpret_cast<Bytef*>(packed_.data());
        stream_.avail_in = static_cast<uInt>(n);
      }
      between_members_ = false;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_STREAM_END) {
        inflateReset(&stream_);
        between_members_ = true;
      } else if (result != Z_OK) {
        return DataLoss("cannot unpack ", path_, " at byte ", inner_->position() - stream_.avail_in,
                        ": ", stream_.msg == nullptr ? "damaged" : stream_.msg);
      }
    }
    return static_cast<size_t>(wanted - stream_.avail_out);
  }
  uint64_t position() const override { return inner_->position(); }

 private:
  std::string path_;
  std::unique_ptr<ByteSource> inner_;
  std::vector<char> packed_;
  z_stream stream_{};
  bool between_members_ = true;
};

class Memory final : public ByteSource {
 public:
  Memory(std::string bytes, size_t step) : bytes_(std::move(bytes)), step_(step) {}
  absl::StatusOr<size_t> Read(char* out, size_t max) override {
    const size_t n = std::min({max, step_, bytes_.size() - at_});
    std::memcpy(out, bytes_.data() + at_, n);
    at_ += n;
    return n;
  }
  uint64_t position() const override { return at_; }

 private:
  std::string bytes_;
  size_t step_;
  size_t at_ = 0;
};

class Gb18030 final : public ByteSource {
 public:
  explicit Gb18030(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)), raw_(kBuffer) {
    UErrorCode error = U_ZERO_ERROR;
    from_ = ucnv_open("gb18030", &error);
    // Undecodable input becomes U+FFFF, a code point that no text holds, replaced by 0xFF below.
    ucnv_setToUCallBack(from_, &Substitute, nullptr, nullptr, nullptr, &error);
    SKEIN_CHECK(U_SUCCESS(error) != 0);
  }
  Gb18030(const Gb18030&) = delete;
  Gb18030& operator=(const Gb18030&) = delete;
  ~Gb18030() override { ucnv_close(from_); }

  absl::StatusOr<size_t> Read(char* out, size_t max) override {
    while (at_ == decoded_.size()) {
      if (ended_) return size_t{0};
      SKEIN_RETURN_IF_ERROR(Decode());
    }
    const size_t n = std::min(max, decoded_.size() - at_);
    std::memcpy(out, decoded_.data() + at_, n);
    at_ += n;
    return n;
  }
  uint64_t position() const override { return inner_->position(); }

 private:
  static void Substitute(const void*, UConverterToUnicodeArgs* args, const char*, int32_t,
                         UConverterCallbackReason reason, UErrorCode* error) {
    if (reason > UCNV_IRREGULAR) return;
    *error = U_ZERO_ERROR;
    const UChar mark = 0xFFFF;
    ucnv_cbToUWriteUChars(args, &mark, 1, 0, error);
  }

  absl::Status Decode() {
    SKEIN_ASSIGN_OR_RETURN(const size_t n, inner_->Read(raw_.data(), raw_.size()));
    ended_ = n == 0;
    std::vector<UChar> units(n + 16);
    UChar* to = units.data();
    const char* from = raw_.data();
    UErrorCode error = U_ZERO_ERROR;
    ucnv_toUnicode(from_, &to, units.data() + units.size(), &from, raw_.data() + n, nullptr,
                   static_cast<UBool>(ended_), &error);
    if (U_FAILURE(error) != 0) return DataLoss("cannot decode GB 18030: ", u_errorName(error));
    decoded_.clear();
    at_ = 0;
    for (const UChar* unit = units.data(); unit != to; ++unit) Append(*unit);
    return absl::OkStatus();
  }

  void Append(UChar unit) {
    uint32_t code = unit;
    if (unit == 0xFFFF) {
      decoded_ += '\xFF';
      return;
    }
    if (unit >= 0xD800 && unit < 0xDC00) {
      high_ = unit;
      return;
    }
    if (unit >= 0xDC00 && unit < 0xE000) {
      code = 0x10000 + ((uint32_t{high_} - 0xD800) << 10) + (code - 0xDC00);
    }
    if (code < 0x80) {
      decoded_ += static_cast<char>(code);
    } else if (code < 0x800) {
      decoded_ += static_cast<char>(0xC0 | (code >> 6));
      decoded_ += static_cast<char>(0x80 | (code & 0x3F));
    } else {
      if (code < 0x10000) {
        decoded_ += static_cast<char>(0xE0 | (code >> 12));
      } else {
        decoded_ += static_cast<char>(0xF0 | (code >> 18));
        decoded_ += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
      }
      decoded_ += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
      decoded_ += static_cast<char>(0x80 | (code & 0x3F));
    }
  }

  std::unique_ptr<ByteSource> inner_;
  std::vector<char> raw_;
  std::string decoded_;
  size_t at_ = 0;
  UConverter* from_ = nullptr;
  UChar high_ = 0;
  bool ended_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> OpenFile(const std::string& path) {
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> file, OpenPlain(path));
  if (!path.ends_with(".gz")) return file;
  return std::make_unique<Gunzip>(path, std::move(file));
}

std::unique_ptr<ByteSource> MemorySource(std::string bytes, size_t step) {
  return std::make_unique<Memory>(std::move(bytes), step);
}

std::unique_ptr<ByteSource> FromGb18030(std::unique_ptr<ByteSource> inner) {
  return std::make_unique<Gb18030>(std::move(inner));
}

absl::StatusOr<uint64_t> FileSize(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return OpenError(path, errno);
  if (!S_ISREG(info.st_mode)) return NotFound("cannot read ", path, ": not a regular file");
  return static_cast<uint64_t>(info.st_size);
}

absl::StatusOr<std::string> FileSha256(const std::string& path) {
  SKEIN_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> file, OpenPlain(path));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  SKEIN_CHECK(context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  std::vector<char> buffer(kBuffer);
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const size_t n, file->Read(buffer.data(), buffer.size()));
    if (n == 0) break;
    SKEIN_CHECK(EVP_DigestUpdate(context.get(), buffer.data(), n) == 1);
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  SKEIN_CHECK(EVP_DigestFinal_ex(context.get(), digest, &size) == 1);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

}  // namespace skein
