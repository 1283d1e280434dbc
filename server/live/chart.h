// Chart: the shared state of one operation, and what may be written into it.
//
// Shape     (element, property) → {value, seq, person, unit, time}; docs/protocol/live.md, "What is
//           edited". Applying events in seq order is the only way to change it.
// Threads   None of its own: one user at a time.
// Cost      Look-ups are O(log n); a snapshot walks everything once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/api/json.h"

namespace skein::live {

// One edit as a client sends it (R8).
struct Op {
  std::string op_id;
  std::string element;
  std::string property;
  Json value;
  int64_t base = 0;
  bool undo = false;
};

// One accepted edit, as the log keeps it and everyone hears it (R12).
struct Event {
  int64_t seq = 0;
  std::string op_id;
  std::string person;
  std::string unit;
  int64_t time_us = 0;
  std::string element;
  std::string property;
  Json value;
};

// What stands under one (element, property). Values that are null are kept, so that `base` of a
// removed property can be compared, but no snapshot shows them.
struct Entry {
  Json value;
  int64_t seq = 0;
  std::string person;
  std::string unit;
  int64_t time_us = 0;
};

// The graph element an id stands for: itself for n… and l…, the target of an attached note; empty
// for a free note, which everybody sees. nullopt: not an id of the chart.
std::optional<std::string_view> GraphElement(std::string_view element);

// INVALID_ARGUMENT says which of element, property, value or op_id is not as the table says.
absl::Status ValidateOp(const Op& op);
absl::StatusOr<Op> ReadOp(const Json& json);

// `text` and `comment`: refused when they changed since `base` (R16).
bool IsTextProperty(std::string_view property);

class Chart {
 public:
  using Properties = std::map<std::string, Entry, std::less<>>;
  using Elements = std::map<std::string, Properties, std::less<>>;

  const Entry* Find(std::string_view element, std::string_view property) const;
  bool Contains(std::string_view element) const { return elements_.contains(element); }
  void Apply(const Event& event);

  // Ordered by (element, property).
  const Elements& elements() const { return elements_; }
  size_t entries() const { return entries_; }

 private:
  Elements elements_;
  size_t entries_ = 0;
};

}  // namespace skein::live
