#include "server/live/hub.h"

#include <set>
#include <vector>

#include "storage/base/status.h"

namespace skein::live {

absl::Status Hub::Log::Append(std::string_view record) { return log_->Append(record).status(); }

absl::Status Hub::Replay(const RoomInfo& info, Live* live) {
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<HistoryLog> history,
                         HistoryLog::Open(store_, "live/" + info.operation));
  auto log = std::make_unique<Log>(std::move(history));
  auto room = std::make_unique<Room>(info.operation, info.name, *log, limits_);
  for (uint64_t next = 1;;) {
    SKEIN_ASSIGN_OR_RETURN(const std::vector<HistoryEntry> page, log->history().Read(next, 1000));
    if (page.empty()) break;
    for (const HistoryEntry& entry : page) {
      SKEIN_RETURN_IF_ERROR(
          Annotate(room->Restore(entry.record),
                   "log live/" + info.operation + ", record " + std::to_string(entry.sequence)));
    }
    next = page.back().sequence + 1;
  }
  live->log = std::move(log);
  live->room = std::move(room);
  return absl::OkStatus();
}

absl::StatusOr<ConnectionId> Hub::Join(const RoomInfo& info, Member member,
                                       std::unique_ptr<Projection> projection,
                                       std::shared_ptr<Peer> peer) {
  std::shared_ptr<Live> live;
  ConnectionId id = 0;
  {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Live>& slot = rooms_[info.operation];
    if (slot == nullptr) slot = std::make_shared<Live>();
    live = slot;
    id = ++last_id_;
    by_connection_[id] = live;
  }
  const std::lock_guard lock(live->mutex);
  if (live->room == nullptr) {
    if (const absl::Status replayed = Replay(info, live.get()); !replayed.ok()) {
      const std::lock_guard hub(mutex_);
      by_connection_.erase(id);
      return replayed;
    }
  }
  live->room->SetOpen(info.open);
  live->room->SetName(info.name);
  member.projection = projection.get();
  live->connected[id] = {std::move(peer), std::move(projection), member.unit, member.person};
  Deliver(live.get(), live->room->Open(id, std::move(member), clock_.Now()));
  return id;
}

std::shared_ptr<Hub::Live> Hub::Find(ConnectionId id) {
  const std::lock_guard lock(mutex_);
  const auto it = by_connection_.find(id);
  return it == by_connection_.end() ? nullptr : it->second;
}

void Hub::Receive(ConnectionId id, std::string_view text) {
  const std::shared_ptr<Live> live = Find(id);
  if (live == nullptr) return;
  const std::lock_guard lock(live->mutex);
  if (live->room == nullptr) return;
  Deliver(live.get(), live->room->Receive(id, text, clock_.Now()));
}

void Hub::Leave(ConnectionId id) {
  const std::shared_ptr<Live> live = Find(id);
  if (live == nullptr) return;
  {
    const std::lock_guard lock(live->mutex);
    if (live->room != nullptr) Deliver(live.get(), live->room->Leave(id));
    live->connected.erase(id);
  }
  const std::lock_guard lock(mutex_);
  by_connection_.erase(id);
}

void Hub::Tick() {
  std::vector<std::shared_ptr<Live>> rooms;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = rooms_.begin(); it != rooms_.end();) {
      // Nobody else holds it and nobody is in it: its log is the room.
      if (it->second.use_count() == 1) {
        it = rooms_.erase(it);
      } else {
        rooms.push_back(it++->second);
      }
    }
  }
  for (const auto& live : rooms) {
    const std::lock_guard lock(live->mutex);
    if (live->room != nullptr) Deliver(live.get(), live->room->Tick(clock_.Now()));
  }
}

void Hub::Deliver(Live* live, const Outputs& outputs) {
  for (const Output& output : outputs) {
    const auto it = live->connected.find(output.to);
    if (it == live->connected.end()) continue;
    if (output.text != nullptr) it->second.peer->Send(output.text);
    if (output.close != 0) it->second.peer->Close(output.close, output.reason);
  }
}

void Hub::Update(const RoomInfo& info) {
  std::shared_ptr<Live> live;
  {
    const std::lock_guard lock(mutex_);
    const auto it = rooms_.find(info.operation);
    if (it == rooms_.end()) return;
    live = it->second;
  }
  const std::lock_guard lock(live->mutex);
  if (live->room == nullptr) return;
  live->room->SetOpen(info.open);
  live->room->SetName(info.name);
}

void Hub::CloseIf(const std::string& operation, const std::function<bool(const Member&)>& pick,
                  uint16_t code, std::string_view reason) {
  std::shared_ptr<Live> live;
  {
    const std::lock_guard lock(mutex_);
    const auto it = rooms_.find(operation);
    if (it == rooms_.end()) return;
    live = it->second;
  }
  const std::lock_guard lock(live->mutex);
  if (live->room == nullptr) return;
  std::vector<ConnectionId> picked;
  for (const auto& [id, connected] : live->connected) {
    if (pick({connected.person, "", connected.unit, nullptr})) picked.push_back(id);
  }
  for (const ConnectionId id : picked) Deliver(live.get(), live->room->Close(id, code, reason));
}

size_t Hub::People(const std::string& operation) {
  std::shared_ptr<Live> live;
  {
    const std::lock_guard lock(mutex_);
    const auto it = rooms_.find(operation);
    if (it == rooms_.end()) return 0;
    live = it->second;
  }
  const std::lock_guard lock(live->mutex);
  return live->room == nullptr ? 0 : live->room->people();
}

}  // namespace skein::live
