#include "importers/city/daily.h"

#include <algorithm>
#include <tuple>

#include "importers/city/places.h"

namespace skein::city {
namespace {

// Per mille and day; together they make about 50,000 records at scale 1.
constexpr uint32_t kCommute = 200, kErrand = 90, kVanTour = 260, kMotorcycleTrip = 110;
constexpr uint32_t kCellSeen = 92, kWifiSeen = 20, kTagSeen = 95, kCalls = 230, kPays = 62;
constexpr uint32_t kMisread = 5;
constexpr int32_t kPayday = 8;  // the 10th

class DayOfLife {
 public:
  DayOfLife(const World& w, int32_t day, Events* out)
      : w_(w), day_(w.first_day + day), key_(static_cast<uint64_t>(day)), out_(*out) {}

  void Live() {
    for (size_t v = 0; v < w_.vehicles.size(); ++v) Drive1(static_cast<int32_t>(v));
    for (size_t p = 0; p < w_.phones.size(); ++p) UsePhone(static_cast<int32_t>(p));
    for (size_t e = 0; e < w_.ebikes.size(); ++e) RideEbike(w_.ebikes[e], e);
    for (size_t a = 0; a < w_.accounts.size(); ++a) Pay(static_cast<int32_t>(a));
    if (day_ == w_.first_day + kPayday) PaySalaries();
  }

 private:
  bool Workday() const { return Weekday(day_) < 5; }
  int32_t AnyCrossing(Dice& dice) const { return dice.Between(0, w_.columns * w_.rows - 1); }
  int32_t WorkCrossing(const Person& p, Dice& dice) const {
    if (p.firm == kNone) return AnyCrossing(dice);
    return At(w_.addresses, At(w_.firms, p.firm).address).crossing;
  }
  Seconds Clock(Dice& dice, int32_t from_hour, int32_t to_hour) const {
    return CityTime(day_, from_hour, 0) + dice.Between(0, (to_hour - from_hour) * 3600 - 1);
  }

  void Trip(int32_t vehicle, int32_t from, int32_t to, Seconds start, Dice& dice) {
    Drive drive;
    drive.vehicle = vehicle;
    drive.start = start;
    drive.pace = dice.Between(850, 1300);
    // In a larger city ways are longer; cameras see as many passages a day and car as in the small
    // one.
    drive.per_mille_seen = 800U * 12U / static_cast<uint32_t>(w_.columns);
    AddDrive(w_, drive, Way(w_, from, to, dice.Chance(500)), dice, &out_.passages);
  }

  void Drive1(int32_t index) {
    const Vehicle& v = At(w_.vehicles, index);
    if (v.quiet || (v.owner != kNone && PersonAt(w_, v.owner).quiet)) return;
    Dice dice(w_.seed, "drive", static_cast<uint64_t>(index), key_);
    if (v.kind == VehicleKind::kVan) {
      if (!Workday() || !dice.Chance(kVanTour) || v.firm == kNone) return;
      const int32_t yard = At(w_.addresses, At(w_.firms, v.firm).address).crossing;
      const int32_t stop = AnyCrossing(dice);
      Trip(index, yard, stop, Clock(dice, 9, 12), dice);
      Trip(index, stop, yard, Clock(dice, 13, 17), dice);
      return;
    }
    const Person& owner = PersonAt(w_, v.owner);
    if (owner.household == kNone) return;
    const int32_t home = HomeCrossing(owner);
    if (v.kind == VehicleKind::kMotorcycle || !Workday() || owner.firm == kNone) {
      if (!dice.Chance(v.kind == VehicleKind::kMotorcycle ? kMotorcycleTrip : kErrand)) return;
      const int32_t there = AnyCrossing(dice);
      Trip(index, home, there, Clock(dice, 9, 13), dice);
      Trip(index, there, home, Clock(dice, 15, 22), dice);
      return;
    }
    if (!dice.Chance(kCommute)) return;
    const int32_t work = WorkCrossing(owner, dice);
    Trip(index, home, work, CityTime(day_, 7, 10) + dice.Between(0, 110 * 60), dice);
    Trip(index, work, home, CityTime(day_, 17, 10) + dice.Between(0, 150 * 60), dice);
  }

