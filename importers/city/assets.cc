// What people and firms have: numbers, handsets, vehicles, accounts, e-bikes, documents.
#include "absl/strings/str_format.h"
#include "importers/city/build.h"
#include "importers/city/numbers.h"

namespace skein::city {
namespace {

// Shares in per mille of adults, near what a Chinese city of this size reports; they set the
// volume.
constexpr uint32_t kSecondHandset = 120, kCar = 300, kMotorcycle = 110, kEbike = 300,
                   kAccount = 720;
constexpr uint32_t kPassport = 130;

Seconds LongAgo(const World& w, Dice& dice, int32_t days_low, int32_t days_high) {
  return CityTime(w.first_day - dice.Between(days_low, days_high), dice.Between(9, 17),
                  dice.Between(0, 59), dice.Between(0, 59));
}

// Ordinary upgrades: SIM and handset change hands together, or the handset alone.
void ChangeHandset(World& w, Dice& dice, Phone& phone) {
  Attachment& before = phone.uses.back();
  const bool within =
      dice.Chance(120);  // some within the window, so that "new SIM" alone proves nothing
  const Seconds when =
      within ? CityTime(w.first_day + dice.Between(1, 26), dice.Between(9, 20), dice.Between(0, 59))
             : LongAgo(w, dice, 20, 380);
  if (when <= before.from) return;
  before.to = when;
  Attachment next;
  next.from = when + dice.Between(2, 40) * kMinute;
  next.imsi = dice.Chance(350) ? NewImsi(w) : before.imsi;
  next.device = NewDevice(w);
  phone.uses.push_back(next);
}

void BuildPhones(World& w) {
  Dice dice(w.seed, "phones");
  for (int32_t i = 0; i < static_cast<int32_t>(w.people.size()); ++i) {
    const int32_t age = AgeOf(w, PersonAt(w, i));
    if (age < 12 || !dice.Chance(age > 75 ? 650 : 960)) continue;
    const int32_t phone = NewPhone(w, i, LongAgo(w, dice, 400, 4000));
    if (dice.Chance(kSecondHandset)) ChangeHandset(w, dice, At(w.phones, phone));
  }
}

void BuildVehicles(World& w) {
  Dice dice(w.seed, "vehicles");
  for (int32_t i = 0; i < static_cast<int32_t>(w.people.size()); ++i) {
    const int32_t age = AgeOf(w, PersonAt(w, i));
    if (age < 20 || age > 72) continue;
    const Days when = w.first_day - dice.Between(30, 4000);
    if (dice.Chance(kCar))
      PersonAt(w, i).car = NewVehicle(w, VehicleKind::kCar, i, kNone, when, dice);
    if (dice.Chance(kMotorcycle)) NewVehicle(w, VehicleKind::kMotorcycle, i, kNone, when, dice);
    if (dice.Chance(kEbike)) {
      Ebike e;
      e.plate = EbikePlate(w.ebikes.size());
      e.make = EbikeMake(dice.Between(0, 9));
      e.colour = "ABEGHJ"[dice.Below(6)];
      e.owner = i;
      e.tag = NewTag(w);
      e.registered = w.first_day - dice.Between(20, 1500);
      w.ebikes.push_back(std::move(e));
    }
  }
  for (int32_t f = 0; f < static_cast<int32_t>(w.firms.size()); ++f) {
    if (!dice.Chance(250)) continue;
    const int32_t vans = dice.Between(1, 3);
    for (int32_t v = 0; v < vans; ++v) {
      NewVehicle(w, VehicleKind::kVan, kNone, f, w.first_day - dice.Between(30, 2500), dice);
    }
  }
}

void BuildAccounts(World& w) {
  Dice dice(w.seed, "accounts");
  for (int32_t f = 0; f < static_cast<int32_t>(w.firms.size()); ++f) {
    At(w.firms, f).account = NewAccount(w, kNone, f, w.first_day - dice.Between(300, 5000));
  }
  for (int32_t i = 0; i < static_cast<int32_t>(w.people.size()); ++i) {
    if (AgeOf(w, PersonAt(w, i)) < 18 || !dice.Chance(kAccount)) continue;
    NewAccount(w, i, kNone, w.first_day - dice.Between(60, 5000));
  }
}

void BuildDocuments(World& w) {
  Dice dice(w.seed, "documents");
  for (int32_t i = 0; i < static_cast<int32_t>(w.people.size()); ++i) {
    if (AgeOf(w, PersonAt(w, i)) < 18 || !dice.Chance(kPassport)) continue;
    NewDocument(w, "P", i, w.first_day - dice.Between(40, 3500), 10);
  }
  // A household booklet is one document of many holders: sharing a document alone proves nothing.
  for (size_t h = 0; h < w.households.size(); h += 7) {
    if (w.households[h].members.size() < 2) continue;
    const std::string number = "B" + w.households[h].number;
    for (const int32_t m : w.households[h].members) {
      const int32_t d = NewDocument(w, "B", m, w.first_day - 2000, 50);
      At(w.documents, d).number = number;
    }
  }
}

}  // namespace

void BuildAssets(World& w) {
  BuildPhones(w);
  BuildVehicles(w);
  BuildAccounts(w);
  BuildDocuments(w);
}

std::string NewImsi(World& w) { return Imsi(w.next_serial++); }

int32_t NewDevice(World& w) {
  const uint64_t serial = w.devices.size();
  return Add(w.devices, Device{Imei(serial), MacAddress(serial)});
}

int32_t NewPhone(World& w, int32_t owner, Seconds opened) {
  Phone p;
  p.number = MobileNumber(w.phones.size());
  p.owner = owner;
  p.opened = opened;
  Attachment use;
  use.imsi = NewImsi(w);
  use.device = NewDevice(w);
  use.from = opened;
  p.uses.push_back(std::move(use));
  const int32_t id = Add(w.phones, std::move(p));
  PersonAt(w, owner).phone = id;
  return id;
}

int32_t NewVehicle(World& w, VehicleKind kind, int32_t owner, int32_t firm, Days registered,
                   Dice& dice) {
  Vehicle v;
  const uint64_t serial = w.vehicles.size();
  v.plate = PlateNumber(serial);
  v.vin = Vin(serial);
  v.make = kind == VehicleKind::kMotorcycle ? MotorcycleMake(dice.Between(0, 11))
                                            : CarMake(dice.Between(0, 23));
  v.kind = kind;
  v.colour = "AAABBEGHJJ"[dice.Below(10)];
  v.owner = owner;
  v.firm = firm;
  v.registered = registered;
  return Add(w.vehicles, std::move(v));
}

int32_t NewAccount(World& w, int32_t owner, int32_t firm, Days opened) {
  Account a;
  a.number = AccountNumber(w.accounts.size());
  a.owner = owner;
  a.firm = firm;
  a.opened = opened;
  const int32_t id = Add(w.accounts, std::move(a));
  if (owner != kNone) PersonAt(w, owner).account = id;
  return id;
}

int32_t NewTag(World& w) { return Add(w.tags, Tag{TagNumber(w.tags.size())}); }

int32_t NewDocument(World& w, std::string kind, int32_t holder, Days issued, int32_t years) {
  Document d;
  d.number = PassportNumber(w.documents.size());
  d.kind = std::move(kind);
  d.holder = holder;
  d.issued = issued;
  d.expires = issued + years * 365;
  d.office = At(w.districts, static_cast<int32_t>(w.documents.size() % 6)).name + "分局";
  return Add(w.documents, std::move(d));
}

}  // namespace skein::city
