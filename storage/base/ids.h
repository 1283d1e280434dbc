// Identifiers, each a distinct type so that one cannot be passed for another.
//
// All are plain integers on disk. Node, link and sighting ids are for life: never reused, never
// renumbered. They leave the engine only enciphered (storage/keys/element_id.h).
#pragma once

#include <cstdint>
#include <functional>
#include <limits>

namespace skein {

enum class NodeId : uint64_t {};   // one source's entity; fusion never rewrites it
enum class LinkId : uint64_t {};   // (batch << 32 | row): identity and provenance in one column
enum class LabelId : uint32_t {};  // interned label of nodes
enum class LinkTypeId : uint32_t {
};                               // interned type of links; sightings are links of a sighting type
enum class KeyId : uint32_t {};  // interned property key
enum class PolicyId : uint32_t {};  // interned (owner unit, compartment, handling code)
enum class BatchId : uint32_t {};   // one import run or one writing transaction's origin
enum class SourceId : uint32_t {};  // one source of records, as its mapping names it
enum class Version : uint64_t {};   // commit version: max(last + 1, now in µs since 1970)

template <typename Id>
constexpr uint64_t Raw(Id id) {
  return static_cast<uint64_t>(id);
}

inline constexpr NodeId kNoNode{std::numeric_limits<uint64_t>::max()};
inline constexpr LinkId kNoLink{std::numeric_limits<uint64_t>::max()};
inline constexpr PolicyId kOpenPolicy{0};  // visible to every viewer

// Microseconds since 1970-01-01T00:00:00Z. Valid time is [from, to).
using TimeUs = int64_t;
inline constexpr TimeUs kTimeMin = std::numeric_limits<int64_t>::min();
inline constexpr TimeUs kTimeMax = std::numeric_limits<int64_t>::max();

// Half-open interval of valid time; the default holds everything.
struct ValidTime {
  TimeUs from = kTimeMin;
  TimeUs to = kTimeMax;
  bool operator==(const ValidTime&) const = default;
};

}  // namespace skein
