// Session: the state machine of one Bolt connection. No socket, no clock.
//
// Use       The transport hands whole messages to Receive() and calls Run() until it says kIdle,
//           sending what Run() appended to `out` (already chunked). Run() stops early when `out`
//           has kOutputHigh bytes, so that a slow reader costs a bounded buffer and no thread.
// Reset     RESET overtakes the queue: Receive() cancels the running statement at once, what was
//           queued before it is answered IGNORED.
// Streams   In an explicit transaction several results may be open; PULL and DISCARD name one by
//           its qid, −1 is the last. Outside there is one.
// Access    Mode "r" refuses statements that write; tx_timeout shortens the server's own limit;
//           impersonation is refused.
// Errors    A protocol error (undecodable message, message out of place) ends the session: Run()
//           returns kClosed after appending the FAILURE.
// Threads   Receive() on the transport's thread, Run() on one worker at a time; they may overlap.
// Source    https://neo4j.com/docs/bolt/current/bolt/message/ and .../server-state/
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "query/engine/engine.h"
#include "server/bolt/backend.h"
#include "server/bolt/failure.h"
#include "server/bolt/packstream.h"
#include "server/bolt/stream.h"

namespace skein::bolt {

struct ProtocolVersion {
  int major = 5;
  int minor = 0;
  bool AtLeast(int a, int b) const { return major > a || (major == a && minor >= b); }
};

// The version to answer a handshake's four proposals with; nullopt: none in common. `proposals` are
// the 16 bytes after the magic 60 60 B0 17.
std::optional<ProtocolVersion> Negotiate(std::string_view proposals);

class Session {
 public:
  enum class Progress : uint8_t {
    kIdle,        // nothing to do until Receive()
    kOutputFull,  // send, then call Run() again
    kClosed,      // send, then close
  };

  static constexpr size_t kOutputHigh = size_t{256} << 10;
  static constexpr size_t kQueueMax = 256;   // pipelined messages
  static constexpr size_t kStreamsMax = 64;  // open results of one transaction
  static constexpr size_t kMessageBytesBeforeSignIn = 4 << 10;
  static constexpr size_t kMessageBytesMax = size_t{16} << 20;

  // Borrows the backend. `id` names the connection in metadata; `address` is what the client
  // dialled.
  Session(Backend& backend, ProtocolVersion version, std::string id, std::string address);
  ~Session();

  // One whole message. False: the queue is full or the message too large; close the connection.
  bool Receive(std::string message);
  Progress Run(std::string* out);
  // Messages wait; for the transport to tell whether Run() is wanted again.
  bool HasInput();
  // The client is gone: cancel what runs.
  void Abandon();
  bool signed_in() const { return signed_in_.load(); }

 private:
  enum class State : uint8_t {
    kNegotiation,
    kAuthentication,
    kReady,
    kStreaming,
    kFailed,
    kClosed
  };

  void Dispatch(const Message& message, std::string* out);
  absl::Status Handle(const Message& message, std::string* out);
  absl::Status Hello(const Message& message, std::string* out);
  absl::Status Logon(const Value& auth);
  absl::Status RunQuery(const Message& message, std::string* out);
  absl::Status StartPull(const Message& message, bool discard);
  absl::Status ContinuePull(std::string* out);
  absl::Status Begin(const Message& message, std::string* out);
  absl::Status Finish(bool commit, std::string* out);
  absl::Status Route(const Message& message, std::string* out);
  void Reset(std::string* out);
  absl::Status NeedConnection(const Value& extra);
  // Between them a RESET (or the client's going) cancels the connection.
  absl::Status EnterWork();
  void CancelWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LeaveWork();
  void EndOfStream(std::string* out);
  void WriteSummary(const QuerySummary& summary, std::string* out);

  void Success(std::string* out);
  void SuccessWith(std::string_view packed_map, std::string* out);
  void Ignored(std::string* out);
  void Failure(const absl::Status& status, std::string* out);
  void CloseStreams();

  Backend& backend_;
  const ProtocolVersion version_;
  const std::string id_;
  const std::string address_;

  absl::Mutex mutex_;
  std::deque<std::string> queue_ ABSL_GUARDED_BY(mutex_);
  int resets_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  Connection* working_ ABSL_GUARDED_BY(mutex_) = nullptr;  // what a RESET cancels
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;         // it has been: it serves no more
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<bool> signed_in_{false};

  // Touched by Run() alone.
  State state_ = State::kNegotiation;
  std::shared_ptr<const Principal> principal_;
  ConnectFor connected_for_;
  std::unique_ptr<Connection> connection_;
  std::vector<std::unique_ptr<Stream>> streams_;  // open ones, by age
  Stream* pulled_ = nullptr;                      // what PULL or DISCARD is at work on
  bool in_transaction_ = false;
  NotificationFilter wanted_notes_;  // as HELLO said
  NotificationFilter notes_now_;     // of the transaction, or of the statement outside one
  int64_t next_qid_ = 0;
  bool patch_utc_ = false;  // 4.4 with the date-times of Bolt 5
};

}  // namespace skein::bolt
