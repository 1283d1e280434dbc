// One day of events: everyday life, and what the stories plant on that day.
//
// Shape     Everyday events of a day are a function of (world, day): days can be made in any order
// and
//           none has to be kept. They are a sample, not all of life: a phone is seen every twelfth
//           day.
// Order     Each list by time, then by its other columns, so that no tie is left to chance.
// Cost      One pass over phones, vehicles, accounts and tags; memory for one day's events.
#pragma once

#include "importers/city/world.h"

namespace skein::city {

// `day` counts from World::first_day, 0 … kWindowDays - 1.
Events EventsOfDay(const World& w, int32_t day);

// The passages of one drive: every camera on the way, `percent` of them seeing it. Stories drive
// with percent 100. `start` is the moment of leaving `way.front()`; `pace` per mille of the careful
// time.
struct Drive {
  int32_t vehicle = kNone;
  Seconds start = 0;
  int32_t pace = 1000;
  uint32_t per_mille_seen = 800;
};
void AddDrive(const World& w, const Drive& drive, const std::vector<int32_t>& way, Dice& dice,
              std::vector<Passage>* out);

}  // namespace skein::city
