// The hands of the stories, the truth file, and the list of stories.
#include "importers/city/city.h"
#include "importers/city/daily.h"
#include "importers/city/places.h"
#include "importers/city/stories.h"

namespace skein::city {

void BuildStories(World& w, Truth& truth) {
  StoryFugitive(w, truth);
  StoryThefts(w, truth);
  StoryClonedPlate(w, truth);
  StoryConvoy(w, truth);
  StorySimSwap(w, truth);
  StoryDocument(w, truth);
  StoryMissing(w, truth);
}

Truth::Truth(const World& w) {
  json_.Begin('{');
  json_.Text("generator", "skein generate city").Text("version", kCityGeneratorVersion);
  json_.Text("seed", std::to_string(w.seed)).Number("scale", w.scale);
  json_.Text("note",
             "All persons, numbers and events are invented. Times here are city time (UTC+8).");
  json_.Text("from", TimeText(CityTime(w.first_day, 0, 0), TimeStyle::kIsoCity));
  json_.Text("to", TimeText(CityTime(w.first_day + kWindowDays, 0, 0), TimeStyle::kIsoCity));
  json_.Key("stories").Begin('[');
}

void Truth::Begin(std::string_view id, std::string_view title, std::string_view question) {
  json_.Begin('{').Text("id", id).Text("title", title).Text("question", question);
}

Json& Truth::BeginFinds() { return json_.Key("finds").Begin('{'); }

void Truth::EndFinds() { json_.End(); }

void Truth::Enter(Part part) {
  if (part_ == part) return;
  SKEIN_CHECK(part_ < part);
  if (part_ != Part::kFinds) json_.End();
  json_.Key(part == Part::kEvidence ? "evidence" : "distractors").Begin('[');
  part_ = part;
}

void Truth::Evidence(std::string_view file, std::string_view where, std::string_view shows) {
  Enter(Part::kEvidence);
  json_.Begin('{').Text("file", file).Text("where", where).Text("shows", shows).End();
}

void Truth::Distractor(std::string_view kind, std::string_view key, std::string_view why) {
  Enter(Part::kDistractors);
  json_.Begin('{').Text("kind", kind).Text("key", key).Text("why", why).End();
}

void Truth::End() {
  SKEIN_CHECK(part_ == Part::kDistractors);  // no story without something that resembles it
  json_.End().End();
  part_ = Part::kFinds;
}

std::string Truth::Take() { return json_.End().End().Take(); }

int32_t Cast::Resident(const Wanted& wanted) {
  // Bounded: the population holds thousands, and a wish that nobody fits is a broken generator.
  for (int tries = 0; tries < 200000; ++tries) {
    const int32_t id = dice_.Index(w_.people.size());
    Person& p = PersonAt(w_, id);
    const int32_t age = AgeOf(w_, p);
    if (p.quiet || p.household == kNone || p.phone == kNone || p.account == kNone) continue;
    if (At(w_.phones, p.phone).uses.size() != 1) continue;
    if (age < wanted.age_low || age > wanted.age_high) continue;
    if (wanted.male >= 0 && p.male != (wanted.male == 1)) continue;
    if (wanted.car && p.car == kNone) continue;
    if (wanted.single && p.spouse != kNone) continue;
    if (wanted.bracelet && p.tag == kNone) continue;
    if (wanted.firm != kNone && p.firm != wanted.firm) continue;
    p.quiet = true;
    return id;
  }
  SKEIN_CHECK(false && "nobody fits the part");
  return kNone;
}

int32_t Cast::Newcomer(const PersonName& name, bool male, Days born, int32_t region,
                       int32_t address) {
  const int32_t id = NewPerson(w_, name, male, born, region);
  NewHousehold(w_, address, {id});
  NewPhone(w_, id, CityTime(w_.first_day - dice_.Between(500, 2500), 10, 0));
  NewAccount(w_, id, kNone, w_.first_day - dice_.Between(300, 2500));
  PersonAt(w_, id).quiet = true;
  return id;
}

int32_t Cast::TownAddress(int32_t index) const {
  return static_cast<int32_t>(340 * w_.scale) + index;
}

Seconds Cast::On(int32_t day, int32_t hour, int32_t minute, int32_t second) const {
  return CityTime(w_.first_day + day, hour, minute, second);
}

void Cast::Phone(int32_t from, int32_t to, Seconds at, int32_t seconds) {
  w_.scripted.calls.push_back({at, Who(from).phone, Who(to).phone, seconds, false});
}

void Cast::SeeCell(int32_t person, int32_t crossing, Seconds at) {
  w_.scripted.cells.push_back({at, Who(person).phone, At(w_.crossings, crossing).station});
}

void Cast::Pay(int32_t from, int32_t to, Seconds at, int64_t yuan, std::string memo) {
  w_.scripted.transfers.push_back(
      {at, Who(from).account, Who(to).account, yuan * 100, std::move(memo)});
}

void Cast::DriveBy(int32_t vehicle, int32_t from, int32_t to, Seconds start, int32_t pace,
                   bool roads_first) {
  Drive drive;
  drive.vehicle = vehicle;
  drive.start = start;
  drive.pace = pace;
  drive.per_mille_seen = 1000;
  AddDrive(w_, drive, Way(w_, from, to, roads_first), dice_, &w_.scripted.passages);
}

void WritePerson(Json& json, std::string_view key, const Person& p) {
  json.Key(key).Begin('{').Text("idNumber", p.id_number).Text("name", p.name.Chinese()).End();
}

}  // namespace skein::city
