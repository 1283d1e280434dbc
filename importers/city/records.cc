// Records of everyday life: hotel stays, rail tickets, cases and requests for assistance.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "importers/city/build.h"
#include "importers/city/numbers.h"
#include "importers/city/places.h"

namespace skein::city {
namespace {

int32_t Anybody(const World& w, Dice& dice, int32_t age_low) {
  // Nine of ten are old enough; the bound only guards against a broken population.
  for (int tries = 0; tries < 10000; ++tries) {
    const int32_t person = dice.Index(w.people.size());
    if (AgeOf(w, PersonAt(w, person)) >= age_low) return person;
  }
  SKEIN_CHECK(false && "nobody is old enough");
  return kNone;
}

int32_t Visitor(World& w, Dice& dice) {
  const bool male = dice.Chance(560);
  const int32_t id =
      NewPerson(w, RandomName(dice, male), male, BirthdayAtAge(w, dice, dice.Between(19, 70)),
                990201 + dice.Between(0, 60));
  PersonAt(w, id).standing = Standing::kVisitor;
  return id;
}

void BuildStays(World& w) {
  Dice dice(w.seed, "stays");
  const auto residents = static_cast<int32_t>(w.people.size());
  for (uint32_t i = 0; i < 1350 * w.scale; ++i) {
    Stay s;
    s.person = dice.Chance(740) ? Visitor(w, dice) : dice.Between(0, residents - 1);
    if (AgeOf(w, PersonAt(w, s.person)) < 18) s.person = Visitor(w, dice);
    s.hotel = dice.Index(w.hotels.size());
    s.room = absl::StrFormat("%d%02d", dice.Between(2, 9), dice.Between(1, 20));
    const Days day = w.first_day + dice.Between(0, kWindowDays - 1);
    s.in = CityTime(day, dice.Between(13, 23), dice.Between(0, 59));
    s.out = CityTime(day + dice.Between(1, 3), dice.Between(7, 12), dice.Between(0, 59));
    w.stays.push_back(std::move(s));
  }
}

void BuildTickets(World& w) {
  Dice dice(w.seed, "tickets");
  // Half of the visitors came by rail; the others are residents on their way.
  for (uint32_t i = 0; i < 1150 * w.scale; ++i) {
    Ticket t;
    t.person = Anybody(w, dice, 12);
    const int32_t other = dice.Between(1, static_cast<int32_t>(w.rail_stations.size()) - 1);
    const bool leaves = dice.Chance(500);
    t.from = leaves ? 0 : other;
    t.to = leaves ? other : 0;
    t.train = absl::StrFormat("I9%03d", other * 100 + dice.Between(1, 8) * 2 + (leaves ? 1 : 0));
    t.departs = CityTime(w.first_day + dice.Between(0, kWindowDays - 1), dice.Between(6, 20),
                         dice.Between(0, 11) * 5);
    t.arrives = t.departs + (40 + other * 35) * kMinute;
    t.coach = dice.Between(1, 16);
    t.seat = absl::StrFormat("%02d%c", dice.Between(1, 18), "ABCDF"[dice.Below(5)]);
    w.tickets.push_back(std::move(t));
  }
}

struct Offence {
  const char* category;
  const char* methods[3];
  uint32_t per_mille;
};
constexpr Offence kOffences[] = {{"盗窃电动自行车", {"撬锁", "推走", "剪线启动"}, 300},
                                 {"入室盗窃", {"撬门", "攀窗", "技术开锁"}, 180},
                                 {"扒窃", {"公交", "商场", "夜市"}, 140},
                                 {"诈骗", {"冒充客服", "刷单", "投资"}, 220},
                                 {"故意伤害", {"纠纷", "酒后", "徒手"}, 90},
                                 {"抢夺", {"骑车", "徒步", "尾随"}, 70}};

void Involve(World& w, Case& c, const char* role, Dice& dice) {
  c.involved.push_back({Anybody(w, dice, 16), role, ""});
}

void BuildCases(World& w) {
  Dice dice(w.seed, "cases");
  for (uint32_t i = 0; i < 240 * w.scale; ++i) {
    uint32_t roll = dice.Below(1000);
    const Offence* offence = &kOffences[0];
    for (const Offence& o : kOffences) {
      if (roll < o.per_mille) {
        offence = &o;
        break;
      }
      roll -= o.per_mille;
    }
    const Seconds from = CityTime(w.first_day + dice.Between(-60, kWindowDays - 2),
                                  dice.Between(0, 23), dice.Between(0, 59));
    const int32_t id = NewCase(w, offence->category, offence->methods[dice.Below(3)],
                               dice.Between(0, w.columns * w.rows - 1), from,
                               from + dice.Between(10, 240) * kMinute, dice);
    Case& c = At(w.cases, id);
    Involve(w, c, "02", dice);
    if (dice.Chance(450)) Involve(w, c, "01", dice);
    if (dice.Chance(300)) Involve(w, c, "03", dice);
    if (dice.Chance(250)) Involve(w, c, "04", dice);
    c.closed = dice.Chance(350);
  }
}

void BuildAssistance(World& w) {
  Dice dice(w.seed, "assistance");
  const auto residents = static_cast<int32_t>(w.people.size());
  int32_t given = 0;
  // Care bracelets go to people over 72.
  for (int32_t i = 0; i < residents; ++i) {
    const Person& p = PersonAt(w, i);
    if (p.household == kNone || AgeOf(w, p) < 72 || !dice.Chance(220)) continue;
    w.bracelets.push_back({i, NewTag(w), w.first_day - dice.Between(20, 700)});
    PersonAt(w, i).tag = w.bracelets.back().tag;
    ++given;
  }
  constexpr const char* kKinds[] = {"遗失证件", "遗失物品", "走失儿童", "走失人员"};
  for (uint32_t i = 0; i < 58 * w.scale; ++i) {
    const uint32_t roll = dice.Below(100);
    const char* kind = kKinds[roll < 45 ? 0 : roll < 80 ? 1 : roll < 88 ? 2 : 3];
    int32_t person = dice.Index(w.people.size());
    // A child's request names a child.
    for (int tries = 0;
         roll >= 80 && roll < 88 && tries < 200 && AgeOf(w, PersonAt(w, person)) > 12; ++tries) {
      person = dice.Between(0, residents - 1);
    }
    const Seconds last = CityTime(w.first_day + dice.Between(0, kWindowDays - 3),
                                  dice.Between(7, 21), dice.Between(0, 59));
    const int32_t id =
        NewAssistance(w, kind, person, last, last + dice.Between(1, 20) * kHour, "来电求助");
    At(w.assistance, id).closed = roll >= 80 || dice.Chance(700);
    const int32_t reports = dice.Between(0, 3);
    for (int32_t r = 0; r < reports; ++r) {
      const Spot spot =
          Near(dice, At(w.crossings, dice.Between(0, w.columns * w.rows - 1)).spot, 250);
      w.reports.push_back({id, last + dice.Between(1, 30) * kHour, spot, "群众反映"});
    }
  }
  SKEIN_CHECK(given > 0);
}

}  // namespace

void BuildRecords(World& w) {
  BuildStays(w);
  BuildTickets(w);
  BuildCases(w);
  BuildAssistance(w);
}

int32_t NewCase(World& w, std::string category, std::string method, int32_t crossing, Seconds from,
                Seconds to, Dice& dice) {
  Case c;
  const Crossing& place = At(w.crossings, crossing);
  c.reported = to + dice.Between(1, 14) * kHour;
  c.number = CaseNumber(At(w.districts, place.district).region, CityDay(c.reported), w.next_case++);
  c.category = std::move(category);
  c.method = std::move(method);
  c.from = from;
  c.to = to;
  c.crossing = crossing;
  c.spot = Near(dice, place.spot, 150);
  c.scene_stations = {place.station};
  c.summary =
      absl::StrCat(At(w.districts, place.district).name, "发生", c.category, "案,手段:", c.method);
  return Add(w.cases, std::move(c));
}

int32_t NewAssistance(World& w, std::string kind, int32_t person, Seconds last_known,
                      Seconds reported, std::string description) {
  Assistance a;
  a.number = absl::StrFormat("QZ99%06d", w.next_assistance++);
  a.kind = std::move(kind);
  a.person = person;
  a.last_known = last_known;
  a.reported = reported;
  a.description = std::move(description);
  return Add(w.assistance, std::move(a));
}

}  // namespace skein::city
