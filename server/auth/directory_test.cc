#include "server/auth/directory.h"

#include <gtest/gtest.h>

#include "storage/base/status.h"

namespace skein::auth {
namespace {

constexpr char kGood[] = "correct horse battery";

class DirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    auto loaded = Directory::Load(*records_, hasher_, clock_);
    ASSERT_TRUE(loaded.ok());
    directory_ = *std::move(loaded);
    for (const char* unit : {"east", "west", "north"}) {
      ASSERT_TRUE(directory_->AddUnit({unit, unit}).ok());
    }
    ASSERT_TRUE(directory_->AddPerson(Ann(), kGood).ok());
  }
  static Person Ann() { return {"ann", "Ann", "east", {"investigator"}, {}, false}; }
  static Person Bob() { return {"bob", "Bob", "west", {"investigator"}, {}, false}; }

  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  PasswordHasher hasher_{{.memory_kib = 64, .passes = 1}};
  std::unique_ptr<SystemRecords> records_ = MakeMemoryRecords();
  std::unique_ptr<Directory> directory_;
};

TEST_F(DirectoryTest, PasswordsAreHashedAndChecked) {
  EXPECT_TRUE(directory_->CheckPassword("ann", kGood).ok());
  const auto wrong = directory_->CheckPassword("ann", "wrong horse battery");
  const auto unknown = directory_->CheckPassword("nobody", kGood);
  EXPECT_EQ(wrong.status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(wrong.status(), unknown.status()) << "which of the two was wrong is not told";
  EXPECT_TRUE(directory_->SetPassword("ann", "another good password").ok());
  EXPECT_FALSE(directory_->CheckPassword("ann", kGood).ok());
  const auto stored = records_->Load("Person");
  for (const ValueMap& record : *stored) {
    EXPECT_TRUE(TextOf(record, "password").starts_with("$argon2id$"));
  }
}

TEST_F(DirectoryTest, BadInputIsRefused) {
  EXPECT_EQ(directory_->AddUnit({"east", "again"}).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(directory_->AddUnit({"", "x"}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(directory_->AddUnit({"a\nb", "x"}).code(), absl::StatusCode::kInvalidArgument);
  Person person = Bob();
  EXPECT_EQ(directory_->AddPerson(person, "short").code(), absl::StatusCode::kInvalidArgument);
  person.unit = "nowhere";
  EXPECT_EQ(directory_->AddPerson(person, kGood).code(), absl::StatusCode::kNotFound);
  person = Bob();
  person.roles = {"root"};
  EXPECT_EQ(directory_->AddPerson(person, kGood).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(directory_->AddPerson(Ann(), kGood).code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(DirectoryTest, CasesOpenToTheUnitAndItsOperations) {
  ASSERT_TRUE(directory_->AddCase({"A-1", "", "east", "art. 12", true, 0}).ok());
  EXPECT_TRUE(directory_->May(Ann(), "A-1"));
  EXPECT_FALSE(directory_->May(Bob(), "A-1"));
  EXPECT_FALSE(directory_->May(Ann(), "A-2"));
  const auto operation = directory_->AddOperation({"", "Bikes", "A-1", "east", {"west"}});
  ASSERT_TRUE(operation.ok());
  EXPECT_TRUE(directory_->May(Bob(), "A-1"));
  EXPECT_EQ(directory_->CasesOf("west").size(), 1u);
  EXPECT_EQ(directory_->CasesOf("north").size(), 0u);
  ASSERT_TRUE(directory_
                  ->ChangeOperation(operation->id,
                                    [](Operation* o) {
                                      o->open = false;
                                      return absl::OkStatus();
                                    })
                  .ok());
  EXPECT_FALSE(directory_->May(Bob(), "A-1"));
  ASSERT_TRUE(directory_->SetCaseOpen("A-1", false).ok());
  EXPECT_FALSE(directory_->May(Ann(), "A-1"));
}

TEST_F(DirectoryTest, SurvivesARestart) {
  ASSERT_TRUE(directory_->AddCase({"A-1", "Bikes", "east", "art. 12", true, 0}).ok());
  const auto operation = directory_->AddOperation({"", "Bikes", "A-1", "east", {"west"}});
  const auto again = Directory::Load(*records_, hasher_, clock_);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE((*again)->CheckPassword("ann", kGood).ok());
  EXPECT_EQ((*again)->FindCase("A-1")->title, "Bikes");
  EXPECT_EQ((*again)->FindOperation(operation->id)->members,
            (std::vector<std::string>{"east", "west"}));
  EXPECT_EQ((*again)->OperationsOf("west").size(), 1u);
}

TEST(VisibilityTest, TheRule) {
  Person ann{"ann", "Ann", "east", {}, {"drugs"}, false};
  const std::set<std::string> partners = {"east", "west"};
  EXPECT_TRUE(Sees(ann, partners, {"", "", ""}));
  EXPECT_TRUE(Sees(ann, partners, {"east", "", ""}));
  EXPECT_TRUE(Sees(ann, partners, {"east", "drugs", ""}));
  EXPECT_FALSE(Sees(ann, partners, {"east", "informers", ""}));
  EXPECT_FALSE(Sees(ann, partners, {"west", "", ""}));
  EXPECT_TRUE(Sees(ann, partners, {"west", "", "joint"}));
  EXPECT_FALSE(Sees(ann, partners, {"north", "", "joint"}));
  EXPECT_TRUE(Sees(ann, partners, {"north", "", "all"}));
  EXPECT_FALSE(Sees(ann, partners, {"north", "", "whatever"}));
  EXPECT_FALSE(Sees(ann, partners, {"north", "informers", "all"}));
}

TEST(PasswordTest, GeneratedOnesAreStrongAndDiffer) {
  const std::string a = PasswordHasher::Generate();
  EXPECT_EQ(a.size(), 20u);
  EXPECT_TRUE(PasswordHasher::CheckStrength(a).ok());
  EXPECT_NE(a, PasswordHasher::Generate());
}

}  // namespace
}  // namespace skein::auth
