#include "importers/city/city.h"

#include "importers/city/build.h"
#include "importers/city/json.h"
#include "importers/city/output.h"
#include "importers/city/places.h"
#include "importers/city/stories.h"
#include "importers/city/write.h"

namespace skein {
namespace city {
namespace {

std::string Manifest(const CityOptions& options, const CitySummary& summary) {
  Json json;
  json.Begin('{').Text("generator", "skein generate city").Text("version", kCityGeneratorVersion);
  json.Text("seed", std::to_string(options.seed)).Number("scale", options.scale);
  json.Key("synthetic").Bool(true);
  json.Number("records", static_cast<int64_t>(summary.records));
  json.Key("files").Begin('[');
  for (const CityFile& f : summary.files) {
    json.Begin('{').Text("path", f.path).Number("records", static_cast<int64_t>(f.records));
    json.Number("bytes", static_cast<int64_t>(f.bytes)).Text("sha256", f.sha256).End();
  }
  return json.End().End().Take();
}

absl::Status WriteAll(const World& w, OutputTree& tree, Truth& truth) {
  using Writer = absl::Status (*)(const World&, OutputTree&);
  constexpr Writer kWriters[] = {&WriteHousehold,  &WriteTraffic,     &WriteTelecom, &WriteSensors,
                                 &WriteBank,       &WritePublicOrder, &WriteRail,    &WriteCases,
                                 &WriteAssistance, &WriteEvents,      &WriteReadme,  &WriteMap};
  for (const Writer write : kWriters) SKEIN_RETURN_IF_ERROR(write(w, tree));
  return tree.WriteFile("truth.json", truth.Take());
}

}  // namespace
}  // namespace city

absl::StatusOr<CitySummary> GenerateCity(const CityOptions& options) {
  if (options.out_dir.empty()) return InvalidArgument("the folder to write to is empty");
  if (options.scale < 1 || options.scale > kCityScaleMax) {
    return InvalidArgument("scale ", options.scale, " is outside 1 … ", kCityScaleMax);
  }
  SKEIN_ASSIGN_OR_RETURN(city::OutputTree tree, city::OutputTree::Create(options.out_dir));
  city::World w;
  w.seed = options.seed;
  w.scale = options.scale;
  w.first_day = city::DaysFrom(2026, 3, 2);
  city::BuildPlaces(w);
  city::BuildPeople(w);
  city::BuildAssets(w);
  city::BuildRecords(w);
  city::Truth truth(w);
  city::BuildStories(w, truth);
  SKEIN_RETURN_IF_ERROR(city::WriteAll(w, tree, truth));
  CitySummary out;
  out.files = tree.files();
  for (const CityFile& f : out.files) out.records += f.records;
  SKEIN_RETURN_IF_ERROR(tree.WriteFile("manifest.json", city::Manifest(options, out)));
  return out;
}

}  // namespace skein
