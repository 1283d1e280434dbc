// An old woman has left home; her phone has not. Her bracelet shows the way.
#include "absl/strings/str_cat.h"
#include "importers/city/places.h"
#include "importers/city/stories.h"

namespace skein::city {
namespace {

constexpr int32_t kDayMissing = 22;  // 2026-03-24

int32_t GiveBracelet(World& w, int32_t person, Days issued) {
  Bracelet b;
  b.person = person;
  b.tag = NewTag(w);
  b.issued = issued;
  PersonAt(w, person).tag = b.tag;
  w.bracelets.push_back(b);
  return b.tag;
}

// Tag stations on a way, in order; the last `count` of them.
std::vector<int32_t> StationsOn(const World& w, int32_t from, int32_t to, size_t count) {
  std::vector<int32_t> out;
  for (const int32_t c : Way(w, from, to, true)) {
    if (At(w.crossings, c).tag_station != kNone) out.push_back(At(w.crossings, c).tag_station);
  }
  if (out.size() > count) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(count));
  return out;
}

void Read(World& w, Seconds at, int32_t tag, int32_t station) {
  w.scripted.tags.push_back({at, tag, station});
}

// Days before, she stayed near home; her phone still does.
void EverydayTraces(World& w, Cast& cast, int32_t woman, int32_t tag, int32_t near_home) {
  const int32_t home = cast.Home(woman);
  for (const int32_t day : {3, 9, 14, 19}) Read(w, cast.On(day, 9, 35 + day), tag, near_home);
  for (const int32_t day : {2, 8, 15, 20, kDayMissing})
    cast.SeeCell(woman, home, cast.On(day, 11, 5 + day));
  for (const int32_t hour : {16, 18, 20, 22})
    cast.SeeCell(woman, home, cast.On(kDayMissing, hour, 12));
  for (const int32_t day : {23, 24, 25}) cast.SeeCell(woman, home, cast.On(day, 10, 41));
}

}  // namespace

void StoryMissing(World& w, Truth& truth) {
  Cast cast(w, "missing");
  const PersonName name = NameOf("沈", "SHEN", "桂兰", "Guilan");
  const int32_t woman = cast.Newcomer(name, false, DaysFrom(1947, 12, 5), 990101, 12);
  const int32_t tag = GiveBracelet(w, woman, w.first_day - 210);
  const int32_t home = cast.Home(woman);
  // To the harbour, the corner of the grid that is further from home.
  const Crossing& h = At(w.crossings, home);
  const int32_t harbour = CrossingOf(w, h.column < w.columns / 2 ? w.columns - 1 : 0,
                                     h.row < w.rows / 2 ? w.rows - 1 : 0);
  const std::vector<int32_t> way = StationsOn(w, home, harbour, 4);
  SKEIN_CHECK(way.size() >= 2);
  const int32_t minutes[] = {22, 57, 101, 138};
  for (size_t i = 0; i < way.size(); ++i) {
    Read(w, cast.On(kDayMissing, 14, minutes[i] + static_cast<int32_t>(i)), tag, way[i]);
  }
  const Seconds last =
      cast.On(kDayMissing, 14, minutes[way.size() - 1] + static_cast<int32_t>(way.size()) - 1);
  EverydayTraces(w, cast, woman, tag, way.front());
  const int32_t request = NewAssistance(w, "走失老人", woman, cast.On(kDayMissing, 14, 10),
                                        cast.On(kDayMissing, 18, 40),
                                        "家属报:老人午后离家未归,手机遗忘在家,戴关爱手环");
  const Spot near_harbour = Near(cast.dice(), At(w.crossings, harbour).spot, 120);
  w.reports.push_back(
      {request, last + 34 * kMinute, near_harbour, "公交司机称见一老年妇女在港边长椅,未停留"});

  // Another woman of the same name wears a bracelet too, and is well.
  const int32_t namesake = cast.Newcomer(name, false, DaysFrom(1951, 3, 19), 990103, 33);
  const int32_t other_tag = GiveBracelet(w, namesake, w.first_day - 90);
  for (const int32_t day : {5, 12, 22, 23, 26}) Read(w, cast.On(day, 16, 20 + day), other_tag, 0);
  // One who was missing and has been found: the request is closed.
  const int32_t found = cast.Resident({.age_low = 74, .age_high = 95, .bracelet = true});
  for (const int32_t hour : {13, 15, 17})
    Read(w, cast.On(18, hour, 30), cast.Who(found).tag, hour % 7);
  At(w.assistance,
     NewAssistance(w, "走失老人", found, cast.On(18, 12, 0), cast.On(18, 16, 0), "老人外出未归"))
      .closed = true;

  const Sensor& place = At(w.tag_stations, way.back());
  truth.Begin("missing-elderly", "A missing old woman, and where she was last",
              "Of the open requests for missing old people: where did what they wear, not what "
              "they left behind, report last?");
  Json& json = truth.BeginFinds();
  WritePerson(json, "missing", cast.Who(woman));
  json.Text("request", At(w.assistance, request).number).Text("tag", At(w.tags, tag).number);
  json.Text("lastStation", place.code).Text("lastStationName", place.name);
  json.Text("lastSeenAt", TimeText(last, TimeStyle::kIsoCity));
  json.Text("phone", cast.NumberOf(woman));
  json.Text("reportAt", TimeText(last + 34 * kMinute, TimeStyle::kIsoCity));
  truth.EndFinds();
  truth.Evidence("10_assistance/requests.csv",
                 absl::StrCat("RequestNo = ", At(w.assistance, request).number),
                 "open; left home at 14:10 on 2026-03-24 without her phone");
  truth.Evidence("10_assistance/bracelets.csv",
                 absl::StrCat("PersonId = ", cast.Who(woman).id_number), "her bracelet's tag");
  truth.Evidence("07_public_order/tag_reads.tsv", absl::StrCat("标签 = ", At(w.tags, tag).number),
                 "from home to the harbour that afternoon, then nothing");
  truth.Evidence("05_radio/cell_sightings.tsv", absl::StrCat("msisdn = ", cast.NumberOf(woman)),
                 "her phone stays at home for days: the latest sighting of the phone misleads");
  truth.Distractor("person", cast.Who(namesake).id_number,
                   "same name, bracelet read later; not missing");
  truth.Distractor("person", cast.Who(found).id_number,
                   "was missing on 2026-03-20, found, request closed");
  truth.Distractor("phone", cast.NumberOf(woman), "her own phone, at home");
  truth.End();
}

}  // namespace skein::city
