#include "server/main/generate.h"

#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "importers/city/city.h"
#include "server/main/local_store.h"
#include "storage/base/status.h"

namespace skein {
namespace {

int RunGenerateCity(const CityOptions& options) {
  const absl::StatusOr<CitySummary> made = GenerateCity(options);
  if (!made.ok()) return Report("generate", made.status());
  absl::PrintF("{\"seed\": %d, \"scale\": %d, \"files\": %d, \"records\": %d}\n", options.seed,
               options.scale, made->files.size(), made->records);
  return 0;
}

}  // namespace

void AddGenerateCommand(CLI::App& app, int* exit_code) {
  CLI::App* generate = app.add_subcommand("generate", "Write synthetic data");
  generate->require_subcommand(1);
  auto options = std::make_shared<CityOptions>();
  CLI::App* city = generate->add_subcommand(
      "city", "An invented city: ten departments' files, with stories hidden in them");
  city->add_option("--out", options->out_dir, "Folder to write; empty, new, or an earlier city")
      ->required();
  city->add_option("--scale", options->scale, "How many times 50,000 records")
      ->capture_default_str()
      ->check(CLI::Range(uint32_t{1}, kCityScaleMax));
  city->add_option("--seed", options->seed, "The same seed gives the same bytes")
      ->capture_default_str();
  city->callback([options, exit_code] { *exit_code = RunGenerateCity(*options); });
}

}  // namespace skein
