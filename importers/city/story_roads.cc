// On the road: one plate on two cars, and three cars that travel together.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "importers/city/daily.h"
#include "importers/city/places.h"
#include "importers/city/stories.h"

namespace skein::city {
namespace {

int32_t TakeCar(Cast& cast) {
  const int32_t owner = cast.Resident({.age_low = 28, .age_high = 60, .car = true});
  return cast.Who(owner).car;
}

Passage SeenAt(const World& w, int32_t vehicle, int32_t camera, Seconds at) {
  Passage p;
  p.at = at;
  p.camera = camera;
  p.plate = At(w.vehicles, vehicle).plate;
  p.colour = At(w.vehicles, vehicle).colour;
  p.kind = At(w.vehicles, vehicle).kind;
  p.speed = 46;
  p.lane = 2;
  p.confidence = 96;
  return p;
}

// Cameras far from the township, working, for the moments that must not be argued about.
std::vector<int32_t> CityCameras(const World& w) {
  std::vector<int32_t> out;
  for (size_t i = 0; i < w.cameras.size(); ++i) {
    const Crossing& c = At(w.crossings, w.cameras[i].crossing);
    if (!c.town && c.column >= w.columns / 2 && !w.cameras[i].clock_fault)
      out.push_back(static_cast<int32_t>(i));
  }
  return out;
}

struct Clone {
  int32_t car, town_camera;
  std::vector<Passage> pairs;  // original, clone, original, clone, …
};

Clone MakeClone(World& w, Cast& cast) {
  Clone out{};
  out.car = TakeCar(cast);
  At(w.vehicles, out.car).colour = 'A';
  At(w.vehicles, out.car).quiet = true;
  out.town_camera = At(w.crossings, TownCrossing(w, 1, 1)).camera;
  const std::vector<int32_t> cameras = CityCameras(w);
  constexpr int32_t kDays[] = {2, 5, 11, 17, 23};
  for (int32_t i = 0; i < 5; ++i) {
    const Seconds at = cast.On(kDays[i], 8 + i * 2, 12 + i * 7, 10 * i);
    const Passage original =
        SeenAt(w, out.car, cameras[static_cast<size_t>(i) * 3 % cameras.size()], at);
    Passage clone = SeenAt(w, out.car, out.town_camera, at + (90 + i * 55));
    clone.colour = 'E';
    clone.speed = 71;
    out.pairs.push_back(original);
    out.pairs.push_back(clone);
    // And days on which only one of the two was out.
    w.scripted.passages.push_back(
        SeenAt(w, out.car, cast.dice().Pick(cameras), cast.On(kDays[i] + 1, 18, 4 + i)));
  }
  w.scripted.passages.insert(w.scripted.passages.end(), out.pairs.begin(), out.pairs.end());
  return out;
}

}  // namespace

void StoryClonedPlate(World& w, Truth& truth) {
  Cast cast(w, "cloned plate");
  const Clone clone = MakeClone(w, cast);
  // Fast but possible: the expressway at 140.
  const int32_t fast = TakeCar(cast);
  cast.DriveBy(fast, TownCrossing(w, 1, 1), CrossingOf(w, 3, w.rows / 2), cast.On(15, 2, 10), 630,
               true);
  // Read wrongly, once, with little confidence: a car of the city "seen" in the township.
  const int32_t misread = TakeCar(cast);
  const int32_t city_camera = CityCameras(w).front();
  w.scripted.passages.push_back(SeenAt(w, misread, city_camera, cast.On(10, 13, 20)));
  Passage wrong = SeenAt(w, misread, clone.town_camera, cast.On(10, 13, 24));
  wrong.confidence = 41;
  w.scripted.passages.push_back(wrong);

  const Vehicle& car = At(w.vehicles, clone.car);
  truth.Begin("cloned-plate", "One plate on two cars",
              "Which plate is read, surely, at two cameras further apart than a car can drive in "
              "the time between?");
  Json& json = truth.BeginFinds();
  json.Text("plate", car.plate);
  WritePerson(json, "owner", PersonAt(w, car.owner));
  json.Text("registeredColour", "white").Text("cloneColour", "red");
  json.Key("twoPlaces").Begin('[');
  for (size_t i = 0; i + 1 < clone.pairs.size(); i += 2) {
    const Passage &a = clone.pairs[i], &b = clone.pairs[i + 1];
    const double metres = MetresBetween(At(w.cameras, a.camera).spot, At(w.cameras, b.camera).spot);
    json.Begin('{')
        .Text("original", At(w.cameras, a.camera).code)
        .Text("originalAt", TimeText(a.at, TimeStyle::kIsoCity));
    json.Text("clone", At(w.cameras, b.camera).code)
        .Text("cloneAt", TimeText(b.at, TimeStyle::kIsoCity));
    json.Key("kilometres").Decimal(metres / 1000, 1);
    json.Key("kmPerHour").Decimal(metres / static_cast<double>(b.at - a.at) * 3.6, 0).End();
  }
  json.End();
  truth.EndFinds();
  truth.Evidence("04_cameras/passages.jsonl", absl::StrCat("plate = ", car.plate),
                 "five pairs of passages minutes apart and about 40 km away from each other; white "
                 "in the city, red in the township");
  truth.Evidence("02_traffic/vehicles.txt", absl::StrCat("HPHM = ", car.plate), "registered white");
  truth.Distractor("plate", At(w.vehicles, fast).plate,
                   "drives the expressway at about 140 km/h: fast, possible");
  truth.Distractor("plate", At(w.vehicles, misread).plate,
                   "one reading of 41 % confidence in the township");
  for (const Sensor& s : w.cameras) {
    if (s.clock_fault)
      truth.Distractor("camera", s.code,
                       "its clock runs seven minutes ahead (status 时钟故障 in cameras.csv)");
  }
  truth.End();
}

namespace {

void DriveTogether(World& w, Cast& cast, const std::vector<int32_t>& cars, int32_t from, int32_t to,
                   Seconds start, int32_t gap, bool roads_first) {
  for (size_t i = 0; i < cars.size(); ++i) {
    cast.DriveBy(cars[i], from, to, start + static_cast<Seconds>(i) * gap, 950, roads_first);
    At(w.vehicles, cars[i]).quiet = true;
  }
}

std::vector<std::string> PlatesOf(const World& w, const std::vector<int32_t>& cars) {
  std::vector<std::string> out;
  out.reserve(cars.size());
  for (const int32_t c : cars) out.push_back(At(w.vehicles, c).plate);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

void StoryConvoy(World& w, Truth& truth) {
  Cast cast(w, "convoy");
  std::vector<int32_t> convoy = {TakeCar(cast), TakeCar(cast), TakeCar(cast)};
  const int32_t east = CrossingOf(w, w.columns - 1, 1), west = CrossingOf(w, 1, w.rows - 2);
  for (const int32_t night : {3, 10, 17, 24}) {
    DriveTogether(w, cast, convoy, night % 2 == 0 ? west : east, night % 2 == 0 ? east : west,
                  cast.On(night, 1, 35 + night), 24, night % 2 == 0);
  }
  // A couple with a car each and the same way to work, before dawn.
  const int32_t husband =
      cast.Resident({.age_low = 28, .age_high = 55, .male = 1, .car = true, .single = true});
  const int32_t wife_car = NewVehicle(
      w, VehicleKind::kCar,
      cast.Newcomer(RandomName(cast.dice(), false), false, DaysFrom(1988, 4, 2), 990102, 60), kNone,
      w.first_day - 300, cast.dice());
  const int32_t wife = At(w.vehicles, wife_car).owner;
  PersonAt(w, wife).spouse = husband;
  PersonAt(w, husband).spouse = wife;
  const std::vector<int32_t> couple = {cast.Who(husband).car, wife_car};
  for (const int32_t day : {1, 3, 8, 10, 15, 17, 22, 24}) {
    DriveTogether(w, cast, couple, CrossingOf(w, 2, 2), CrossingOf(w, 9, 7), cast.On(day, 4, 20),
                  30, true);
  }
  // Three vans of one bakery, every Monday, Wednesday and Friday at night.
  const int32_t bakery = 5;
  std::vector<int32_t> vans;
  vans.reserve(3);
  for (int i = 0; i < 3; ++i) {
    vans.push_back(NewVehicle(w, VehicleKind::kVan, kNone, bakery, w.first_day - 700, cast.dice()));
  }
  for (const int32_t day : {0, 2, 4, 7, 9, 11}) {
    DriveTogether(w, cast, vans, CrossingOf(w, 2, 1), CrossingOf(w, 10, w.rows - 2),
                  cast.On(day, 3, 5), 40, true);
  }

  truth.Begin("convoy", "Three cars that travel together at night",
              "Which cars of different owners pass the same cameras within two minutes of each "
              "other, on several nights?");
  Json& json = truth.BeginFinds();
  json.Texts("plates", PlatesOf(w, convoy));
  json.Key("owners").Begin('[');
  for (const int32_t c : convoy) json.Text(PersonAt(w, At(w.vehicles, c).owner).id_number);
  json.End();
  json.Texts("nights", {"2026-03-05", "2026-03-12", "2026-03-19", "2026-03-26"});
  truth.EndFinds();
  for (const std::string& plate : PlatesOf(w, convoy)) {
    truth.Evidence(
        "04_cameras/passages.jsonl", absl::StrCat("plate = ", plate),
        "after 01:35 of those four nights, the same cameras as the other two, seconds apart");
  }
  const std::vector<std::string> of_couple = PlatesOf(w, couple), of_firm = PlatesOf(w, vans);
  truth.Distractor("plates", absl::StrCat(of_couple[0], " ", of_couple[1]),
                   "husband and wife on the same way to work: two cars, married owners");
  truth.Distractor("plates", absl::StrCat(of_firm[0], " ", of_firm[1], " ", of_firm[2]),
                   absl::StrCat("vans of one owner, ", At(w.firms, bakery).name));
  truth.End();
}

}  // namespace skein::city
