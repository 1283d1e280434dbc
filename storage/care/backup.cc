#include "storage/care/backup.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "storage/base/status.h"
#include "storage/care/files.h"
#include "storage/keys/layout.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "skein backup";
constexpr std::string_view kFormat = "1";
constexpr size_t kCatalogueBytesMax = size_t{256} << 20;
constexpr size_t kHashDigits = 64;

struct BackedUpFile {
  std::string path;  // below the store's directory
  HashedFile content;
  std::string stamp;  // of the source, or "-"
};

struct Catalogue {
  BackupInfo info;
  std::string store;  // whose backup it is
  std::vector<BackedUpFile> files;
};

using Step = std::function<absl::Status(std::string_view)>;

absl::Status Say(const Step& step, std::string_view what) {
  return step ? step(what) : absl::OkStatus();
}

std::string Digest(std::string_view bytes) {
  Sha256 sha;
  sha.Update(bytes);
  return sha.Hex();
}

// Names the store without telling its keys.
absl::StatusOr<std::string> StoreName(Store& store, const View& view) {
  SKEIN_ASSIGN_OR_RETURN(const auto keys, GetOne(store, view, Table::kMeta,
                                                 Layout(SpaceId::kUsers).Meta("element_keys")));
  return Digest("store " + keys.value_or("")).substr(0, 32);
}

bool IsHash(std::string_view text) {
  return text.size() == kHashDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// What a restore may create: no way out of its directory.
bool IsPath(std::string_view path) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
  return !path.empty() && path.front() != '/' && path.back() != '/' &&
         path.find_first_not_of(kAllowed) == std::string_view::npos &&
         path.find("..") == std::string_view::npos && path.find("//") == std::string_view::npos;
}

std::string FilesOf(const std::string& folder) { return folder + "/files"; }
std::string CataloguesOf(const std::string& folder) { return folder + "/backups"; }
std::string PathOf(const std::string& folder, const std::string& sha256) {
  return FilesOf(folder) + "/" + sha256.substr(0, 2) + "/" + sha256;
}
std::string CataloguePath(const std::string& folder, uint64_t number) {
  char name[32];
  std::snprintf(name, sizeof(name), "%08llu", static_cast<unsigned long long>(number));
  return CataloguesOf(folder) + "/" + name;
}

std::string Encode(const Catalogue& catalogue) {
  const BackupInfo& info = catalogue.info;
  std::string text =
      internal::Join(kMagic, " ", kFormat, "\nnumber ", info.number, "\nmade ", info.made_us,
                     "\nversion ", Raw(info.version), "\nstore ", catalogue.store, "\ncopied ",
                     info.files_copied, " ", info.bytes_copied, "\n");
  for (const BackedUpFile& file : catalogue.files) {
    text += internal::Join("file ", file.content.sha256, " ", file.content.bytes, " ", file.stamp,
                           " ", file.path, "\n");
  }
  return text + "end " + Digest(text) + "\n";
}

// Words of a line.
class Words {
 public:
  explicit Words(std::string_view line) : left_(line) {}
  std::string_view Next() {
    const size_t end = std::min(left_.find(' '), left_.size());
    const std::string_view word = left_.substr(0, end);
    left_.remove_prefix(std::min(end + 1, left_.size()));
    return word;
  }
  template <typename T>
  T Number() {
    const std::string_view word = Next();
    T number = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    ok_ = ok_ && error == std::errc() && stop == word.data() + word.size();
    return number;
  }
  bool ok() const { return ok_; }

 private:
  std::string_view left_;
  bool ok_ = true;
};

bool DecodeLine(std::string_view line, Catalogue* out) {
  Words words(line);
  const std::string_view kind = words.Next();
  BackupInfo& info = out->info;
  if (kind == "number") {
    info.number = words.Number<uint64_t>();
  } else if (kind == "made") {
    info.made_us = words.Number<int64_t>();
  } else if (kind == "version") {
    info.version = Version{words.Number<uint64_t>()};
  } else if (kind == "store") {
    out->store = std::string(words.Next());
  } else if (kind == "copied") {
    info.files_copied = words.Number<uint64_t>();
    info.bytes_copied = words.Number<uint64_t>();
  } else if (kind == "file") {
    BackedUpFile file;
    file.content.sha256 = std::string(words.Next());
    file.content.bytes = words.Number<uint64_t>();
    file.stamp = std::string(words.Next());
    file.path = std::string(words.Next());
    if (!IsHash(file.content.sha256) || !IsPath(file.path)) return false;
    ++info.files;
    info.bytes += file.content.bytes;
    out->files.push_back(std::move(file));
  } else {
    return false;
  }
  return words.ok();
}

