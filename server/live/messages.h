// Texts of the live protocol: writing what the room sends, reading what it keeps.
//
// Shape     docs/protocol/live.md. Snapshots and event lists are cut into texts of about 64 KiB, so
//           that no frame nears the limit of a client.
// Threads   Pure functions and value types.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/api/json.h"
#include "server/live/room.h"

namespace skein::live {

inline std::shared_ptr<const std::string> Shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// An op's identity (R21): 128 bits of SHA-256 over person and op_id; 64 over what it writes.
std::pair<uint64_t, uint64_t> OpIdKey(std::string_view person, std::string_view op_id);
uint64_t OpDigest(std::string_view element, std::string_view property, const Json& value);

struct Refusal {
  std::string op_id;
  std::string_view code;
  std::string message;
  const Entry* current = nullptr;
  std::string element = {}, property = {};  // of `current`
};
std::string RefusedText(const std::vector<Refusal>& refusals);
std::string AcksText(const std::vector<std::pair<std::string, int64_t>>& acks);
std::string BeatText(int64_t seq);
std::string LeftText(ConnectionId id);

// A connection as another one may see it.
struct PresenceView {
  ConnectionId connection = 0;
  const Member* member = nullptr;
  const Json* cursor = nullptr;
  std::vector<std::string_view> selection;
  std::string_view editing;
};
// `type` is "presence" or "joined".
std::string PresenceText(std::string_view type, const PresenceView& view);

struct PresenceMessage {
  Json cursor;
  std::vector<std::string> selection;
  std::string editing;
};
absl::StatusOr<PresenceMessage> ReadPresence(const Json& message);

struct Welcome {
  std::string_view operation, name;
  bool open = true;
  int64_t seq = 0;
  ConnectionId connection = 0;
  const Member* you = nullptr;
  bool from_log = false;
  const RoomLimits* limits = nullptr;
};
std::string WelcomeText(const Welcome& welcome, const std::vector<PresenceView>& people);

// Collects entries and cuts them into numbered parts; an empty chart is one empty part (R5).
class SnapshotParts {
 public:
  explicit SnapshotParts(int64_t seq) : seq_(seq) {}
  void Add(std::string_view element, std::string_view property, const Entry& entry);
  std::vector<std::string> Finish();

 private:
  int64_t seq_;
  std::vector<std::vector<std::string>> parts_{1};
  size_t bytes_ = 0;
};

// Collects events, redacted where they are hidden (R24); nothing collected is no text.
class EventParts {
 public:
  void Add(const Event& event, bool visible);
  std::vector<std::string> Finish();

 private:
  std::vector<std::string> parts_;
};

}  // namespace skein::live
