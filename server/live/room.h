// Room: one operation's shared chart as a pure state machine; docs/protocol/live.md, R3 … R35.
//
// Shape     Calls go in (a connection joins, sends a text, leaves; time passes), Outputs come out
// in
//           the order in which they must be sent. No socket, no clock, no thread inside.
// Order     Events get the seqs 1, 2, 3, … without gaps, in the order of the log; one record holds
// the
//           accepted ops of one message.
// Durable   RoomLog::Append returns before any Output mentions the events (R10). When it fails, the
//           room is as it was before the message.
// Rights    A connection's Projection says which graph elements its person may see now.
// Errors    Never of a client's message: those are Outputs (a refusal, or a close).
// Threads   One at a time; the hub holds a lock. Lifetime: borrows the log and the Projections.
// Cost      An op is O(log entries) plus one Projection call a recipient and message.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/live/chart.h"

namespace skein::live {

// Where accepted events become durable.
class RoomLog {
 public:
  virtual ~RoomLog() = default;
  // Durable when it returns OK, and not there when it does not.
  virtual absl::Status Append(std::string_view record) = 0;
};

// What one connection's person may see; `elements` are n… and l… ids. out[i] = 1: exists and is
// visible. An error counts as hidden.
class Projection {
 public:
  virtual ~Projection() = default;
  virtual absl::Status Visible(std::span<const std::string_view> elements,
                               std::vector<uint8_t>* out) = 0;
};

struct Member {
  std::string person;
  std::string display_name;
  std::string unit;
  Projection* projection = nullptr;
};

using ConnectionId = uint64_t;

// A text to send, or (close != 0) the end of a connection.
struct Output {
  ConnectionId to = 0;
  std::shared_ptr<const std::string> text;
  uint16_t close = 0;
  std::string reason;
};
using Outputs = std::vector<Output>;

struct RoomLimits {
  size_t elements = 10'000;
  size_t entries = 60'000;
  int64_t events = 1'000'000;
  size_t connections = 200;
  size_t ops_per_message = 500;
  size_t resume_events = 5'000;
  size_t message_bytes = size_t{256} << 10;
  double ops_burst = 2'000;
  double ops_per_second = 200;
  double presence_per_second = 20;
  absl::Duration hello = absl::Seconds(10);
  absl::Duration beat = absl::Seconds(15);
};

inline constexpr uint16_t kCloseBadMessage = 4400;
inline constexpr uint16_t kCloseSessionEnded = 4401;
inline constexpr uint16_t kCloseNotMember = 4403;
inline constexpr uint16_t kCloseTooSlow = 4408;
inline constexpr uint16_t kCloseRightsChanged = 4409;
inline constexpr uint16_t kCloseTooMany = 4429;
inline constexpr uint16_t kCloseFault = 1011;
inline constexpr uint16_t kCloseGoingAway = 1001;

class Room {
 public:
  Room(std::string operation, std::string name, RoomLog& log, RoomLimits limits = {});

  // Rebuilds the room from its log, record by record in order, before anyone joins. DATA_LOSS: a
  // record that does not parse, by number.
  absl::Status Restore(std::string_view record);

  // A socket has opened; its hello must follow.
  Outputs Open(ConnectionId id, Member member, absl::Time now);
  Outputs Receive(ConnectionId id, std::string_view text, absl::Time now);
  // The socket is gone, or is being closed for `close`.
  Outputs Leave(ConnectionId id);
  Outputs Close(ConnectionId id, uint16_t close, std::string_view reason);
  // Beats, late hellos, presence held back; call it a few times a second.
  Outputs Tick(absl::Time now);

  void SetOpen(bool open) { open_ = open; }
  void SetName(std::string name) { name_ = std::move(name); }

  const Chart& chart() const { return chart_; }
  int64_t seq() const { return seq_; }
  size_t connections() const { return connections_.size(); }
  size_t people() const;

 private:
  struct Presence {
    Json cursor;
    std::vector<std::string> selection;
    std::string editing;
  };
  struct Connection {
    Member member;
    bool ready = false;  // hello answered
    absl::Time opened;
    double op_tokens = 0;
    double presence_tokens = 0;
    absl::Time tokens_at;
    Presence presence;
    bool presence_held = false;  // to be sent at the next tick
  };
  struct Known {  // an op that is in the log
    int64_t seq = 0;
    uint64_t digest = 0;
  };
  using OpKey = std::pair<uint64_t, uint64_t>;
  struct Staging;  // the ops of one message, judged but not yet durable

  void Hello(ConnectionId id, Connection& c, const Json& message, Outputs* out);
  void SendWelcome(ConnectionId id, Connection& c, bool from_log, Outputs* out);
  void SendSnapshot(ConnectionId id, Connection& c, Outputs* out);
  void SendLog(ConnectionId id, Connection& c, int64_t since, Outputs* out);
  void Ops(ConnectionId id, Connection& c, const Json& message, absl::Time now, Outputs* out);
  void Judge(const Connection& c, const Json& json, bool visible, absl::Time now, Staging* staging);
  void Commit(ConnectionId id, Staging* staging, Outputs* out);
  void Broadcast(std::span<const Event> events, Outputs* out);
  void SetPresence(ConnectionId id, Connection& c, const Json& message, Outputs* out);
  void SendPresence(ConnectionId id, const Connection& c, std::string_view type, Outputs* out);
  void Remember(const Event& event, uint64_t digest);
  void Refill(Connection& c, absl::Time now) const;

  std::string operation_;
  std::string name_;
  RoomLog& log_;
  RoomLimits limits_;
  bool open_ = true;
  Chart chart_;
  int64_t seq_ = 0;
  int64_t time_us_ = 0;
  std::deque<Event> recent_;  // the last resume_events
  absl::flat_hash_map<OpKey, Known> known_;
  std::map<ConnectionId, Connection> connections_;
  absl::Time next_beat_ = absl::InfinitePast();
};

// The log record of the events of one message, which share person, unit and time, and back. seq is
// not in it: it follows from the order.
std::string ToRecord(std::span<const Event> events);
absl::StatusOr<std::vector<Event>> FromRecord(std::string_view record);

}  // namespace skein::live
