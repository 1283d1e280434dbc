#include "importers/city/output.h"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/base/status.h"

namespace skein::city {
namespace {

constexpr size_t kBufferBytes = size_t{256} << 10;

std::string Hex(const unsigned char* bytes, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) absl::StrAppendFormat(&out, "%02x", bytes[i]);
  return out;
}

}  // namespace

struct OutputFile::Digest {
  Digest() : context(EVP_MD_CTX_new()) {
    SKEIN_CHECK(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1);
  }
  ~Digest() { EVP_MD_CTX_free(context); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  EVP_MD_CTX* context;
};

OutputFile::OutputFile(std::string path, std::FILE* file)
    : file_(file), digest_(std::make_unique<Digest>()) {
  info_.path = std::move(path);
}

OutputFile::~OutputFile() {
  // Only when an error made the caller give up: Close() was not reached.
  if (file_ != nullptr) std::fclose(file_);
}

void OutputFile::Write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= kBufferBytes) Flush();
}

void OutputFile::Flush() {
  if (status_.ok() && std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size()) {
    status_ = Unavailable("cannot write ", info_.path, ": ", std::system_category().message(errno));
  }
  EVP_DigestUpdate(digest_->context, buffer_.data(), buffer_.size());
  info_.bytes += buffer_.size();
  buffer_.clear();
}

absl::StatusOr<OutputTree> OutputTree::Create(const std::string& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return Unavailable("cannot create folder ", dir, ": ", error.message());
  const bool empty = std::filesystem::is_empty(dir, error);
  if (error) return Unavailable("cannot read folder ", dir, ": ", error.message());
  const std::filesystem::path manifest = std::filesystem::path(dir) / "manifest.json";
  if (!empty && !std::filesystem::exists(manifest, error)) {
    return AlreadyExists("folder ", dir,
                         " is not empty and holds no earlier city (no manifest.json)");
  }
  // A run that fails midway must not leave the old manifest beside new files.
  std::filesystem::remove(manifest, error);
  if (error) return Unavailable("cannot replace ", manifest.string(), ": ", error.message());
  return OutputTree(dir);
}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputTree::Open(const std::string& path) {
  const std::filesystem::path full = std::filesystem::path(dir_) / path;
  std::error_code error;
  std::filesystem::create_directories(full.parent_path(), error);
  if (error)
    return Unavailable("cannot create the folder of ", full.string(), ": ", error.message());
  std::FILE* file = std::fopen(full.c_str(), "wbe");
  if (file == nullptr)
    return Unavailable("cannot create ", full.string(), ": ",
                       std::system_category().message(errno));
  return std::unique_ptr<OutputFile>(new OutputFile(path, file));
}

absl::Status OutputTree::Close(std::unique_ptr<OutputFile> file) {
  file->Flush();
  std::FILE* stream = file->file_;
  file->file_ = nullptr;
  if (std::fclose(stream) != 0 && file->status_.ok()) {
    file->status_ =
        Unavailable("cannot write ", file->info_.path, ": ", std::system_category().message(errno));
  }
  SKEIN_RETURN_IF_ERROR(file->status_);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  SKEIN_CHECK(EVP_DigestFinal_ex(file->digest_->context, digest.data(), &size) == 1);
  file->info_.sha256 = Hex(digest.data(), size);
  files_.push_back(file->info_);
  return absl::OkStatus();
}

absl::Status OutputTree::WriteFile(const std::string& path, std::string_view bytes) {
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<OutputFile> file, Open(path));
  file->Write(bytes);
  return Close(std::move(file));
}

absl::StatusOr<Table> Table::Open(OutputTree& tree, const std::string& path, Dialect dialect,
                                  const std::vector<std::string>& header) {
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<OutputFile> file, tree.Open(path));
  Table out(tree, std::move(file), dialect);
  if (dialect.bom) out.file_->Write("\xEF\xBB\xBF");
  const std::vector<std::string_view> fields(header.begin(), header.end());
  out.Line(fields.data(), fields.size());
  return out;
}

void Table::Row(std::initializer_list<std::string_view> fields) {
  Line(fields.begin(), fields.size());
  file_->CountRecord();
}

void Table::Line(const std::string_view* fields, size_t count) {
  line_.clear();
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) line_.push_back(dialect_.delimiter);
    const std::string_view f = fields[i];
    const bool special = f.find_first_of("\"\r\n") != std::string_view::npos ||
                         f.find(dialect_.delimiter) != std::string_view::npos;
    if (dialect_.delimiter == '\t') SKEIN_CHECK(!special);
    if (!special && !dialect_.quote_all) {
      line_ += f;
      continue;
    }
    line_.push_back('"');
    for (const char c : f) {
      if (c == '"') line_.push_back('"');
      line_.push_back(c);
    }
    line_.push_back('"');
  }
  line_ += dialect_.crlf ? "\r\n" : "\n";
  file_->Write(line_);
}

absl::Status Table::Close() { return tree_->Close(std::move(file_)); }

}  // namespace skein::city
