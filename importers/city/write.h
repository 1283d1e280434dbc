// The ten departments' files. Each function writes one or two folders from a finished World.
//
// Errors    UNAVAILABLE names the file. After an error the tree must be given up.
// Order     Registers in order of creation; event files in time order.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "importers/city/output.h"
#include "importers/city/world.h"

namespace skein::city {

absl::Status WriteHousehold(const World& w, OutputTree& tree);    // 01_household
absl::Status WriteTraffic(const World& w, OutputTree& tree);      // 02_traffic
absl::Status WriteTelecom(const World& w, OutputTree& tree);      // 03_telecom, registers
absl::Status WriteSensors(const World& w, OutputTree& tree);      // 04 … 05, registers of sensors
absl::Status WriteBank(const World& w, OutputTree& tree);         // 06_bank, accounts
absl::Status WritePublicOrder(const World& w, OutputTree& tree);  // 07_public_order, registers
absl::Status WriteRail(const World& w, OutputTree& tree);         // 08_rail
absl::Status WriteCases(const World& w, OutputTree& tree);        // 09_cases
absl::Status WriteAssistance(const World& w, OutputTree& tree);   // 10_assistance
// Calls, passages, sightings, transfers, tag readings: all days, one after the other.
absl::Status WriteEvents(const World& w, OutputTree& tree);
// README.md and map/*.geojson.
absl::Status WriteReadme(const World& w, OutputTree& tree);
absl::Status WriteMap(const World& w, OutputTree& tree);

}  // namespace skein::city
