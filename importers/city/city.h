// The demo city: source files as ten departments would write them, with planted stories.
//
// What      GenerateCity writes one folder per department (01_household … 10_assistance) in that
//           department's own columns, format, clock and datum; `README.md` (what each file is and
//           why no number in it can be real), `manifest.json` (generator version, seed, scale;
//           records, bytes and SHA-256 of each file), `truth.json` (planted stories, their keys,
//           the distractors beside them), and `map/*.geojson` (roads and districts, WGS-84).
// Shape     About 50,000 records at scale 1; records grow with the scale, stories do not.
// Order     Event files are in time order; everything else in order of its key or of creation.
// Units     Times are seconds since 1970 UTC inside; the window is 28 days from 2026-03-02, city
// time.
//           Coordinates are micro-degrees WGS-84 inside; files carry what the department uses.
// Errors    INVALID_ARGUMENT     scale outside 1 … kCityScaleMax, empty out_dir
//           ALREADY_EXISTS       out_dir holds something that is not an earlier city (no
//           manifest.json) UNAVAILABLE          a file cannot be created or written: names it and
//           the reason
// Same      The same (version, seed, scale) gives the same bytes: own random numbers, no locale, no
//           clock, no environment. Coordinates pass through libm's sin, cos, sqrt and are rounded
//           to six digits, so another libm may differ in a last digit.
// Threads   One call writes one folder; calls on different folders may run side by side.
// Cost      Memory grows with the population (about 1 KB a person) and with one day of events;
// files
//           are written once, front to back. Scale 1 takes well under a second at -O2.
// Synthetic Persons, numbers, plates, companies and places are invented; see README.md of the
// output.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace skein {

// Bumped whenever the same seed would give other bytes.
inline constexpr char kCityGeneratorVersion[] = "1";
inline constexpr uint32_t kCityScaleMax = 2000;

struct CityOptions {
  std::string out_dir;  // created when missing; files of an earlier city in it are replaced
  uint32_t scale = 1;
  uint64_t seed = 1;
};

// One written file. `records` counts data rows: header lines are none.
struct CityFile {
  std::string path;  // relative to out_dir, with '/'
  uint64_t records = 0;
  uint64_t bytes = 0;
  std::string sha256;  // hex
};

struct CitySummary {
  std::vector<CityFile>
      files;             // in the order written; README, truth and map included, manifest not
  uint64_t records = 0;  // of the department files
};

// Writes the whole city. On an error the folder may hold some of the files, and no manifest.
absl::StatusOr<CitySummary> GenerateCity(const CityOptions& options);

}  // namespace skein
