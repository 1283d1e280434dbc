// Planted stories: what every story_*.cc shares.
//
// Shape     A story takes its cast (people marked `quiet`, so that everyday life leaves them
// alone), adds
//           records and scripted events to the World, and writes one entry of truth.json:
//             id, title, question   what an investigator would ask
//             finds                 the keys a right answer consists of
//             evidence[]            file, where (column = value), shows: enough to check it by hand
//             distractors[]         key, kind, why it looks alike and why it is not it
// Order     Stories run in the order of BuildStories; each has its own stream of Dice.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "importers/city/build.h"
#include "importers/city/json.h"
#include "importers/city/prng.h"
#include "importers/city/world.h"

namespace skein::city {

class Truth {
 public:
  explicit Truth(const World& w);
  void Begin(std::string_view id, std::string_view title, std::string_view question);
  // Inside a story: exactly one Finds object, then Evidence, then Distractors.
  Json& BeginFinds();
  void EndFinds();
  void Evidence(std::string_view file, std::string_view where, std::string_view shows);
  void Distractor(std::string_view kind, std::string_view key, std::string_view why);
  void End();
  std::string Take();

 private:
  enum class Part : uint8_t { kFinds, kEvidence, kDistractors };
  void Enter(Part part);
  Json json_;
  Part part_ = Part::kFinds;
};

// A story's hands on the world.
class Cast {
 public:
  Cast(World& w, std::string_view story) : w_(w), dice_(w.seed, story) {}

  World& world() { return w_; }
  Dice& dice() { return dice_; }
  // A resident with phone and account whom no story has taken yet; taken from now on.
  struct Wanted {
    int32_t age_low = 20, age_high = 60;
    int32_t male = -1;  // 0 woman, 1 man, −1 either
    bool car = false, bracelet = false, single = false;
    int32_t firm = kNone;  // of this firm only
  };
  int32_t Resident(const Wanted& wanted);
  // A new resident with phone and account, living at the address.
  int32_t Newcomer(const PersonName& name, bool male, Days born, int32_t region, int32_t address);
  int32_t TownAddress(int32_t index) const;

  // Day of the window and city clock to an instant.
  Seconds On(int32_t day, int32_t hour, int32_t minute, int32_t second = 0) const;
  void Phone(int32_t from, int32_t to, Seconds at, int32_t seconds);
  void SeeCell(int32_t person, int32_t crossing, Seconds at);
  void Pay(int32_t from, int32_t to, Seconds at, int64_t yuan, std::string memo);
  // Every camera on the way sees it.
  void DriveBy(int32_t vehicle, int32_t from, int32_t to, Seconds start, int32_t pace,
               bool roads_first);

  const Person& Who(int32_t person) const { return PersonAt(w_, person); }
  const std::string& NumberOf(int32_t person) const {
    return At(w_.phones, Who(person).phone).number;
  }
  const std::string& AccountOf(int32_t person) const {
    return At(w_.accounts, Who(person).account).number;
  }
  int32_t Home(int32_t person) const { return HomeCrossing(w_, Who(person)); }

 private:
  World& w_;
  Dice dice_;
};

// Name and number of a person as one JSON object.
void WritePerson(Json& json, std::string_view key, const Person& p);

void StoryFugitive(World& w, Truth& truth);
void StoryThefts(World& w, Truth& truth);
void StoryClonedPlate(World& w, Truth& truth);
void StoryConvoy(World& w, Truth& truth);
void StorySimSwap(World& w, Truth& truth);
void StoryDocument(World& w, Truth& truth);
void StoryMissing(World& w, Truth& truth);

}  // namespace skein::city
