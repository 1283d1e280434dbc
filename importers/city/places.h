// The ground: crossings, sensors, hotels, addresses, firms, and the ways between crossings.
//
// Shape     A grid of avenues and roads 700 m apart (12 × 10 at scale 1), and 38 km west of it a
// township
//           of 3 × 3, joined by one expressway without cameras between.
#pragma once

#include <cstdint>
#include <vector>

#include "importers/city/prng.h"
#include "importers/city/world.h"

namespace skein::city {

inline constexpr double kExpresswayKmH = 88;

// Fills districts, crossings, sensors, hotels, addresses and firms of an empty world.
void BuildPlaces(World& w);

// Crossings from `a` to `b`, both included: along the roads first or along the avenues first.
std::vector<int32_t> Way(const World& w, int32_t a, int32_t b, bool roads_first);
// Seconds a careful driver needs from one crossing of a way to the next.
Seconds LegTime(const World& w, int32_t a, int32_t b);

int32_t CrossingOf(const World& w, int32_t column, int32_t row);
int32_t TownCrossing(const World& w, int32_t column, int32_t row);
// A spot some metres off a crossing.
Spot Near(Dice& dice, Spot spot, int32_t metres);

}  // namespace skein::city
