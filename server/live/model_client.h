// ModelClient: a client of the live protocol by its rules, for tests of the room.
//
// It keeps confirmed state and pending ops and nothing else; docs/protocol/live.md R3 … R23.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/live/chart.h"

namespace skein::live {

class ModelClient {
 public:
  using Key = std::pair<std::string, std::string>;
  struct Confirmed {
    std::string value;  // JSON text
    int64_t seq = 0;
    bool operator==(const Confirmed&) const = default;
  };
  struct Pending {
    Op op;
    bool acked = false;
    int64_t acked_seq = 0;
  };

  explicit ModelClient(std::string person) : person_(std::move(person)) {}

  // A new connection: hello with since, then every pending op again (R20).
  std::vector<std::string> Connect();
  // Makes an edit; returns the text to send.
  std::string Edit(Op op);
  // One text from the server. False: the stream has a gap and the client must reconnect (R23).
  bool Receive(std::string_view text);

  const std::map<Key, Confirmed>& confirmed() const { return confirmed_; }
  const std::vector<Pending>& pending() const { return pending_; }
  std::optional<int64_t> seq() const { return seq_; }
  const std::map<std::string, std::string>& refused() const { return refused_; }
  const std::string& person() const { return person_; }
  // The view (R13): confirmed with pending on top; null values are absent.
  std::map<Key, std::string> View() const;
  int64_t BaseOf(const Key& key) const;

 private:
  bool ApplyEvent(const Json& event);
  void Settle();
  std::string OpsText(const std::vector<const Op*>& ops) const;

  std::string person_;
  std::map<Key, Confirmed> confirmed_;
  std::vector<Pending> pending_;
  std::optional<int64_t> seq_;
  std::map<std::string, std::string> refused_;  // op_id → code
};

}  // namespace skein::live