  int32_t HomeCrossing(const Person& p) const {
    return At(w_.addresses, At(w_.households, p.household).address).crossing;
  }

  // Where a person is likely to be at that hour.
  int32_t Whereabouts(const Person& p, Seconds at, Dice& dice) const {
    const int32_t hour = CityHour(at);
    if (p.household == kNone || dice.Chance(120)) return AnyCrossing(dice);
    if (Workday() && p.firm != kNone && hour >= 9 && hour < 18) return WorkCrossing(p, dice);
    return HomeCrossing(p);
  }

  void UsePhone(int32_t index) {
    const Phone& phone = At(w_.phones, index);
    const Person& owner = PersonAt(w_, phone.owner);
    if (owner.quiet) return;
    Dice dice(w_.seed, "phone", static_cast<uint64_t>(index), key_);
    if (dice.Chance(kCellSeen)) {
      const Seconds at = Clock(dice, 0, 24);
      const int32_t station = At(w_.crossings, Whereabouts(owner, at, dice)).station;
      out_.cells.push_back({at, index, station});
    }
    if (dice.Chance(kWifiSeen)) {
      const int32_t point = dice.Index(w_.points.size());
      const Seconds at = Clock(dice, 10, 22);
      out_.wifi.push_back({at, UsedDevice(phone, at), point, -dice.Between(38, 88)});
    }
    if (dice.Chance(kCalls)) CallSomebody(index, owner, dice);
  }

  int32_t UsedDevice(const Phone& phone, Seconds at) const {
    int32_t device = phone.uses.front().device;
    for (const Attachment& use : phone.uses) {
      if (use.from <= at) device = use.device;
    }
    return device;
  }

  // A person whom `p` has reason to call or to pay: kin, colleague, neighbour; else anybody.
  int32_t Acquaintance(const Person& p, Dice& dice) const {
    const uint32_t roll = dice.Below(100);
    if (roll < 45) {
      const int32_t kin[] = {p.spouse, p.mother, p.father};
      const int32_t one = kin[dice.Below(3)];
      if (one != kNone) return one;
      if (p.household != kNone) return dice.Pick(At(w_.households, p.household).members);
    }
    if (roll < 70 && p.firm != kNone) return dice.Pick(At(w_.firms, p.firm).staff);
    if (roll < 88 && p.household != kNone) {
      return dice.Pick(At(w_.addresses, At(w_.households, p.household).address).residents);
    }
    return dice.Index(w_.people.size());
  }

  void CallSomebody(int32_t index, const Person& owner, Dice& dice) {
    const Person& other = PersonAt(w_, Acquaintance(owner, dice));
    if (other.phone == kNone || other.phone == index || other.quiet) return;
    const bool text = dice.Chance(180);
    out_.calls.push_back(
        {Clock(dice, 7, 23), index, other.phone, text ? 0 : dice.Between(6, 900), text});
  }

  void Pay(int32_t index) {
    const Account& account = At(w_.accounts, index);
    if (account.owner == kNone || PersonAt(w_, account.owner).quiet) return;
    Dice dice(w_.seed, "pay", static_cast<uint64_t>(index), key_);
    if (!dice.Chance(kPays)) return;
    const Seconds at = Clock(dice, 8, 23);
    if (dice.Chance(550)) {
      const Firm& shop = dice.Pick(w_.firms);
      out_.transfers.push_back(
          {at, index, shop.account, dice.Between(900, 90000), dice.Chance(300) ? "货款" : ""});
      return;
    }
    const Person& other = PersonAt(w_, Acquaintance(PersonAt(w_, account.owner), dice));
    if (other.account == kNone || other.account == index || other.quiet) return;
    constexpr const char* kMemos[] = {"", "", "生活费", "房租", "红包", "还款"};
    out_.transfers.push_back(
        {at, index, other.account, int64_t{dice.Between(1, 60)} * 5000, kMemos[dice.Below(6)]});
  }

  void PaySalaries() {
    Dice dice(w_.seed, "salaries");
    for (const Firm& firm : w_.firms) {
      for (const int32_t one : firm.staff) {
        const int32_t to = PersonAt(w_, one).account;
        if (to == kNone) continue;
        out_.transfers.push_back({Clock(dice, 9, 17), firm.account, to,
                                  int64_t{dice.Between(420, 1600)} * 1000, "工资"});
      }
    }
  }

