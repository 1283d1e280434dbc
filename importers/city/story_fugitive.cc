// A man wanted since 2009 lives in the city as somebody else; his family gives him away.
#include "absl/strings/str_cat.h"
#include "importers/city/places.h"
#include "importers/city/stories.h"

namespace skein::city {
namespace {

constexpr std::string_view kAlias = "阿岭";

struct Family {
  int32_t father, mother, sister, wanted;
};

// An old family of the township with one child at large.
Family MakeFamily(Cast& cast, const PersonName& father_name, std::string_view given,
                  std::string_view latin, int32_t address) {
  World& w = cast.world();
  Family f;
  f.father =
      cast.Newcomer(father_name, true, DaysFrom(1950, 3, 14 + address % 9), kTownRegion, address);
  f.mother = cast.Newcomer(RandomName(cast.dice(), false), false,
                           DaysFrom(1953, 8, 2 + address % 9), kTownRegion, address);
  const PersonName sister = WithSurnameOf(RandomName(cast.dice(), false), father_name);
  f.sister = cast.Newcomer(sister, false, DaysFrom(1981, 5, 21), kTownRegion, address);
  const PersonName wanted = NameOf(father_name.surname, father_name.latin_surname, given, latin);
  f.wanted = NewPerson(w, wanted, true, DaysFrom(1978, 11, 3 + address % 9), kTownRegion);
  At(w.households, PersonAt(w, f.father).household).members.push_back(f.wanted);
  PersonAt(w, f.wanted).household = PersonAt(w, f.father).household;
  PersonAt(w, f.wanted).register_note = "在逃";
  PersonAt(w, f.father).spouse = f.mother;
  PersonAt(w, f.mother).spouse = f.father;
  for (const int32_t child : {f.sister, f.wanted}) {
    PersonAt(w, child).father = f.father;
    PersonAt(w, child).mother = f.mother;
  }
  return f;
}

int32_t OldCase(Cast& cast, const Family& f, std::string_view category, std::string_view alias,
                Days day) {
  World& w = cast.world();
  const Seconds from = CityTime(day, 21, 30);
  const int32_t id = NewCase(w, std::string(category), "持械", TownCrossing(w, 1, 1), from,
                             from + kHour, cast.dice());
  At(w.cases, id).involved.push_back({f.wanted, "05", std::string(alias)});
  return id;
}

// Registered late, alone, without parents: the other identity.
int32_t MakeOther(Cast& cast, const Family& f) {
  World& w = cast.world();
  const int32_t g = cast.Newcomer(NameOf("程", "CHENG", "远岭", "Yuanling"), true,
                                  DaysFrom(1980, 2, 17), 990104, 21);
  PersonAt(w, g).register_note = "2012年补录";
  // The sister's old handset: her number left it one afternoon, his came the same evening.
  Phone& hers = At(w.phones, PersonAt(w, f.sister).phone);
  Phone& his = At(w.phones, PersonAt(w, g).phone);
  const Seconds given = CityTime(DaysFrom(2025, 11, 8), 16, 40);
  const int32_t shared = hers.uses.back().device;
  hers.uses.back().to = given;
  hers.uses.push_back({NewDevice(w), hers.uses.back().imsi, given + 30 * kMinute, 0});
  his.uses.back().to = given + 2 * kHour;
  his.uses.push_back({shared, his.uses.back().imsi, given + 4 * kHour, 0});
  return g;
}

void Contacts(Cast& cast, const Family& f, int32_t g) {
  for (int32_t week = 0; week < 4; ++week) {
    const int32_t sunday = week * 7 + 6;
    cast.Phone(g, f.mother, cast.On(sunday, 19, 40 + week), 620 + week * 35);
    if (week != 2) cast.Phone(g, f.father, cast.On(sunday, 20, 5 + week), 140);
  }
  cast.Phone(f.sister, g, cast.On(9, 12, 31), 88);
  cast.Phone(f.sister, g, cast.On(12, 21, 2), 305);
  cast.Phone(g, f.sister, cast.On(25, 22, 11), 214);
  cast.Pay(g, f.mother, cast.On(4, 9, 12), 3000, absl::StrCat(ToAbsl(kAlias), "给妈"));
  cast.Pay(g, f.mother, cast.On(18, 9, 20), 3000, "");
}

// One weekend at the parents' house; he leaves a trace at night and by car.
void Visit(Cast& cast, int32_t g, int32_t* car) {
  World& w = cast.world();
  *car = NewVehicle(w, VehicleKind::kCar, g, kNone, w.first_day - 900, cast.dice());
  PersonAt(w, g).car = *car;
  const int32_t home = cast.Home(g), village = TownCrossing(w, 1, 1);
  cast.DriveBy(*car, home, village, cast.On(12, 17, 50), 1000, true);
  cast.SeeCell(g, village, cast.On(12, 23, 15));
  cast.SeeCell(g, village, cast.On(13, 6, 48));
  cast.DriveBy(*car, village, home, cast.On(13, 16, 5), 1040, false);
  for (const int32_t day : {1, 3, 8, 16, 22}) {
    cast.SeeCell(g, home, cast.On(day, 22, 7 + day));
    cast.DriveBy(*car, home, CrossingOf(w, 9, 7), cast.On(day, 7, 20 + day), 1000, true);
  }
}

struct Lookalikes {
  int32_t courier, cousin, friend_of_old, buyer;
};

Lookalikes MakeLookalikes(Cast& cast, const Family& f) {
  World& w = cast.world();
  Lookalikes l{};
  // Calls both parents and sixty others: deliveries.
  l.courier = cast.Resident({.age_low = 22, .age_high = 40, .male = 1});
  for (int32_t i = 0; i < 60; ++i) {
    const int32_t someone = cast.dice().Index(w.phones.size());
    if (PersonAt(w, At(w.phones, someone).owner).quiet) continue;
    w.scripted.calls.push_back(
        {cast.On(i % 27, 10 + i % 8, i % 59), PersonAt(w, l.courier).phone, someone, 25, false});
  }
  for (const int32_t day : {3, 10, 19}) {
    cast.Phone(l.courier, f.mother, cast.On(day, 11, 14), 31);
    cast.Phone(l.courier, f.father, cast.On(day + 1, 15, 42), 28);
  }
  // Nephew: calls, pays and visits, and is in the register as the father's brother's son.
  const PersonName& surname = PersonAt(w, f.father).name;
  const int32_t uncle = cast.Newcomer(WithSurnameOf(RandomName(cast.dice(), true), surname), true,
                                      DaysFrom(1955, 6, 9), kTownRegion, cast.TownAddress(7));
  const int32_t grandfather = NewPerson(w, WithSurnameOf(RandomName(cast.dice(), true), surname),
                                        true, DaysFrom(1926, 1, 30), kTownRegion);
  NewHousehold(w, cast.TownAddress(7), {grandfather});
  PersonAt(w, grandfather).register_note = "死亡注销";
  PersonAt(w, f.father).father = grandfather;
  PersonAt(w, uncle).father = grandfather;
  l.cousin = cast.Newcomer(WithSurnameOf(RandomName(cast.dice(), true), surname), true,
                           DaysFrom(1984, 9, 12), 990101, 40);
  PersonAt(w, l.cousin).father = uncle;
  for (const int32_t day : {5, 12, 20, 26}) {
    cast.Phone(l.cousin, f.father, cast.On(day, 18, 30), 260);
    cast.Phone(l.cousin, f.mother, cast.On(day, 18, 50), 180);
  }
  cast.Pay(l.cousin, f.mother, cast.On(12, 10, 0), 1000, "看大伯");
  cast.SeeCell(l.cousin, TownCrossing(w, 1, 1), cast.On(12, 20, 40));
  // Lives in the village, calls both, is always near.
  l.friend_of_old = cast.Newcomer(RandomName(cast.dice(), true), true, DaysFrom(1952, 4, 4),
                                  kTownRegion, cast.TownAddress(5));
  for (const int32_t day : {2, 6, 13, 21}) {
    cast.Phone(l.friend_of_old, f.father, cast.On(day, 8, 20), 75);
    cast.Phone(l.friend_of_old, f.mother, cast.On(day, 8, 40), 60);
    cast.SeeCell(l.friend_of_old, TownCrossing(w, 1, 1), cast.On(day, 21, 10));
  }
  // Bought the father's old handset second-hand and never calls the family.
  l.buyer = cast.Resident({.age_low = 20, .age_high = 50});
  Phone& fathers = At(w.phones, PersonAt(w, f.father).phone);
  Phone& buyers = At(w.phones, PersonAt(w, l.buyer).phone);
  const Seconds sold = CityTime(DaysFrom(2025, 6, 20), 9, 30);
  const int32_t device = fathers.uses.back().device;
  fathers.uses.back().to = sold;
  fathers.uses.push_back({NewDevice(w), fathers.uses.back().imsi, sold + kHour, 0});
  buyers.uses.back().to = sold + 9 * kDay;
  buyers.uses.push_back({device, buyers.uses.back().imsi, sold + 10 * kDay, 0});
  return l;
}

}  // namespace

void StoryFugitive(World& w, Truth& truth) {
  Cast cast(w, "fugitive");
  const Family family =
      MakeFamily(cast, NameOf("韩", "HAN", "德山", "Deshan"), "岭", "Ling", cast.TownAddress(4));
  const int32_t crime = OldCase(cast, family, "故意杀人", kAlias, DaysFrom(2009, 7, 18));
  const int32_t g = MakeOther(cast, family);
  Contacts(cast, family, g);
  int32_t car = kNone;
  Visit(cast, g, &car);
  // Others at large, whose families call each other as families do.
  for (int32_t i = 0; i < 5; ++i) {
    const Family other = MakeFamily(cast, RandomName(cast.dice(), true), "志强", "Zhiqiang",
                                    cast.TownAddress(9 + i));
    OldCase(cast, other, i % 2 == 0 ? "抢劫" : "诈骗", "", DaysFrom(2016 + i, 2 + i, 11));
    for (const int32_t day : {2, 9, 16, 23}) {
      cast.Phone(other.sister, other.mother, cast.On(day, 19, 10 + i), 300);
      cast.Phone(other.sister, other.father, cast.On(day, 19, 30 + i), 120);
    }
  }
  const Lookalikes l = MakeLookalikes(cast, family);

  const Person &wanted = cast.Who(family.wanted), &other = cast.Who(g);
  const std::string& imei = At(w.devices, At(w.phones, other.phone).uses.back().device).imei;
  truth.Begin("fugitive", "A fugitive living under another identity",
              "Who keeps in touch with the family of somebody at large, carries a handset that was "
              "the family's, and is no kin in the register?");
  Json& json = truth.BeginFinds();
  WritePerson(json, "wanted", wanted);
  WritePerson(json, "livesAs", other);
  json.Text("case", At(w.cases, crime).number).Text("alias", kAlias);
  json.Text("phone", cast.NumberOf(g)).Text("sharedImei", imei);
  json.Texts("familyPhones", {cast.NumberOf(family.father), cast.NumberOf(family.mother),
                              cast.NumberOf(family.sister)});
  json.Text("plate", At(w.vehicles, car).plate);
  json.Text("visitFrom", TimeText(cast.On(12, 17, 50), TimeStyle::kIsoCity));
  json.Text("visitTo", TimeText(cast.On(13, 16, 5), TimeStyle::kIsoCity));
  truth.EndFinds();
  truth.Evidence("09_cases/persons.tsv", absl::StrCat("人员证件号 = ", wanted.id_number),
                 "at large (05) since 2009, alias 阿岭");
  truth.Evidence("01_household/residents.csv", absl::StrCat("公民身份号码 = ", other.id_number),
                 "registered late (2012年补录), alone, no parents");
  truth.Evidence("03_telecom/attachments.tsv", absl::StrCat("IMEI = ", imei),
                 "the sister's number until 2025-11-08, his number from that evening");
  truth.Evidence("03_telecom/calls.tsv", absl::StrCat("A_NUMBER = 86", cast.NumberOf(g)),
                 "mother or father every Sunday evening, sister three times");
  truth.Evidence("06_bank/transfers.csv", absl::StrCat("From Account = ", cast.AccountOf(g)),
                 "3,000 twice to the mother, once with the alias in the memo");
  truth.Evidence("05_radio/cell_sightings.tsv", absl::StrCat("msisdn = ", cast.NumberOf(g)),
                 "at the parents' village on 2026-03-14 23:15 and 2026-03-15 06:48");
  truth.Distractor("person", cast.Who(l.courier).id_number,
                   "courier: calls both parents, and sixty others; no handset of the family");
  truth.Distractor("person", cast.Who(l.cousin).id_number,
                   "nephew: calls, pays and visits; kin in the register, own handset");
  truth.Distractor("person", cast.Who(l.friend_of_old).id_number,
                   "village friend: calls both parents and is near them; own handset");
  truth.Distractor("person", cast.Who(l.buyer).id_number,
                   "bought the father's old handset second-hand; never calls the family");
  truth.End();
}

}  // namespace skein::city