absl::StatusOr<Catalogue> ReadCatalogue(const std::string& path) {
  SKEIN_ASSIGN_OR_RETURN(const std::string text, ReadSmallFile(path, kCatalogueBytesMax));
  const size_t end = text.rfind("end ");
  if (end == std::string::npos || text.substr(end) != "end " + Digest(text.substr(0, end)) + "\n") {
    return DataLoss(path, ": the catalogue is damaged: its hash is another");
  }
  std::string_view left = std::string_view(text).substr(0, end);
  Catalogue catalogue;
  for (bool first = true; !left.empty(); first = false) {
    const size_t newline = left.find('\n');
    const std::string_view line = left.substr(0, newline);
    left.remove_prefix(newline + 1);
    if (first && line != internal::Join(kMagic, " ", kFormat)) {
      return FailedPrecondition(path, ": '", line, "' is no format that this program knows");
    }
    if (!first && !DecodeLine(line, &catalogue)) {
      return DataLoss(path, ": the line '", line, "' is none of a catalogue");
    }
  }
  return catalogue;
}

absl::StatusOr<std::vector<uint64_t>> Numbers(const std::string& folder) {
  std::vector<uint64_t> numbers;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(CataloguesOf(folder), error)) {
    const std::string name = entry.path().filename().string();
    uint64_t number = 0;
    const auto [stop, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (wrong == std::errc() && stop == name.data() + name.size()) numbers.push_back(number);
  }
  if (error) return NotFound(folder, ": holds no backups: ", error.message());
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::string Mark(const std::string& store) {
  return internal::Join(kMagic, "\nformat ", kFormat, "\nstore ", store, "\n");
}

// Makes the folder, or finds in it what the last backup left.
absl::Status PrepareFolder(const std::string& folder, const std::string& store) {
  std::error_code error;
  const std::string mark = folder + "/SKEIN-BACKUP";
  if (!fs::exists(mark, error)) {
    if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
      for (const auto& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (name != "LOCK" && name != "SKEIN-BACKUP.new") {
          return FailedPrecondition(folder, " holds '", name, "' and is no folder of backups");
        }
      }
    }
    fs::create_directories(folder, error);
    if (error) return Unavailable(folder, ": cannot make the folder: ", error.message());
    SKEIN_RETURN_IF_ERROR(WriteDurably(mark, Mark(store)));
  }
  SKEIN_ASSIGN_OR_RETURN(const std::string found, ReadSmallFile(mark, 4096));
  if (found != Mark(store)) {
    return FailedPrecondition(folder, " holds the backups of another store, or of another format");
  }
  for (const char* name : {"/files", "/backups", "/tmp"}) {
    SKEIN_RETURN_IF_ERROR(MakeFolder(folder + name));
  }
  for (const auto& entry : fs::directory_iterator(folder + "/tmp", error)) {
    fs::remove(entry.path(), error);
  }
  return absl::OkStatus();
}

class Maker {
 public:
  Maker(const BackupOptions& options, std::map<std::string, BackedUpFile> before)
      : options_(options), before_(std::move(before)) {}

  // Puts the checkpoint's file into the folder; fills in its line of the catalogue.
  absl::Status Keep(const std::string& path, Catalogue* catalogue) {
    const std::string source = options_.scratch + "/" + path;
    BackedUpFile file;
    file.path = path;
    SKEIN_ASSIGN_OR_RETURN(file.stamp, StampOf(source));
    SKEIN_ASSIGN_OR_RETURN(const uint64_t bytes, SizeOf(source));
    const auto known = before_.find(path);
    // Sorted files never change: the same file of the same moment is the same content.
    if (known != before_.end() && path.ends_with(".sst") && known->second.stamp == file.stamp &&
        known->second.content.bytes == bytes && IsKept(known->second.content)) {
      file.content = known->second.content;
    } else {
      SKEIN_RETURN_IF_ERROR(Copy(source, &file.content, &catalogue->info));
    }
    ++catalogue->info.files;
    catalogue->info.bytes += file.content.bytes;
    catalogue->files.push_back(std::move(file));
    return absl::OkStatus();
  }

 private:
  bool IsKept(const HashedFile& content) const {
    const auto size = SizeOf(PathOf(options_.folder, content.sha256));
    return size.ok() && *size == content.bytes;
  }

