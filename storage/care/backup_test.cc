// Backups: incremental, verified, whole after kills and flipped bits; a restore gives the same.
#include "storage/care/backup.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "storage/base/status.h"
#include "storage/care/digest.h"
#include "storage/care/verify.h"
#include "storage/graph/graph.h"
#include "storage/kv/open.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() {
    const fs::path root = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    root_ = (root / ("skein_backup_" + std::to_string(::getpid()))).string();
    fs::remove_all(root_);
    fs::create_directory(root_);
  }
  ~BackupTest() override {
    store_ = nullptr;
    fs::remove_all(root_);
  }

  std::string In(std::string_view name) const { return root_ + "/" + std::string(name); }
  std::unique_ptr<Store> Open(const std::string& dir) {
    OpenStoreOptions options{.create = true, .sandbox = true, .rocks = {}};
    options.rocks.free_bytes_min = 0;
    auto opened = OpenStore(dir, options);
    SKEIN_CHECK(opened.ok());
    return std::move(opened->store);
  }
  void OpenFirst() { store_ = Open(In("store")); }
  // n more nodes, each with a link to the one before.
  static absl::Status Grow(Store& store, int n) {
    SKEIN_ASSIGN_OR_RETURN(const auto graph, Graph::Open(store, {}));
    SKEIN_ASSIGN_OR_RETURN(const auto t, graph->Begin(Viewer::All(), {}));
    NewNode node;
    SKEIN_ASSIGN_OR_RETURN(const LabelId label, graph->catalog().InternLabel("Person"));
    SKEIN_ASSIGN_OR_RETURN(const KeyId name, graph->catalog().InternKey("name"));
    NewLink link;
    SKEIN_ASSIGN_OR_RETURN(link.type, graph->catalog().InternLinkType("KNOWS"));
    node.labels = {label};
    for (int i = 0; i < n; ++i) {
      node.properties = {{name, Value::String("person " + std::to_string(i))}};
      link.from = link.to;
      SKEIN_ASSIGN_OR_RETURN(link.to, t->CreateNode(node));
      if (i > 0) SKEIN_RETURN_IF_ERROR(t->CreateLink(link).status());
    }
    return t->Commit().status();
  }
  BackupOptions Options() const {
    BackupOptions options;
    options.folder = In("backups");
    options.scratch = In("store/checkpoint");
    return options;
  }
  RestoreOptions Restore(uint64_t number, std::string_view name) const {
    return {.folder = In("backups"), .number = number, .store = In(name), .step = {}};
  }
  // Restores the backup and gives what it says.
  std::string DigestOf(uint64_t number) {
    fs::remove_all(In("restored"));
    const auto restored = RestoreBackup(Restore(number, "restored"));
    if (!restored.ok()) return restored.status().ToString();
    const auto store = Open(In("restored"));
    const auto verified = VerifyStore(*store, {});
    if (!verified.ok() || !verified->clean()) return "not sound";
    if ((*store->Latest())->version() < restored->version) return "an older version";
    return *StoreDigest(*store);
  }
  std::vector<fs::path> FilesOf(std::string_view folder) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(In(folder))) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  // Runs `work` in another process that dies at its n-th step; false: it came to its end. This
  // program anew, because RocksDB's threads do not live on in a fork.
  bool DiesAt(int n, const std::string& work) const {
    std::vector<std::string> arguments = {"/proc/self/exe", "--gtest_filter=*DISABLED_DiesAtAStep",
                                          "--gtest_also_run_disabled_tests"};
    std::vector<std::string> environment = {"SKEIN_CHILD_WORK=" + work, "SKEIN_CHILD_ROOT=" + root_,
                                            "SKEIN_CHILD_STEP=" + std::to_string(n)};
    std::vector<char*> argv, env;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    for (std::string& variable : environment) env.push_back(variable.data());
    argv.push_back(nullptr);
    env.push_back(nullptr);
    pid_t child = 0;
    posix_spawn_file_actions_t quiet;
    ::posix_spawn_file_actions_init(&quiet);
    ::posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    SKEIN_CHECK(::posix_spawn(&child, argv[0], &quiet, nullptr, argv.data(), env.data()) == 0);
    ::posix_spawn_file_actions_destroy(&quiet);
    int status = 0;
    ::waitpid(child, &status, 0);
    SKEIN_CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
  }

  std::string root_;
  std::unique_ptr<Store> store_;
};

