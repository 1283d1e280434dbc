#include "storage/care/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <system_error>

#include "storage/base/status.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieceBytes = size_t{1} << 20;

absl::Status SystemError(const std::string& path, std::string_view what, int error = errno) {
  const std::string text = std::generic_category().message(error);
  if (error == ENOSPC || error == EDQUOT) return ResourceExhausted(path, ": ", what, ": ", text);
  if (error == ENOENT) return NotFound(path, ": ", what, ": ", text);
  return Unavailable(path, ": ", what, ": ", text);
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status ForPieces(const std::string& path, int fd,
                       const std::function<absl::Status(std::string_view)>& each) {
  std::string piece(kPieceBytes, '\0');
  for (;;) {
    const ssize_t n = ::read(fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(path, "cannot read");
    if (n == 0) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(each(std::string_view(piece.data(), static_cast<size_t>(n))));
  }
}

absl::Status WriteAll(const std::string& path, int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(path, "cannot write");
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

EVP_MD_CTX* Context(void* context) { return static_cast<EVP_MD_CTX*>(context); }

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  SKEIN_CHECK(EVP_DigestInit_ex(Context(context_), EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() { EVP_MD_CTX_free(Context(context_)); }
void Sha256::Update(std::string_view bytes) {
  SKEIN_CHECK(EVP_DigestUpdate(Context(context_), bytes.data(), bytes.size()) == 1);
}
std::string Sha256::Hex() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  SKEIN_CHECK(EVP_DigestFinal_ex(Context(context_), bytes, &n) == 1);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < n; ++i) {
    hex.push_back(kDigits[bytes[i] >> 4]);
    hex.push_back(kDigits[bytes[i] & 15]);
  }
  return hex;
}

absl::StatusOr<HashedFile> HashFile(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return SystemError(path, "cannot open");
  // Written pages were synced: dropping them makes the next read go to the disk.
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  Sha256 sha;
  HashedFile hashed;
  SKEIN_RETURN_IF_ERROR(ForPieces(path, file.get(), [&](std::string_view piece) {
    sha.Update(piece);
    hashed.bytes += piece.size();
    return absl::OkStatus();
  }));
  hashed.sha256 = sha.Hex();
  return hashed;
}

absl::StatusOr<HashedFile> CopyFile(const std::string& from, const std::string& to) {
  const Fd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) return SystemError(from, "cannot open");
  const Fd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (out.get() < 0) return SystemError(to, "cannot create");
  ::posix_fadvise(in.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  Sha256 sha;
  HashedFile hashed;
  SKEIN_RETURN_IF_ERROR(ForPieces(from, in.get(), [&](std::string_view piece) {
    sha.Update(piece);
    hashed.bytes += piece.size();
    return WriteAll(to, out.get(), piece);
  }));
  if (::fsync(out.get()) != 0) return SystemError(to, "cannot sync");
  hashed.sha256 = sha.Hex();
  return hashed;
}

absl::Status SyncFolder(const std::string& path) {
  const Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return SystemError(path, "cannot open");
  if (::fsync(folder.get()) != 0) return SystemError(path, "cannot sync");
  return absl::OkStatus();
}

absl::Status MakeFolder(const std::string& path) {
  if (::mkdir(path.c_str(), 0750) != 0) {
    return errno == EEXIST ? absl::OkStatus() : SystemError(path, "cannot make the folder");
  }
  return SyncFolder(
      fs::path(path).parent_path().string().empty() ? "." : fs::path(path).parent_path().string());
}

absl::Status RenameDurably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return SystemError(to, "cannot rename to it");
  const std::string parent = fs::path(to).parent_path().string();
  return SyncFolder(parent.empty() ? "." : parent);
}

absl::Status WriteDurably(const std::string& path, std::string_view bytes) {
  const std::string fresh = path + ".new";
  {
    const Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (file.get() < 0) return SystemError(fresh, "cannot create");
    SKEIN_RETURN_IF_ERROR(WriteAll(fresh, file.get(), bytes));
    if (::fsync(file.get()) != 0) return SystemError(fresh, "cannot sync");
  }
  return RenameDurably(fresh, path);
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t bytes_max) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return SystemError(path, "cannot open");
  std::string bytes;
  SKEIN_RETURN_IF_ERROR(ForPieces(path, file.get(), [&](std::string_view piece) -> absl::Status {
    bytes.append(piece);
    if (bytes.size() > bytes_max) return DataLoss(path, ": more than ", bytes_max, " bytes");
    return absl::OkStatus();
  }));
  return bytes;
}

absl::StatusOr<std::string> StampOf(const std::string& path) {
  struct stat st = {};
  if (::stat(path.c_str(), &st) != 0) return SystemError(path, "cannot be asked for its state");
  return internal::Join(st.st_dev, ".", st.st_ino, ".", st.st_mtim.tv_sec, ".", st.st_mtim.tv_nsec);
}

absl::StatusOr<uint64_t> SizeOf(const std::string& path) {
  struct stat st = {};
  if (::stat(path.c_str(), &st) != 0) return SystemError(path, "cannot be asked for its size");
  return static_cast<uint64_t>(st.st_size);
}

absl::StatusOr<std::vector<std::string>> FilesBelow(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it->is_regular_file(error)) {
      paths.push_back(fs::relative(it->path(), folder, error).string());
    }
  }
  if (error) return Unavailable(folder, ": cannot list: ", error.message());
  std::sort(paths.begin(), paths.end());
  return paths;
}

absl::StatusOr<FolderLock> FolderLock::Take(const std::string& path) {
  FolderLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (lock.fd_ < 0) return SystemError(path, "cannot open the lock");
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return Unavailable(path, ": another backup is under way");
    return SystemError(path, "cannot lock");
  }
  return lock;
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace skein