  absl::Status Copy(const std::string& source, HashedFile* content, BackupInfo* info) {
    SKEIN_RETURN_IF_ERROR(Say(options_.step, "copy " + source));
    const std::string fresh = options_.folder + "/tmp/copy";
    SKEIN_ASSIGN_OR_RETURN(*content, CopyFile(source, fresh));
    if (IsKept(*content)) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(Say(options_.step, "read back " + source));
    SKEIN_ASSIGN_OR_RETURN(const HashedFile back, HashFile(fresh));
    if (back.sha256 != content->sha256) {
      return DataLoss(fresh, ": what was written does not read back; the disk is faulty");
    }
    SKEIN_RETURN_IF_ERROR(
        MakeFolder(FilesOf(options_.folder) + "/" + content->sha256.substr(0, 2)));
    SKEIN_RETURN_IF_ERROR(Say(options_.step, "name " + content->sha256));
    SKEIN_RETURN_IF_ERROR(RenameDurably(fresh, PathOf(options_.folder, content->sha256)));
    ++info->files_copied;
    info->bytes_copied += content->bytes;
    return absl::OkStatus();
  }

  const BackupOptions& options_;
  const std::map<std::string, BackedUpFile> before_;
};

// Catalogues past `keep`, then files that no catalogue names any more.
absl::Status Prune(const BackupOptions& options) {
  if (options.keep == 0) return absl::OkStatus();
  SKEIN_ASSIGN_OR_RETURN(std::vector<uint64_t> numbers, Numbers(options.folder));
  std::error_code error;
  while (numbers.size() > options.keep) {
    SKEIN_RETURN_IF_ERROR(Say(options.step, "drop a backup"));
    fs::remove(CataloguePath(options.folder, numbers.front()), error);
    if (error) return Unavailable(options.folder, ": cannot remove: ", error.message());
    numbers.erase(numbers.begin());
  }
  SKEIN_RETURN_IF_ERROR(SyncFolder(CataloguesOf(options.folder)));
  std::set<std::string> named;
  for (const uint64_t number : numbers) {
    SKEIN_ASSIGN_OR_RETURN(const Catalogue catalogue,
                           ReadCatalogue(CataloguePath(options.folder, number)));
    for (const BackedUpFile& file : catalogue.files) named.insert(file.content.sha256);
  }
  SKEIN_ASSIGN_OR_RETURN(const auto files, FilesBelow(FilesOf(options.folder)));
  for (const std::string& file : files) {
    if (named.contains(fs::path(file).filename().string())) continue;
    SKEIN_RETURN_IF_ERROR(Say(options.step, "drop a file"));
    fs::remove(FilesOf(options.folder) + "/" + file, error);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BackupInfo> MakeBackup(Store& store, const BackupOptions& options) {
  SKEIN_ASSIGN_OR_RETURN(const auto view, store.Latest());
  Catalogue catalogue;
  SKEIN_ASSIGN_OR_RETURN(catalogue.store, StoreName(store, *view));
  std::error_code error;
  fs::create_directories(options.folder, error);
  if (error) return Unavailable(options.folder, ": cannot make the folder: ", error.message());
  SKEIN_ASSIGN_OR_RETURN(const FolderLock lock, FolderLock::Take(options.folder + "/LOCK"));
  SKEIN_RETURN_IF_ERROR(PrepareFolder(options.folder, catalogue.store));
  SKEIN_ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, Numbers(options.folder));
  std::map<std::string, BackedUpFile> before;
  if (!numbers.empty()) {
    // A damaged catalogue spoils its own backup, not the next: then everything is read anew.
    auto last = ReadCatalogue(CataloguePath(options.folder, numbers.back()));
    if (last.ok()) {
      for (BackedUpFile& file : last->files) before[file.path] = std::move(file);
    }
  }
  catalogue.info.number = numbers.empty() ? 1 : numbers.back() + 1;
  catalogue.info.made_us = absl::ToUnixMicros(options.clock->Now());
  catalogue.info.version = view->version();
  fs::remove_all(options.scratch, error);  // of a backup that was killed
  SKEIN_RETURN_IF_ERROR(Say(options.step, "checkpoint"));
  const absl::Cleanup clear = [&options] {
    std::error_code ignored;
    fs::remove_all(options.scratch, ignored);
  };
  SKEIN_RETURN_IF_ERROR(store.Checkpoint(options.scratch));
  SKEIN_ASSIGN_OR_RETURN(const auto paths, FilesBelow(options.scratch));
  uint64_t total = 0, done = 0;
  for (const std::string& path : paths) {
    SKEIN_ASSIGN_OR_RETURN(const uint64_t bytes, SizeOf(options.scratch + "/" + path));
    total += bytes;
  }
  Maker maker(options, std::move(before));
  for (const std::string& path : paths) {
    SKEIN_RETURN_IF_ERROR(maker.Keep(path, &catalogue));
    done += catalogue.files.back().content.bytes;
    if (options.progress) options.progress(done, total);
  }
  SKEIN_RETURN_IF_ERROR(Say(options.step, "catalogue"));
  SKEIN_RETURN_IF_ERROR(
      WriteDurably(CataloguePath(options.folder, catalogue.info.number), Encode(catalogue)));
  SKEIN_RETURN_IF_ERROR(Prune(options));
  return catalogue.info;
}

absl::StatusOr<std::vector<BackupInfo>> ListBackups(const std::string& folder) {
  SKEIN_ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, Numbers(folder));
  std::vector<BackupInfo> backups;
  for (const uint64_t number : numbers) {
    SKEIN_ASSIGN_OR_RETURN(const Catalogue catalogue, ReadCatalogue(CataloguePath(folder, number)));
    backups.push_back(catalogue.info);
  }
  return backups;
}