TEST_F(BackupTest, RestoredStoresSayTheSameAndOnlyWhatIsNewIsCopied) {
  OpenFirst();
  ASSERT_TRUE(Grow(*store_, 40000).ok());
  ASSERT_TRUE(store_->Compact().ok());
  const std::string first = *StoreDigest(*store_);
  auto made = MakeBackup(*store_, Options());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->number, 1U);
  EXPECT_EQ(made->files, made->files_copied);
  // RocksDB may rewrite its lowest files by itself when the last view of before Compact() has gone;
  // that happens once, and the backup that meets it copies them.
  std::string second;
  uint64_t number = 1;
  do {
    ASSERT_TRUE(Grow(*store_, 5).ok());
    second = *StoreDigest(*store_);
    made = MakeBackup(*store_, Options());
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(made->number, ++number);
  } while (made->bytes_copied >= made->bytes / 2 && number < 3);
  EXPECT_LT(made->bytes_copied, made->bytes / 2);
  EXPECT_FALSE(fs::exists(In("store/checkpoint")));
  EXPECT_EQ(DigestOf(1), first);
  EXPECT_EQ(DigestOf(number), second);
  EXPECT_EQ(DigestOf(0), second);
  const auto check = CheckBackups(In("backups"));
  ASSERT_TRUE(check.ok());
  EXPECT_EQ(check->backups, number);
  EXPECT_TRUE(check->damage.empty());
  // A restored store goes on being backed up to the same folder.
  store_ = nullptr;
  fs::rename(In("restored"), In("again"));
  auto again = Open(In("again"));
  BackupOptions options = Options();
  options.scratch = In("again/checkpoint");
  made = MakeBackup(*again, options);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->number, number + 1);
  EXPECT_EQ(DigestOf(number + 1), second);
}

TEST_F(BackupTest, WhileOthersWriteItIsOneMoment) {
  OpenFirst();
  ASSERT_TRUE(Grow(*store_, 100).ok());
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  std::thread writer([&] {
    while (!stop) {
      ASSERT_TRUE(Grow(*store_, 3).ok());
      ++written;
    }
  });
  for (int i = 0; i < 5; ++i) {
    const int before = written;
    while (written == before) std::this_thread::yield();
    ASSERT_TRUE(MakeBackup(*store_, Options()).ok());
  }
  stop = true;
  writer.join();
  uint64_t nodes = 0;
  for (uint64_t number = 1; number <= 5; ++number) {
    EXPECT_EQ(DigestOf(number).size(), 64U);
    const auto store = Open(In("restored"));
    const auto report = VerifyStore(*store, {});
    EXPECT_EQ((report->checked.nodes - 100) % 3, 0U);
    EXPECT_GE(report->checked.nodes, nodes);
    nodes = report->checked.nodes;
  }
}

// The other process of the tests below.
TEST(BackupChild, DISABLED_DiesAtAStep) {
  // NOLINTBEGIN(concurrency-mt-unsafe): one thread
  const char* const root = std::getenv("SKEIN_CHILD_ROOT");
  if (root == nullptr) GTEST_SKIP();
  const std::string work = std::getenv("SKEIN_CHILD_WORK");
  const int last = std::atoi(std::getenv("SKEIN_CHILD_STEP"));
  // NOLINTEND(concurrency-mt-unsafe)
  int steps = 0;
  const auto step = [&steps, last](std::string_view) {
    if (steps++ == last) ::raise(SIGKILL);
    return absl::OkStatus();
  };
  const std::string folder = root + std::string("/backups");
  if (work == "restore") {
    ASSERT_TRUE(RestoreBackup({folder, 1, root + std::string("/restored"), step}).ok());
    return;
  }
  OpenStoreOptions open;
  open.rocks.free_bytes_min = 0;
  const std::string dir = root + std::string("/store");
  const auto opened = *OpenStore(dir, open);
  BackupOptions options;
  options.folder = folder;
  options.scratch = dir + "/checkpoint";
  options.step = step;
  ASSERT_TRUE(MakeBackup(*opened.store, options).ok());
}

TEST_F(BackupTest, KilledAtAnyStepTheOlderBackupsAreGoodAndTheNextOneWorks) {
  OpenFirst();
  ASSERT_TRUE(Grow(*store_, 50).ok());
  const std::string first = *StoreDigest(*store_);
  ASSERT_TRUE(MakeBackup(*store_, Options()).ok());
  ASSERT_TRUE(Grow(*store_, 50).ok());
  const std::string second = *StoreDigest(*store_);
  store_ = nullptr;
  fs::copy(In("backups"), In("one"), fs::copy_options::recursive);
  int n = 0;
  for (;; ++n) {
    ASSERT_LT(n, 200);
    fs::remove_all(In("backups"));
    fs::copy(In("one"), In("backups"), fs::copy_options::recursive);
    if (!DiesAt(n, "backup")) break;
    ASSERT_EQ(DigestOf(1), first) << "killed at step " << n;
    OpenFirst();
    const auto made = MakeBackup(*store_, Options());
    ASSERT_TRUE(made.ok()) << made.status();
    ASSERT_EQ(DigestOf(0), second) << "killed at step " << n;
    store_ = nullptr;
  }
  EXPECT_GT(n, 5);
}

TEST_F(BackupTest, KilledRestoresLeaveNoStoreAndCanBeRepeated) {
  OpenFirst();
  ASSERT_TRUE(Grow(*store_, 50).ok());
  const std::string digest = *StoreDigest(*store_);
  ASSERT_TRUE(MakeBackup(*store_, Options()).ok());
  store_ = nullptr;
  int n = 0;
  for (;; ++n) {
    ASSERT_LT(n, 200);
    fs::remove_all(In("restored"));
    if (!DiesAt(n, "restore")) break;
    ASSERT_FALSE(fs::exists(In("restored"))) << "killed at step " << n;
  }
  EXPECT_GT(n, 5);
  EXPECT_EQ(DigestOf(1), digest);
  EXPECT_FALSE(fs::exists(In("restored.restoring")));
}

