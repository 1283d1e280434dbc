// Families: old couples first, so that younger adults can be their children.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "importers/city/build.h"
#include "importers/city/numbers.h"

namespace skein::city {
namespace {

class FamilyBuilder {
 public:
  explicit FamilyBuilder(World& w) : w_(w), dice_(w.seed, "people") {}

  void Build() {
    const uint32_t households = 1050 * w_.scale;
    for (uint32_t i = 0; i < households * 10 / 100; ++i) OldCouple();
    for (uint32_t i = 0; i < households * 18 / 100; ++i) Single();
    for (uint32_t i = 0; i < households * 17 / 100; ++i) Couple(0);
    for (uint32_t i = 0; i < households * 43 / 100; ++i) Couple(dice_.Chance(380) ? 2 : 1);
    for (uint32_t i = 0; i < households * 12 / 100; ++i) ThreeGenerations();
  }

 private:
  int32_t Adult(int32_t age, bool male) {
    PersonName name = RandomName(dice_, male);
    const Days born = BirthdayAtAge(w_, dice_, age);
    const int32_t parents = dice_.Chance(550) ? PickParents(born) : kNone;
    int32_t father = kNone, mother = kNone;
    if (parents != kNone) {
      father = old_couples_[static_cast<size_t>(parents)];
      mother = PersonAt(w_, father).spouse;
      name = WithSurnameOf(name, PersonAt(w_, father).name);
    }
    const int32_t region =
        dice_.Chance(700) ? 990101 + dice_.Between(0, 5) : 990201 + dice_.Between(0, 40);
    const int32_t id = NewPerson(w_, name, male, born, region);
    PersonAt(w_, id).father = father;
    PersonAt(w_, id).mother = mother;
    if (age < 60 && dice_.Chance(780)) {
      const int32_t firm = dice_.Index(w_.firms.size());
      PersonAt(w_, id).firm = firm;
      At(w_.firms, firm).staff.push_back(id);
    }
    return id;
  }

  int32_t PickParents(Days born) {
    for (int tries = 0; tries < 6 && !old_couples_.empty(); ++tries) {
      const int32_t i = dice_.Index(old_couples_.size());
      const Person& father = PersonAt(w_, old_couples_[static_cast<size_t>(i)]);
      const int32_t years = (born - father.born) / 365;
      const int32_t mother_years = (born - PersonAt(w_, father.spouse).born) / 365;
      if (years >= 21 && years <= 42 && mother_years >= 19 && mother_years <= 42) return i;
    }
    return kNone;
  }

  int32_t Child(int32_t father, int32_t mother) {
    const Days youngest_parent = std::max(PersonAt(w_, father).born, PersonAt(w_, mother).born);
    const int32_t parent_age = (w_.first_day - youngest_parent) / 365;
    const int32_t age = std::clamp(parent_age - dice_.Between(22, 33), 0, 24);
    const bool male = dice_.Chance(510);
    const PersonName name = WithSurnameOf(RandomName(dice_, male), PersonAt(w_, father).name);
    const int32_t region = 990101 + dice_.Between(0, 5);
    const int32_t id = NewPerson(w_, name, male, BirthdayAtAge(w_, dice_, age), region);
    PersonAt(w_, id).father = father;
    PersonAt(w_, id).mother = mother;
    return id;
  }

  void Marry(int32_t husband, int32_t wife) {
    PersonAt(w_, husband).spouse = wife;
    PersonAt(w_, wife).spouse = husband;
  }

  int32_t AnyAddress() { return dice_.Index(w_.addresses.size()); }

  void OldCouple() {
    const int32_t age = dice_.Between(61, 84);
    const int32_t husband = Adult(age, true);
    const int32_t wife = Adult(age - dice_.Between(0, 4), false);
    Marry(husband, wife);
    old_couples_.push_back(husband);
    NewHousehold(w_, AnyAddress(), {husband, wife});
  }

  void Single() {
    NewHousehold(w_, AnyAddress(), {Adult(dice_.Between(21, 82), dice_.Chance(520))});
  }

  std::vector<int32_t> NewCouple(int32_t low, int32_t high) {
    const int32_t age = dice_.Between(low, high);
    const int32_t husband = Adult(age, true);
    const int32_t wife = Adult(std::max(22, age - dice_.Between(-2, 5)), false);
    Marry(husband, wife);
    return {husband, wife};
  }

  void Couple(int32_t children) {
    std::vector<int32_t> members = children == 0 ? NewCouple(24, 58) : NewCouple(26, 49);
    const int32_t husband = members[0], wife = members[1];
    for (int32_t i = 0; i < children; ++i) members.push_back(Child(husband, wife));
    NewHousehold(w_, AnyAddress(), std::move(members));
  }

  void ThreeGenerations() {
    std::vector<int32_t> members = NewCouple(28, 45);
    const int32_t husband = members[0], wife = members[1];
    members.push_back(Child(husband, wife));
    const int32_t age = (w_.first_day - PersonAt(w_, husband).born) / 365 + dice_.Between(22, 32);
    const int32_t mother = NewPerson(w_, RandomName(dice_, false), false,
                                     BirthdayAtAge(w_, dice_, age), 990101 + dice_.Between(0, 5));
    PersonAt(w_, husband).mother = mother;
    PersonAt(w_, husband).father = kNone;
    members.push_back(mother);
    NewHousehold(w_, AnyAddress(), std::move(members));
  }

  World& w_;
  Dice dice_;
  std::vector<int32_t> old_couples_;  // the husbands
};

}  // namespace

void BuildPeople(World& w) { FamilyBuilder(w).Build(); }

int32_t NewPerson(World& w, const PersonName& name, bool male, Days born, int32_t region) {
  Person p;
  p.name = name;
  p.male = male;
  p.born = born;
  // 500 numbers a sex, division and day; a neighbouring division takes what does not fit.
  int32_t* sequence = &w.id_sequences[{region, born}];
  while (*sequence >= 500) sequence = &w.id_sequences[{++region, born}];
  p.id_number = IdNumber(region, born, (*sequence)++, male);
  return Add(w.people, std::move(p));
}

int32_t NewHousehold(World& w, int32_t address, std::vector<int32_t> members) {
  Household h;
  h.number = absl::StrFormat("H99%08d", w.households.size() + 1);
  h.address = address;
  h.door = absl::StrFormat("%d-%d%02d", w.households.size() % 6 + 1, w.households.size() % 17 + 1,
                           w.households.size() % 4 + 1);
  h.members = std::move(members);
  const auto id = static_cast<int32_t>(w.households.size());
  for (const int32_t m : h.members) {
    PersonAt(w, m).household = id;
    At(w.addresses, address).residents.push_back(m);
  }
  return Add(w.households, std::move(h));
}

Days BirthdayAtAge(const World& w, Dice& dice, int32_t age) {
  return w.first_day - 1 - age * 365 - age / 4 - dice.Between(0, 364);
}

int32_t AgeOf(const World& w, const Person& p) {
  const Civil now = CivilFrom(w.first_day), born = CivilFrom(p.born);
  const bool before = now.month < born.month || (now.month == born.month && now.day < born.day);
  return now.year - born.year - (before ? 1 : 0);
}

int32_t HomeCrossing(const World& w, const Person& p) {
  SKEIN_CHECK(p.household != kNone);
  return At(w.addresses, At(w.households, p.household).address).crossing;
}

}  // namespace skein::city
