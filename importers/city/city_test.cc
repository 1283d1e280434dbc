#include "importers/city/city.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

// A folder of this process, removed at the end.
class CityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / absl::StrCat("skein-city-test-", getpid());
    fs::remove_all(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  CitySummary Make(const std::string& name, uint64_t seed, uint32_t scale = 1) {
    auto out = GenerateCity({.out_dir = (root_ / name).string(), .scale = scale, .seed = seed});
    EXPECT_TRUE(out.ok()) << out.status();
    return out.ok() ? *std::move(out) : CitySummary();
  }
  std::string Read(const std::string& file) const {
    std::ifstream in(root_ / file, std::ios::binary);
    EXPECT_TRUE(in.good()) << file;
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  // Lines of a file that hold `text`.
  std::vector<std::string> Lines(const std::string& file, const std::string& text) const {
    std::istringstream in(Read(file));
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) {
      if (line.find(text) != std::string::npos) out.push_back(line);
    }
    return out;
  }
  // The value after `"key": "` in truth.json, from the story onward.
  std::string Truth(const std::string& dir, const std::string& story,
                    const std::string& key) const {
    const std::string text = Read(dir + "/truth.json");
    const size_t begin = text.find("\"id\": \"" + story + "\"");
    EXPECT_NE(begin, std::string::npos) << story;
    const std::string wanted = "\"" + key + "\": \"";
    const size_t at = text.find(wanted, begin);
    EXPECT_NE(at, std::string::npos) << key;
    const size_t from = at + wanted.size();
    return text.substr(from, text.find('"', from) - from);
  }

  fs::path root_;
};

TEST_F(CityTest, SameSeedSameBytesOtherSeedOtherBytes) {
  const CitySummary a = Make("a", 7), b = Make("b", 7), c = Make("c", 8);
  ASSERT_EQ(a.files.size(), b.files.size());
  size_t different = 0;
  for (size_t i = 0; i < a.files.size(); ++i) {
    EXPECT_EQ(a.files[i].path, b.files[i].path);
    EXPECT_EQ(a.files[i].sha256, b.files[i].sha256) << a.files[i].path;
    EXPECT_EQ(Read("a/" + a.files[i].path), Read("b/" + a.files[i].path));
    different += a.files[i].sha256 != c.files[i].sha256 ? 1 : 0;
  }
  EXPECT_EQ(Read("a/manifest.json"), Read("b/manifest.json"));
  EXPECT_GT(different, 20u);
}

TEST_F(CityTest, ManifestCountsTheRowsThatAreThere) {
  const CitySummary s = Make("a", 1);
  std::set<std::string> departments;
  uint64_t sum = 0;
  for (const CityFile& f : s.files) {
    EXPECT_EQ(fs::file_size(root_ / "a" / f.path), f.bytes) << f.path;
    if (f.records == 0) continue;
    departments.insert(f.path.substr(0, 2));
    sum += f.records;
    const std::string text = Read("a/" + f.path);
    const auto lines = static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
    const bool header = f.path.find(".jsonl") == std::string::npos;
    if (f.path == "09_cases/cases.csv") continue;  // lines within quotes
    EXPECT_EQ(lines, f.records + (header ? 1 : 0)) << f.path;
  }
  EXPECT_EQ(departments.size(), 10u);
  EXPECT_EQ(sum, s.records);
  EXPECT_GT(s.records, 45000u);
  EXPECT_LT(s.records, 65000u);
}

TEST_F(CityTest, ScaleMultipliesRecordsAndNotStories) {
  const CitySummary one = Make("a", 1), three = Make("b", 1, 3);
  EXPECT_GT(three.records, one.records * 5 / 2);
  EXPECT_LT(three.records, one.records * 7 / 2);
  EXPECT_EQ(Lines("a/truth.json", "\"question\"").size(), 7u);
  EXPECT_EQ(Lines("b/truth.json", "\"question\"").size(), 7u);
}

TEST_F(CityTest, DialectsAreAsDeclared) {
  Make("a", 1);
  EXPECT_EQ(Read("a/01_household/residents.csv").substr(0, 3), "\xEF\xBB\xBF");
  EXPECT_THAT(Read("a/01_household/residents.csv"), ::testing::HasSubstr("\r\n"));
  EXPECT_THAT(Read("a/02_traffic/vehicles.txt"), ::testing::StartsWith("HPHM|HPZL|"));
  EXPECT_THAT(Read("a/03_telecom/subscribers.csv"),
              ::testing::StartsWith("\"MSISDN\";\"SUBSCRIBER\""));
  EXPECT_THAT(Read("a/06_bank/transfers.csv"), ::testing::HasSubstr("\"49,500.00\""));
  EXPECT_THAT(Read("a/08_rail/tickets.jsonl"), ::testing::StartsWith("{\"ticketNo\":"));
}