TEST_F(BackupTest, EveryFlippedBitIsFoundByCheckAndByRestore) {
  OpenFirst();
  ASSERT_TRUE(Grow(*store_, 500).ok());
  ASSERT_TRUE(MakeBackup(*store_, Options()).ok());
  std::mt19937_64 dice(7);
  int flips = 0;
  for (const fs::path& path : FilesOf("backups")) {
    const std::string name = path.filename().string();
    const uint64_t size = fs::file_size(path);
    if (name == "LOCK" || name == "SKEIN-BACKUP" || size == 0) continue;
    for (int i = 0; i < 8; ++i) {
      const uint64_t place = dice() % size;
      const char bit = static_cast<char>(1 << dice() % 8);
      const auto flip = [&] {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(static_cast<std::streamoff>(place));
        const char was = static_cast<char>(file.get());
        file.seekp(static_cast<std::streamoff>(place));
        file.put(static_cast<char>(was ^ bit));
      };
      flip();
      EXPECT_EQ(CheckBackups(In("backups"))->damage.size(), 1U) << path << " byte " << place;
      fs::remove_all(In("restored"));
      const auto restored = RestoreBackup(Restore(1, "restored"));
      EXPECT_FALSE(restored.ok()) << path << " byte " << place;
      EXPECT_FALSE(fs::exists(In("restored")));
      flip();
      ++flips;
    }
  }
  EXPECT_GE(flips, 40);
  EXPECT_EQ(DigestOf(1), *StoreDigest(*store_));
}

TEST_F(BackupTest, MissingFilesAreNamedWithTheBackupsThatNeedThem) {
  OpenFirst();
  ASSERT_TRUE(Grow(*store_, 50).ok());
  ASSERT_TRUE(MakeBackup(*store_, Options()).ok());
  ASSERT_TRUE(MakeBackup(*store_, Options()).ok());
  for (const fs::path& path : FilesOf("backups/files")) fs::remove(path);
  const auto check = CheckBackups(In("backups"));
  ASSERT_FALSE(check->damage.empty());
  EXPECT_EQ(RestoreBackup(Restore(1, "restored")).status().code(), absl::StatusCode::kNotFound);
  // The next one finds them missing and copies them again.
  ASSERT_TRUE(MakeBackup(*store_, Options()).ok());
  EXPECT_EQ(DigestOf(3), *StoreDigest(*store_));
}

TEST_F(BackupTest, KeepDropsTheOldestAndWhatOnlyTheyNeeded) {
  OpenFirst();
  BackupOptions options = Options();
  options.keep = 2;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(Grow(*store_, 300).ok());
    ASSERT_TRUE(store_->Compact().ok());
    ASSERT_TRUE(MakeBackup(*store_, options).ok());
  }
  const auto list = ListBackups(In("backups"));
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ(list->front().number, 3U);
  EXPECT_EQ(CheckBackups(In("backups"))->files, FilesOf("backups/files").size());
  EXPECT_EQ(DigestOf(4), *StoreDigest(*store_));
  EXPECT_EQ(DigestOf(3).size(), 64U);
  EXPECT_EQ(RestoreBackup(Restore(1, "other")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(BackupTest, NothingIsOverwrittenAndFoldersAreNotMixed) {
  OpenFirst();
  ASSERT_TRUE(Grow(*store_, 5).ok());
  ASSERT_TRUE(MakeBackup(*store_, Options()).ok());
  EXPECT_EQ(RestoreBackup(Restore(1, "store")).status().code(),
            absl::StatusCode::kFailedPrecondition);
  auto other = Open(In("other"));
  ASSERT_TRUE(Grow(*other, 5).ok());
  BackupOptions options = Options();
  options.scratch = In("other/checkpoint");
  EXPECT_EQ(MakeBackup(*other, options).status().code(), absl::StatusCode::kFailedPrecondition);
  fs::create_directory(In("photos"));
  std::ofstream(In("photos/holiday.jpg")) << "x";
  options = Options();
  options.folder = In("photos");
  EXPECT_EQ(MakeBackup(*store_, options).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ListBackups(In("nowhere")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(BackupTest, TwoAtOnceAreRefusedAndAStepCanEndOne) {
  OpenFirst();
  ASSERT_TRUE(Grow(*store_, 5).ok());
  BackupOptions options = Options();
  options.step = [&](std::string_view what) {
    if (what != "catalogue") return absl::OkStatus();
    BackupOptions second = Options();
    second.scratch = In("store/checkpoint2");
    EXPECT_EQ(MakeBackup(*store_, second).status().code(), absl::StatusCode::kUnavailable);
    return Cancelled("enough");
  };
  EXPECT_EQ(MakeBackup(*store_, options).status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(ListBackups(In("backups"))->empty());
  EXPECT_FALSE(fs::exists(In("store/checkpoint")));
  EXPECT_TRUE(MakeBackup(*store_, Options()).ok());
}

}  // namespace
}  // namespace skein
