// Hub: rooms with their logs, locks and peers; the thin shell around the state machine.
//
// Use       Join() opens (and at need replays) the operation's room; Receive() and Leave() pass on;
//           Tick() a few times a second.
// Order     Calls for one connection come one at a time; a room's Outputs reach its peers in the
//           room's order, because they are handed over under its lock and Peer::Send never blocks.
// Limits    Rooms without connections are dropped at the next Tick; tickets: 10,000, 30 s.
// Threads   Safe from any thread; rooms do not wait for each other.
// Lifetime  Borrows store and clock. A Peer and a Projection are kept until Leave().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/live/room.h"
#include "storage/base/clock.h"
#include "storage/history/history_log.h"

namespace skein::live {

// The other end of a connection; the socket, for the server. Neither call blocks.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual void Send(std::shared_ptr<const std::string> text) = 0;
  virtual void Close(uint16_t code, std::string_view reason) = 0;
};

// What a Join needs besides the member: the operation as it stands.
struct RoomInfo {
  std::string operation;
  std::string name;
  bool open = true;
};

class Hub {
 public:
  Hub(Store& store, Clock& clock, RoomLimits limits = {})
      : store_(store), clock_(clock), limits_(limits) {}

  // DATA_LOSS: the operation's log does not replay. The projection is kept with the connection.
  absl::StatusOr<ConnectionId> Join(const RoomInfo& info, Member member,
                                    std::unique_ptr<Projection> projection,
                                    std::shared_ptr<Peer> peer);
  void Receive(ConnectionId id, std::string_view text);
  void Leave(ConnectionId id);
  void Tick();

  // The operation was renamed, closed or reopened.
  void Update(const RoomInfo& info);
  // Closes the connections of the operation whose member the predicate picks.
  void CloseIf(const std::string& operation, const std::function<bool(const Member&)>& pick,
               uint16_t code, std::string_view reason);
  // Distinct people in the room now; 0 where nobody is.
  size_t People(const std::string& operation);

 private:
  class Log final : public RoomLog {
   public:
    explicit Log(std::unique_ptr<HistoryLog> log) : log_(std::move(log)) {}
    absl::Status Append(std::string_view record) override;
    HistoryLog& history() { return *log_; }

   private:
    std::unique_ptr<HistoryLog> log_;
  };
  struct Connected {
    std::shared_ptr<Peer> peer;
    std::unique_ptr<Projection> projection;
    std::string unit, person;
  };
  struct Live {
    std::mutex mutex;
    std::unique_ptr<Log> log;
    std::unique_ptr<Room> room;  // nullptr until it has been replayed
    std::map<ConnectionId, Connected> connected;
  };

  std::shared_ptr<Live> Find(ConnectionId id);
  absl::Status Replay(const RoomInfo& info, Live* live);
  void Deliver(Live* live, const Outputs& outputs);  // under live's lock

  Store& store_;
  Clock& clock_;
  const RoomLimits limits_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Live>> rooms_;
  std::map<ConnectionId, std::shared_ptr<Live>> by_connection_;
  ConnectionId last_id_ = 0;
};

}  // namespace skein::live