  void RideEbike(const Ebike& e, size_t index) {
    if (PersonAt(w_, e.owner).quiet) return;
    Dice dice(w_.seed, "ebike", index, key_);
    if (!dice.Chance(kTagSeen) || w_.tag_stations.empty()) return;
    const int32_t home = HomeCrossing(PersonAt(w_, e.owner));
    // The first station within a few crossings of home; a far ride else.
    int32_t station = At(w_.crossings, home).tag_station;
    if (station == kNone) station = dice.Index(w_.tag_stations.size());
    out_.tags.push_back({Clock(dice, 6, 22), e.tag, station});
  }

  const World& w_;
  Days day_;
  uint64_t key_;
  Events& out_;
};

// What the plate reader makes of a plate it sees badly: one character is another.
std::string Misread(std::string plate, Dice& dice) {
  char& c = plate[plate.size() - 1 - dice.Below(5)];
  constexpr std::string_view kPairs = "0D1T2Z3B4A5S6G7T8B9P";
  const size_t at = kPairs.find(c);
  c = at == std::string_view::npos ? '8' : kPairs[at ^ 1];
  return plate;
}

template <typename T, typename Key>
void TakeDay(const std::vector<T>& scripted, Days day, std::vector<T>* out, Key key) {
  for (const T& e : scripted) {
    if (CityDay(e.at) == day) out->push_back(e);
  }
  std::sort(out->begin(), out->end(), [&](const T& a, const T& b) { return key(a) < key(b); });
}

}  // namespace

Events EventsOfDay(const World& w, int32_t day) {
  Events out;
  DayOfLife(w, day, &out).Live();
  const Days d = w.first_day + day;
  const Events& s = w.scripted;
  TakeDay(s.passages, d, &out.passages,
          [](const Passage& e) { return std::tie(e.at, e.camera, e.plate, e.lane, e.speed); });
  TakeDay(s.cells, d, &out.cells,
          [](const CellSighting& e) { return std::tie(e.at, e.phone, e.station); });
  TakeDay(s.wifi, d, &out.wifi,
          [](const WifiSighting& e) { return std::tie(e.at, e.device, e.point, e.dbm); });
  TakeDay(s.tags, d, &out.tags, [](const TagRead& e) { return std::tie(e.at, e.tag, e.station); });
  TakeDay(s.calls, d, &out.calls,
          [](const Call& e) { return std::tie(e.at, e.from, e.to, e.seconds); });
  TakeDay(s.transfers, d, &out.transfers,
          [](const Transfer& e) { return std::tie(e.at, e.from, e.to, e.fen, e.memo); });
  return out;
}

void AddDrive(const World& w, const Drive& drive, const std::vector<int32_t>& way, Dice& dice,
              std::vector<Passage>* out) {
  const Vehicle& v = At(w.vehicles, drive.vehicle);
  Seconds at = drive.start;
  for (size_t i = 0; i < way.size(); ++i) {
    const bool motorway = i > 0 && At(w.crossings, way[i]).town != At(w.crossings, way[i - 1]).town;
    if (i > 0) at += LegTime(w, way[i - 1], way[i]) * drive.pace / 1000 + dice.Between(0, 9);
    const int32_t camera = At(w.crossings, way[i]).camera;
    if (camera == kNone || !dice.Chance(drive.per_mille_seen)) continue;
    Passage p;
    p.at = At(w.cameras, camera).clock_fault ? at + 7 * kMinute : at;
    p.camera = camera;
    p.plate = v.plate;
    p.colour = dice.Chance(930) ? v.colour : 'Z';
    p.kind = v.kind;
    p.speed = (motorway ? 78 : dice.Between(22, 52)) * 1000 / drive.pace;
    p.lane = dice.Between(1, 3);
    p.confidence = dice.Between(84, 99);
    if (drive.per_mille_seen < 1000 && dice.Chance(kMisread)) {
      p.plate = Misread(p.plate, dice);
      p.confidence = dice.Between(35, 60);
    }
    out->push_back(std::move(p));
  }
}

}  // namespace skein::city
