// Twenty-two motorcycle thefts by four people with a van and a buyer; and thefts that are not
// theirs.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "importers/city/places.h"
#include "importers/city/stories.h"

namespace skein::city {
namespace {

constexpr std::string_view kCategory = "盗窃摩托车";
constexpr std::string_view kHotWire = "剪线启动";
constexpr int32_t kNights[] = {1, 2, 4, 7, 9, 11, 14, 16, 18, 21, 24};  // two thefts each

struct Gang {
  int32_t members[4];
  int32_t van, fence;
};

// Who was at theft i: the leader always, the others by turns, never fewer than two.
bool Present(int32_t member, int32_t i) {
  switch (member) {
    case 0:
      return true;
    case 1:
      return i % 5 != 4 || i == 19;
    case 2:
      return i % 3 != 1;
    default:
      return i % 2 == 0;
  }
}

int32_t StolenMotorcycle(World& w, Cast& cast, std::vector<int32_t>* taken) {
  for (int tries = 0; tries < 100000; ++tries) {
    const int32_t v = cast.dice().Index(w.vehicles.size());
    const Vehicle& vehicle = At(w.vehicles, v);
    if (vehicle.kind != VehicleKind::kMotorcycle || vehicle.quiet || vehicle.owner == kNone)
      continue;
    if (PersonAt(w, vehicle.owner).quiet ||
        std::find(taken->begin(), taken->end(), v) != taken->end())
      continue;
    taken->push_back(v);
    At(w.vehicles, v).quiet = true;
    return v;
  }
  SKEIN_CHECK(false && "no motorcycle left to steal");
  return kNone;
}

int32_t Theft(World& w, Cast& cast, int32_t crossing, Seconds from, Seconds to,
              std::string_view method, std::vector<int32_t>* taken) {
  const int32_t stolen = StolenMotorcycle(w, cast, taken);
  const int32_t id =
      NewCase(w, std::string(kCategory), std::string(method), crossing, from, to, cast.dice());
  Case& c = At(w.cases, id);
  c.stolen_vehicle = stolen;
  c.involved.push_back({At(w.vehicles, stolen).owner, "02", ""});
  return id;
}

// Scenes spread over the city; three of them around the watchman's post.
int32_t SceneCrossing(const World& w, int32_t i) {
  if (i == 13 || i == 19) i = 6;
  return CrossingOf(w, (i * 5 + 1) % w.columns, (i * 3 + 2) % w.rows);
}

std::vector<int32_t> Series(World& w, Cast& cast, const Gang& gang, std::vector<int32_t>* taken) {
  std::vector<int32_t> out;
  const int32_t base = cast.Home(gang.members[0]);
  for (int32_t i = 0; i < 22; ++i) {
    const int32_t night = kNights[i / 2];
    const int32_t scene = SceneCrossing(w, i);
    const Seconds from = cast.On(night, i % 2 == 0 ? 0 : 2, 20 + i);
    const Seconds to = from + (95 + i * 2) * kMinute;
    out.push_back(Theft(w, cast, scene, from, to, kHotWire, taken));
    for (int32_t m = 0; m < 4; ++m) {
      if (Present(m, i))
        cast.SeeCell(gang.members[m], scene, from + (38 + m * 4 + i % 7) * kMinute + i);
    }
    // The van comes when it is done, and carries the motorcycle off.
    cast.DriveBy(gang.van, base, scene, from + 10 * kMinute, 1000, i % 3 == 0);
    cast.Phone(gang.members[0], gang.members[1 + i % 3], from + (31 + i % 5) * kMinute, 20 + i);
  }
  return out;
}

void Money(Cast& cast, const Gang& gang) {
  for (int32_t n = 0; n < 11; ++n) {
    const int32_t day = kNights[n] + 1;
    cast.Pay(gang.fence, gang.members[0], cast.On(day, 15, 4 + n), 1800 + n * 40,
             n % 2 == 0 ? "旧件款" : "");
    cast.Pay(gang.fence, gang.members[1 + n % 3], cast.On(day, 15, 31 + n), 900 + n * 30, "旧件款");
    cast.Phone(gang.members[0], gang.fence, cast.On(day, 9, 12 + n), 65);
  }
}

void Others(World& w, Cast& cast, const Gang& gang, std::vector<int32_t>* taken) {
  constexpr std::string_view kMethods[] = {"钥匙未拔", "撬锁", "整车抬走"};
  for (int32_t i = 0; i < 16; ++i) {
    const Seconds from = cast.On(1 + i * 5 % 26, 9 + i % 9, 10 + i);
    const int32_t crossing = cast.dice().Between(0, w.columns * w.rows - 1);
    const int32_t id = Theft(w, cast, crossing, from, from + 3 * kHour, kMethods[i % 3], taken);
    At(w.cases, id).closed = i % 4 == 0;
  }
  // Same method, same hour, other people; the leader sleeps at home nearby in one of them.
  for (int32_t i = 0; i < 4; ++i) {
    const Seconds from = cast.On(6 + i * 6, 1, 15);
    const int32_t crossing = i == 0 ? cast.Home(gang.members[0]) : CrossingOf(w, 2 + i * 2, 1 + i);
    Theft(w, cast, crossing, from, from + 100 * kMinute, kHotWire, taken);
    if (i == 0) cast.SeeCell(gang.members[0], crossing, from + 40 * kMinute);
  }
}

// A watchman is near three scenes, a taxi driver near six: both innocent.
void Bystanders(World& w, Cast& cast, const std::vector<int32_t>& series, int32_t watchman,
                int32_t taxi) {
  const int32_t post = At(w.cases, series[6]).crossing;
  for (int32_t night = 0; night < kWindowDays; ++night) {
    cast.SeeCell(watchman, post, cast.On(night, 0, 55));
    cast.SeeCell(watchman, post, cast.On(night, 3, 25));
  }
  for (const size_t i : {size_t{1}, size_t{4}, size_t{9}, size_t{12}, size_t{15}, size_t{20}}) {
    const Case& c = At(w.cases, series[i]);
    cast.SeeCell(taxi, c.crossing, c.from + 52 * kMinute);
  }
  for (int32_t night = 0; night < kWindowDays; ++night) {
    cast.SeeCell(taxi, cast.dice().Between(0, w.columns * w.rows - 1),
                 cast.On(night, 23, 10 + night));
  }
}

}  // namespace

void StoryThefts(World& w, Truth& truth) {
  Cast cast(w, "thefts");
  Gang gang{};
  for (int32_t& m : gang.members) m = cast.Resident({.age_low = 20, .age_high = 38, .male = 1});
  gang.fence = cast.Resident({.age_low = 40, .age_high = 58, .male = 1});
  gang.van =
      NewVehicle(w, VehicleKind::kVan, gang.members[0], kNone, w.first_day - 400, cast.dice());
  At(w.vehicles, gang.van).quiet = true;
  const int32_t watchman = cast.Resident({.age_low = 50, .age_high = 66, .male = 1});
  const int32_t taxi = cast.Resident({.age_low = 28, .age_high = 55, .male = 1});
  std::vector<int32_t> taken;
  const std::vector<int32_t> series = Series(w, cast, gang, &taken);
  Money(cast, gang);
  Others(w, cast, gang, &taken);
  Bystanders(w, cast, series, watchman, taxi);
  // The employer of two members pays them wages: paying two of four is no sign.
  const int32_t firm = At(w.firms, 3).account;
  for (const int32_t m : {0, 1}) {
    w.scripted.transfers.push_back(
        {cast.On(8, 11, 20), firm, PersonAt(w, gang.members[m]).account, 420000, "工资"});
  }

  truth.Begin("motorcycle-thefts", "22 motorcycle thefts by one group",
              "Whose phones were under the scene's station in the hours of many thefts, which "
              "thefts do they share, and who pays them?");
  Json& json = truth.BeginFinds();
  json.Key("group").Begin('[');
  for (const int32_t m : gang.members) {
    json.Begin('{')
        .Text("idNumber", cast.Who(m).id_number)
        .Text("name", cast.Who(m).name.Chinese());
    json.Text("phone", cast.NumberOf(m)).Text("account", cast.AccountOf(m)).End();
  }
  json.End();
  std::vector<std::string> numbers;
  numbers.reserve(series.size());
  for (const int32_t c : series) numbers.push_back(At(w.cases, c).number);
  std::sort(numbers.begin(), numbers.end());
  json.Texts("cases", numbers);
  json.Text("van", At(w.vehicles, gang.van).plate);
  WritePerson(json, "buyer", cast.Who(gang.fence));
  json.Text("buyerAccount", cast.AccountOf(gang.fence));
  truth.EndFinds();
  truth.Evidence("09_cases/cases.csv", "案件类别 = 盗窃摩托车",
                 "42 in all; the 22 share method 剪线启动 and the small hours");
  truth.Evidence("09_cases/scene_cells.tsv", "案件编号 = each case",
                 "the base station that serves the scene");
  for (const int32_t m : gang.members) {
    truth.Evidence(
        "05_radio/cell_sightings.tsv", absl::StrCat("msisdn = ", cast.NumberOf(m)),
        "under the scene's station between 发案时间起 and 发案时间止, in 11 to 22 of the 22");
  }
  truth.Evidence("06_bank/transfers.csv",
                 absl::StrCat("From Account = ", cast.AccountOf(gang.fence)),
                 "pays all four, each time on the day after a night of thefts");
  truth.Distractor("person", cast.Who(watchman).id_number,
                   "night watchman: under the station of three scenes, every night");
  truth.Distractor("person", cast.Who(taxi).id_number,
                   "taxi driver: near six scenes, and everywhere else");
  truth.Distractor("account", At(w.accounts, firm).number,
                   "employer: pays wages to two of the four, and to many others");
  truth.Distractor(
      "cases", kCategory,
      "20 other motorcycle thefts of the same weeks, four of them with the same method");
  truth.End();
}

}  // namespace skein::city
