// README.md of the output, and the ground as GeoJSON for maps.
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "importers/city/city.h"
#include "importers/city/json.h"
#include "importers/city/places.h"
#include "importers/city/write.h"

namespace skein::city {
namespace {

constexpr std::string_view kReadme = R"(
Everything here is invented by a program: a city (云汀, Yunting) in an empty patch of the East China Sea,
its people, their things and four weeks of their life. `truth.json` lists the stories hidden in it, with
what a right answer holds, the records that prove it, and what only looks like it. `manifest.json` has
the record count and SHA-256 of each file. `map/` has the roads and districts (WGS-84).

## Why no number here can belong to anybody

| what | form | why it cannot be real |
| --- | --- | --- |
| identity number | 99…, 18 characters | no division of GB/T 2260 begins with 99; read as a foreigner's permanent residence card (leading 9), 90 is no province either |
| mobile number | 129… (11 digits) | mobile numbers begin with 13 … 19 |
| vehicle plate | 汀I… | 汀 is no province's sign; the city letter I has not been issued |
| e-bike plate | 云汀… | the city does not exist |
| IMEI | 0099… | 00 is reserved for test devices |
| IMSI, cell | 00101… | network 001-01 is the test network of ITU-T E.212 |
| MAC address | 02:99:… | locally administered: no maker owns it |
| bank account | 00009900… | card numbers beginning with 0000 have no issuer |
| VIN | YTI… | ISO 3779 forbids the letter I |
| passport | EI… | the second letter I is not used |
| credit code | 91990101… | division 990101 does not exist |
| case number | A99… | same |
| train | I9… | no train category has the letter I |

Check digits are right where the form has one, so that an importer may check them.

## Ten departments, ten habits

| folder | department | form | times | datum |
| --- | --- | --- | --- | --- |
| 01_household | household register 户籍 | CSV, BOM, CRLF, Chinese columns | `20260302` | WGS-84 |
| 02_traffic | traffic administration 车管 | pipe, GA 24 codes, pinyin initials | `2026-03-02` | – |
| 03_telecom | Haifeng Mobile | subscribers `;` quoted, Latin names, `+86 …`; the others TSV, `86…` | `02/03/2026`; epoch seconds | – |
| 04_cameras | plate cameras 卡口 | CSV with BOM; JSONL | ISO with +08:00 | GCJ-02 |
| 05_radio | radio sensing | `;` CSV, TSV, JSONL | epoch milliseconds; ISO UTC | BD-09 |
| 06_bank | anti-fraud centre | CSV, all quoted, CRLF, `"1,234.50"` | `02/03/2026 08:15:30`, Asia/Shanghai | – |
| 07_public_order | public order 治安: hotels, e-bikes, tags | TSV, CRLF, Chinese columns | `2026/03/02 08:15`, Asia/Shanghai | GCJ-02 |
| 08_rail | railway police | JSONL, nested | ISO UTC | – |
| 09_cases | case registry 案管 | CSV (lines within quotes) and TSV | `2026-03-02 08:15:30`, Asia/Shanghai | WGS-84 |
| 10_assistance | assistance desk | `;` CSV, English columns | `02.03.2026 08:15`, Asia/Shanghai | WGS-84 |

What the files hold is a sample of life: a phone is seen about every twelfth day, a car on a third of its
days. A camera in `cameras.csv` may be marked 时钟故障: its clock runs seven minutes ahead.
Plates are sometimes misread; `confidence` is low then.
)";

void Line(Json& json, const std::string& name, std::string_view kind,
          const std::vector<Spot>& spots, std::string_view shape) {
  json.Begin('{').Text("type", "Feature");
  json.Key("properties").Begin('{').Text("name", name).Text("kind", kind).End();
  json.Key("geometry").Begin('{').Text("type", shape).Key("coordinates").Begin('[');
  if (shape == "Polygon") json.Begin('[');
  for (const Spot& s : spots) {
    json.Begin('[').Decimal(s.lon_e6 / 1e6, 6).Decimal(s.lat_e6 / 1e6, 6).End();
  }
  if (shape == "Polygon") json.End();
  json.End().End().End();
}

void Roads(const World& w, Json& json) {
  const auto spot = [&](int32_t crossing) { return At(w.crossings, crossing).spot; };
  for (int32_t c = 0; c < w.columns; ++c) {
    Line(json, AvenueName(c), "avenue",
         {spot(CrossingOf(w, c, 0)), spot(CrossingOf(w, c, w.rows - 1))}, "LineString");
  }
  for (int32_t r = 0; r < w.rows; ++r) {
    Line(json, RoadName(r), "road",
         {spot(CrossingOf(w, 0, r)), spot(CrossingOf(w, w.columns - 1, r))}, "LineString");
  }
  for (int32_t i = 0; i < w.town_side; ++i) {
    const int32_t end = w.town_side - 1;
    Line(json, absl::StrCat("石坞", i + 1, "街"), "road",
         {spot(TownCrossing(w, i, 0)), spot(TownCrossing(w, i, end))}, "LineString");
    Line(json, absl::StrCat("第", i + 1, "村路"), "road",
         {spot(TownCrossing(w, 0, i)), spot(TownCrossing(w, end, i))}, "LineString");
  }
  Line(json, "汀石快速路", "expressway",
       {spot(TownCrossing(w, 1, 1)), spot(CrossingOf(w, 0, w.rows / 2))}, "LineString");
}

// Smallest box around a district's crossings, half a block wider.
void Districts(const World& w, Json& json) {
  for (size_t d = 0; d < w.districts.size(); ++d) {
    Spot low{INT32_MAX, INT32_MAX}, high{INT32_MIN, INT32_MIN};
    for (const Crossing& c : w.crossings) {
      if (c.district != static_cast<int32_t>(d)) continue;
      low = {std::min(low.lat_e6, c.spot.lat_e6), std::min(low.lon_e6, c.spot.lon_e6)};
      high = {std::max(high.lat_e6, c.spot.lat_e6), std::max(high.lon_e6, c.spot.lon_e6)};
    }
    low = {low.lat_e6 - 3150, low.lon_e6 - 3620};
    high = {high.lat_e6 + 3150, high.lon_e6 + 3620};
    Line(json, w.districts[d].name, "district",
         {low, {low.lat_e6, high.lon_e6}, high, {high.lat_e6, low.lon_e6}, low}, "Polygon");
  }
}

}  // namespace

absl::Status WriteReadme(const World& w, OutputTree& tree) {
  return tree.WriteFile(
      "README.md",
      absl::StrCat("# The demo city: synthetic data, generator version ", kCityGeneratorVersion,
                   ", seed ", w.seed, ", scale ", w.scale, "\n", ToAbsl(kReadme)));
}

absl::Status WriteMap(const World& w, OutputTree& tree) {
  Json roads, districts;
  roads.Begin('{').Text("type", "FeatureCollection").Key("features").Begin('[');
  Roads(w, roads);
  SKEIN_RETURN_IF_ERROR(tree.WriteFile("map/roads.geojson", roads.End().End().Take()));
  districts.Begin('{').Text("type", "FeatureCollection").Key("features").Begin('[');
  Districts(w, districts);
  return tree.WriteFile("map/districts.geojson", districts.End().End().Take());
}

}  // namespace skein::city