absl::StatusOr<BackupCheck> CheckBackups(const std::string& folder, const Step& step) {
  SKEIN_ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, Numbers(folder));
  BackupCheck check;
  std::map<std::string, std::pair<uint64_t, std::string>> files;  // bytes, in which backups
  for (const uint64_t number : numbers) {
    ++check.backups;
    const auto catalogue = ReadCatalogue(CataloguePath(folder, number));
    if (!catalogue.ok()) {
      check.damage.emplace_back(Message(catalogue.status()));
      continue;
    }
    for (const BackedUpFile& file : catalogue->files) {
      auto& [bytes, in] = files[file.content.sha256];
      bytes = file.content.bytes;
      in += internal::Join(in.empty() ? "" : ", ", number);
    }
  }
  for (const auto& [sha256, of] : files) {
    SKEIN_RETURN_IF_ERROR(Say(step, "check " + sha256));
    const auto found = HashFile(PathOf(folder, sha256));
    ++check.files;
    if (found.ok()) check.bytes += found->bytes;
    if (found.ok() && found->sha256 == sha256) continue;
    check.damage.push_back(internal::Join(PathOf(folder, sha256),
                                          found.ok() ? ": is damaged" : ": cannot be read",
                                          "; backups that need it: ", of.second));
  }
  return check;
}

absl::StatusOr<BackupInfo> RestoreBackup(const RestoreOptions& options) {
  SKEIN_ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, Numbers(options.folder));
  if (numbers.empty()) return NotFound(options.folder, ": holds no complete backup");
  const uint64_t number = options.number == 0 ? numbers.back() : options.number;
  if (!std::binary_search(numbers.begin(), numbers.end(), number)) {
    return NotFound(options.folder, ": holds no backup ", number);
  }
  std::error_code error;
  if (fs::exists(options.store, error) &&
      (!fs::is_directory(options.store, error) || !fs::is_empty(options.store, error))) {
    return FailedPrecondition(options.store, " is there and not empty: nothing is overwritten");
  }
  SKEIN_ASSIGN_OR_RETURN(const Catalogue catalogue,
                         ReadCatalogue(CataloguePath(options.folder, number)));
  const std::string stage = options.store + ".restoring";
  SKEIN_RETURN_IF_ERROR(Say(options.step, "begin"));
  fs::remove_all(stage, error);  // of a restore that was killed
  fs::create_directories(stage, error);
  if (error) return Unavailable(stage, ": cannot make the folder: ", error.message());
  absl::Cleanup clear = [&stage] {
    std::error_code ignored;
    fs::remove_all(stage, ignored);
  };
  std::set<std::string> folders = {stage};
  for (const BackedUpFile& file : catalogue.files) {
    SKEIN_RETURN_IF_ERROR(Say(options.step, "copy " + file.path));
    const fs::path target = fs::path(stage) / file.path;
    fs::create_directories(target.parent_path(), error);
    folders.insert(target.parent_path().string());
    SKEIN_ASSIGN_OR_RETURN(const HashedFile copied,
                           CopyFile(PathOf(options.folder, file.content.sha256), target.string()));
    if (copied.sha256 != file.content.sha256) {
      return DataLoss(PathOf(options.folder, file.content.sha256), ": is damaged; backup ", number,
                      " cannot be restored");
    }
  }
  for (const std::string& folder : folders) SKEIN_RETURN_IF_ERROR(SyncFolder(folder));
  SKEIN_RETURN_IF_ERROR(Say(options.step, "name"));
  SKEIN_RETURN_IF_ERROR(RenameDurably(stage, options.store));
  std::move(clear).Cancel();
  return catalogue.info;
}

}  // namespace skein
