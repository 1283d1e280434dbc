#include "server/http/static_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace skein::http {
namespace {

namespace fs = std::filesystem;

class StaticFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("skein_static_" + std::to_string(::getpid()));
    fs::create_directories(folder_ / "assets");
    Write("index.html", "<html>");
    Write("assets/app-1a2b.js", "let a = 1;");
    Write("map.pmtiles", std::string(2'000'000, 'm'));
    Write("../secret_of_static_files", "secret");
    files_ = StaticFiles::Load(folder_.string());
  }
  void TearDown() override {
    fs::remove_all(folder_);
    fs::remove(folder_ / "../secret_of_static_files");
  }
  void Write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  Response Get(const std::string& path, const Fields& headers = {}) const {
    Request request;
    request.method = "GET";
    request.path = path;
    request.headers = headers;
    return files_.Serve(request);
  }
  static std::string Header(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }

  fs::path folder_;
  StaticFiles files_;
};

TEST_F(StaticFilesTest, ViewsAnswerTheIndex) {
  EXPECT_EQ(Get("/").body, "<html>");
  EXPECT_EQ(Get("/chart/7").body, "<html>");
  EXPECT_EQ(Get("/missing.js").status, 404);
  EXPECT_EQ(Get("/api/v1/nope").status, 404);
}

TEST_F(StaticFilesTest, CachesByHashAndTag) {
  const Response asset = Get("/assets/app-1a2b.js");
  EXPECT_EQ(asset.body, "let a = 1;");
  EXPECT_EQ(Header(asset, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_NE(Header(asset, "Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(Header(Get("/"), "Cache-Control"), "no-cache");
  EXPECT_EQ(Get("/", {{"if-none-match", Header(Get("/"), "ETag")}}).status, 304);
}

TEST_F(StaticFilesTest, NothingOutsideTheFolder) {
  for (const char* path : {"/../secret_of_static_files", "/assets/../../secret_of_static_files",
                           "//etc/passwd", "/..", "/assets/.."}) {
    EXPECT_EQ(Get(path).body.find("secret"), std::string::npos) << path;
    EXPECT_EQ(Get(path).body.find("root:"), std::string::npos) << path;
  }
}

TEST_F(StaticFilesTest, PackedFormsAreSentToClientsThatTakeThem) {
  const std::string code = "let text = '" + std::string(50'000, 'x') + "';";
  Write("assets/large-1.js", code);
  Write("assets/both-2.js", code);
  Write("assets/both-2.js.gz", "packed by the build");
  Write("assets/both-2.js.br", "packed better");
  files_ = StaticFiles::Load(folder_.string());
  const Fields gzip = {{"accept-encoding", "br;q=0, gzip"}};
  const Response made = Get("/assets/large-1.js", gzip);
  EXPECT_EQ(Header(made, "Content-Encoding"), "gzip");
  EXPECT_EQ(Header(made, "Vary"), "Accept-Encoding");
  EXPECT_EQ(Header(made, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_LT(made.body.size(), 1000u);
  EXPECT_EQ(made.body.substr(0, 2), "\x1f\x8b");
  EXPECT_NE(Header(made, "ETag"), Header(Get("/assets/large-1.js"), "ETag"));
  EXPECT_EQ(Get("/assets/large-1.js",
                {{"accept-encoding", "gzip"}, {"if-none-match", Header(made, "ETag")}})
                .status,
            304);
  EXPECT_EQ(Get("/assets/both-2.js", gzip).body, "packed by the build");
  EXPECT_EQ(Get("/assets/both-2.js", {{"accept-encoding", "gzip, br"}}).body, "packed better");
  EXPECT_EQ(Get("/assets/both-2.js").body, code);
  EXPECT_EQ(Header(Get("/assets/both-2.js"), "Vary"), "Accept-Encoding");
  EXPECT_EQ(Get("/assets/both-2.js", {{"accept-encoding", "gzip"}, {"range", "bytes=0-2"}}).body,
            "let");
  EXPECT_EQ(Header(Get("/", gzip), "Content-Encoding"), "") << "six bytes";
}

TEST_F(StaticFilesTest, Ranges) {
  const Response part = Get("/assets/app-1a2b.js", {{"range", "bytes=4-5"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "a ");
  EXPECT_EQ(Header(part, "Content-Range"), "bytes 4-5/10");
  EXPECT_EQ(Get("/assets/app-1a2b.js", {{"range", "bytes=-3"}}).body, " 1;");
  EXPECT_EQ(Get("/assets/app-1a2b.js", {{"range", "bytes=8-"}}).body, "1;");
  EXPECT_EQ(Get("/assets/app-1a2b.js", {{"range", "bytes=10-"}}).status, 416);
  EXPECT_EQ(Get("/assets/app-1a2b.js", {{"range", "bytes=5-4"}}).status, 200);
  EXPECT_EQ(Get("/assets/app-1a2b.js", {{"range", "bytes=0-1,3-4"}}).status, 200);
  const Response large = Get("/map.pmtiles", {{"range", "bytes=1000000-1999999"}});
  ASSERT_TRUE(large.file.has_value());
  EXPECT_EQ(large.file->offset, 1'000'000u);
  EXPECT_EQ(large.file->length, 1'000'000u);
}

TEST_F(StaticFilesTest, WithoutAWorkbenchAPageSaysHowToBuildIt) {
  const StaticFiles none = StaticFiles::Load("/nonexistent");
  Request request;
  request.path = "/";
  EXPECT_NE(none.Serve(request).body.find("npm run build"), std::string::npos);
}

}  // namespace
}  // namespace skein::http
