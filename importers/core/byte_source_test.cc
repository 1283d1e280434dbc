#include "importers/core/byte_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdio>
#include <fstream>

#include "importers/core/summary.h"
#include "storage/base/status.h"

namespace skein {
namespace {

using ::testing::HasSubstr;

std::string Temp(const std::string& name, const std::string& bytes) {
  const std::string path = testing::TempDir() + "skein-source-" + std::to_string(getpid()) + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string ReadAll(const std::string& path) {
  auto source = OpenFile(path);
  if (!source.ok()) return std::string(Message(source.status()));
  std::string out;
  char buffer[1000];
  for (;;) {
    const auto n = (*source)->Read(buffer, sizeof buffer);
    if (!n.ok()) return std::string(Message(n.status()));
    if (*n == 0) return out;
    out.append(buffer, *n);
  }
}

std::string Gzip(const std::string& bytes) {
  const std::string path = Temp("zip", "");
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  std::ifstream in(path, std::ios::binary);
  std::string packed((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::remove(path.c_str());
  return packed;
}

TEST(ByteSourceTest, Gzip) {
  const std::string text(300'000, 'x');
  const std::string packed = Gzip(text);
  EXPECT_EQ(ReadAll(Temp("a.gz", packed)), text);
  EXPECT_EQ(ReadAll(Temp("b.gz", Gzip("one") + Gzip("two"))), "onetwo");
  EXPECT_THAT(ReadAll(Temp("c.gz", packed.substr(0, packed.size() / 2))), HasSubstr("cut short"));
  EXPECT_THAT(ReadAll(Temp("d.gz", "no gzip at all")), HasSubstr("cannot unpack"));
}

TEST(ByteSourceTest, WhatIsNoFile) {
  EXPECT_THAT(ReadAll("/nonexistent/x.csv"), HasSubstr("No such file"));
  EXPECT_THAT(ReadAll("/dev/zero"), HasSubstr("not a regular file"));
  EXPECT_THAT(ReadAll("/tmp"), HasSubstr("not a regular file"));
}

TEST(ByteSourceTest, Sha256) {
  EXPECT_EQ(*FileSha256(Temp("h", "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(JsonStringTest, EscapesAndRepairs) {
  EXPECT_EQ(JsonString("a\"\\\n\t\x01中"), "\"a\\\"\\\\\\n\\t\\u0001中\"");
  EXPECT_EQ(JsonString("x\xFFy\xC3"), "\"x\\ufffdy\\ufffd\"");
}

}  // namespace
}  // namespace skein