TEST_F(CityTest, EventFilesAreInTimeOrder) {
  Make("a", 1);
  for (const char* file : {"a/04_cameras/passages.jsonl", "a/05_radio/wifi.jsonl"}) {
    std::istringstream in(Read(file));
    std::string last;
    for (std::string line; std::getline(in, line);) {
      const std::string at = line.substr(0, 40);
      EXPECT_LE(last, at) << file;
      last = at;
    }
  }
}

TEST_F(CityTest, TheClonedPlateIsInTwoPlaces) {
  Make("a", 3);
  const std::string plate = Truth("a", "cloned-plate", "plate");
  const std::string town = Truth("a", "cloned-plate", "clone");
  int red_in_town = 0, white_in_city = 0;
  for (const std::string& line : Lines("a/04_cameras/passages.jsonl", plate)) {
    const bool in_town = line.find("\"" + town + "\"") != std::string::npos;
    red_in_town += in_town && line.find("红") != std::string::npos ? 1 : 0;
    white_in_city += !in_town && line.find("白") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(red_in_town, 5);
  EXPECT_EQ(white_in_city, 10);
}

TEST_F(CityTest, TheThefts) {
  Make("a", 3);
  const std::string truth = Read("a/truth.json");
  const size_t begin = truth.find("\"cases\": [", truth.find("motorcycle-thefts"));
  const std::string list = truth.substr(begin, truth.find(']', begin) - begin);
  EXPECT_EQ(std::count(list.begin(), list.end(), 'A'), 22);
  EXPECT_EQ(Lines("a/09_cases/cases.csv", ",盗窃摩托车,").size(), 42u);
  EXPECT_EQ(Lines("a/09_cases/cases.csv", ",盗窃摩托车,剪线启动,").size(), 26u);
  EXPECT_GE(Lines("a/05_radio/cell_sightings.tsv", Truth("a", "motorcycle-thefts", "phone")).size(),
            22u);
}

TEST_F(CityTest, TheFugitivesHandsetWasTheFamilys) {
  Make("a", 3);
  const std::string imei = Truth("a", "fugitive", "sharedImei");
  const std::string phone = Truth("a", "fugitive", "phone");
  const std::vector<std::string> uses = Lines("a/03_telecom/attachments.tsv", imei);
  ASSERT_EQ(uses.size(), 2u);
  EXPECT_NE(uses[0].substr(0, 13) == "86" + phone, uses[1].substr(0, 13) == "86" + phone);
  EXPECT_GE(Lines("a/03_telecom/calls.tsv", "86" + phone + "\t").size(), 10u);
}

TEST_F(CityTest, TheSwappedNumberPaysFourTimes) {
  Make("a", 3);
  const std::string account = Truth("a", "sim-swap", "account");
  int that_evening = 0;
  for (const std::string& line : Lines("a/06_bank/transfers.csv", "\"17/03/2026 2")) {
    that_evening += line.find("\"" + account + "\",\"0000") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(that_evening, 4);
  EXPECT_EQ(Lines("a/03_telecom/attachments.tsv", Truth("a", "sim-swap", "newImsi")).size(), 1u);
}

TEST_F(CityTest, TheDocumentHasTwoHoldersAndTheMissingWomanALastStation) {
  Make("a", 3);
  const std::string document = Truth("a", "two-on-one-document", "document");
  EXPECT_EQ(Lines("a/01_household/documents.csv", document).size(), 2u);
  EXPECT_EQ(Lines("a/07_public_order/hotel_stays.tsv", document).size(), 1u);
  EXPECT_EQ(Lines("a/08_rail/tickets.jsonl", document).size(), 1u);
  const std::vector<std::string> reads =
      Lines("a/07_public_order/tag_reads.tsv", Truth("a", "missing-elderly", "tag"));
  ASSERT_FALSE(reads.empty());
  EXPECT_THAT(reads.back(), ::testing::HasSubstr(Truth("a", "missing-elderly", "lastStation")));
}

TEST_F(CityTest, RefusesWhatItMustNotTouch) {
  EXPECT_EQ(GenerateCity({.out_dir = ""}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GenerateCity({.out_dir = root_.string(), .scale = 0}).status().code(),
            absl::StatusCode::kInvalidArgument);
  fs::create_directories(root_ / "mine");
  std::ofstream(root_ / "mine" / "thesis.txt") << "years of work";
  const auto refused = GenerateCity({.out_dir = (root_ / "mine").string()});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Read("mine/thesis.txt"), "years of work");
  std::ofstream(root_ / "file") << "x";
  EXPECT_EQ(GenerateCity({.out_dir = (root_ / "file" / "sub").string()}).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(CityTest, AnEarlierCityIsReplaced) {
  Make("a", 1);
  const CitySummary s = Make("a", 2);
  EXPECT_THAT(Read("a/manifest.json"), ::testing::HasSubstr(s.files.front().sha256));
}

}  // namespace
}  // namespace skein
