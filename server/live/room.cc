#include "server/live/room.h"

#include <algorithm>
#include <set>

#include "server/live/messages.h"
#include "storage/base/status.h"

namespace skein::live {
namespace {

JsonLimits MessageLimits(const RoomLimits& limits) {
  return {.bytes = limits.message_bytes, .depth = 16, .values = 20'000};
}

// Asks a projection about chart elements: notes by their target, free notes are open to all.
std::vector<uint8_t> VisibleElements(Projection* projection,
                                     std::span<const std::string_view> elements) {
  std::vector<uint8_t> visible(elements.size(), 0);
  std::vector<std::string_view> asked;
  std::vector<size_t> places;
  for (size_t i = 0; i < elements.size(); ++i) {
    const auto graph = GraphElement(elements[i]);
    if (!graph) continue;
    visible[i] = graph->empty() ? 1 : 0;
    if (graph->empty()) continue;
    asked.push_back(*graph);
    places.push_back(i);
  }
  if (asked.empty()) return visible;
  std::vector<uint8_t> answers;
  if (!projection->Visible(asked, &answers).ok() || answers.size() != asked.size()) return visible;
  for (size_t i = 0; i < places.size(); ++i) visible[places[i]] = answers[i];
  return visible;
}

}  // namespace

struct Room::Staging {
  std::vector<Event> events;
  std::vector<uint64_t> digests;
  std::map<std::pair<std::string, std::string>, int64_t> properties;  // → seq given here
  std::map<OpKey, size_t> op_ids;                                     // → place in events
  std::set<std::string> new_elements;
  std::vector<std::pair<std::string, int64_t>> acks;  // op_id, seq
  std::vector<Refusal> refusals;
};

Room::Room(std::string operation, std::string name, RoomLog& log, RoomLimits limits)
    : operation_(std::move(operation)), name_(std::move(name)), log_(log), limits_(limits) {}

absl::Status Room::Restore(std::string_view record) {
  SKEIN_ASSIGN_OR_RETURN(std::vector<Event> events, FromRecord(record));
  for (Event& event : events) {
    event.seq = seq_ + 1;
    Remember(event, OpDigest(event.element, event.property, event.value));
  }
  return absl::OkStatus();
}

void Room::Remember(const Event& event, uint64_t digest) {
  seq_ = event.seq;
  time_us_ = std::max(time_us_, event.time_us);
  known_[OpIdKey(event.person, event.op_id)] = {event.seq, digest};
  chart_.Apply(event);
  recent_.push_back(event);
  if (recent_.size() > limits_.resume_events) recent_.pop_front();
}

size_t Room::people() const {
  std::set<std::string_view> people;
  for (const auto& [id, c] : connections_) {
    if (c.ready) people.insert(c.member.person);
  }
  return people.size();
}

Outputs Room::Open(ConnectionId id, Member member, absl::Time now) {
  if (connections_.size() >= limits_.connections) {
    return {{id, nullptr, kCloseTooMany, "the operation has too many connections"}};
  }
  Connection& c = connections_[id];
  c.member = std::move(member);
  c.opened = now;
  c.tokens_at = now;
  c.op_tokens = limits_.ops_burst;
  c.presence_tokens = limits_.presence_per_second;
  return {};
}

Outputs Room::Receive(ConnectionId id, std::string_view text, absl::Time now) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return {};
  Connection& c = it->second;
  const auto json = Json::Parse(text, MessageLimits(limits_));
  if (!json.ok()) return Close(id, kCloseBadMessage, Message(json.status()));
  const Json* type = json->Find("type");
  if (type == nullptr || !type->is_string()) return Close(id, kCloseBadMessage, "no type");
  Outputs out;
  if (!c.ready) {
    if (type->string() != "hello") return Close(id, kCloseBadMessage, "hello comes first");
    Hello(id, c, *json, &out);
  } else if (type->string() == "ops") {
    Ops(id, c, *json, now, &out);
  } else if (type->string() == "presence") {
    Refill(c, now);
    SetPresence(id, c, *json, &out);
  } else {
    return Close(id, kCloseBadMessage, "a type that is not ops or presence");
  }
  return out;
}

Outputs Room::Leave(ConnectionId id) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return {};
  const bool known = it->second.ready;
  connections_.erase(it);
  Outputs out;
  if (!known) return out;
  const auto text = Shared(LeftText(id));
  for (const auto& [other, c] : connections_) {
    if (c.ready) out.push_back({other, text, 0, {}});
  }
  return out;
}

Outputs Room::Close(ConnectionId id, uint16_t close, std::string_view reason) {
  Outputs out = Leave(id);
  out.push_back({id, nullptr, close, std::string(reason)});
  return out;
}

Outputs Room::Tick(absl::Time now) {
  Outputs out;
  std::vector<ConnectionId> late;
  const bool beat = now >= next_beat_;
  if (beat) next_beat_ = now + limits_.beat;
  const auto text = beat ? Shared(BeatText(seq_)) : nullptr;
  for (auto& [id, c] : connections_) {
    if (!c.ready) {
      if (now - c.opened > limits_.hello) late.push_back(id);
      continue;
    }
    if (beat) out.push_back({id, text, 0, {}});
    if (c.presence_held) {
      c.presence_held = false;
      SendPresence(id, c, "presence", &out);
    }
  }
  for (const ConnectionId id : late) {
    for (Output& o : Close(id, kCloseBadMessage, "no hello in time")) out.push_back(std::move(o));
  }
  return out;
}

void Room::Refill(Connection& c, absl::Time now) const {
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - c.tokens_at));
  c.tokens_at = std::max(c.tokens_at, now);
  c.op_tokens = std::min(limits_.ops_burst, c.op_tokens + seconds * limits_.ops_per_second);
  c.presence_tokens = std::min(limits_.presence_per_second,
                               c.presence_tokens + seconds * limits_.presence_per_second);
}

void Room::Hello(ConnectionId id, Connection& c, const Json& message, Outputs* out) {
  const Json* protocol = message.Find("protocol");
  const Json* since = message.Find("since");
  if (protocol == nullptr || !protocol->is_integer() || protocol->integer() != 1 ||
      (since != nullptr && !since->is_null() && !since->is_integer())) {
    for (Output& o : Close(id, kCloseBadMessage, "hello needs protocol 1 and since")) {
      out->push_back(std::move(o));
    }
    return;
  }
  c.ready = true;
  const int64_t oldest = recent_.empty() ? seq_ + 1 : recent_.front().seq;
  const bool from_log = since != nullptr && since->is_integer() && since->integer() <= seq_ &&
                        since->integer() >= 0 && since->integer() + 1 >= oldest;
  SendWelcome(id, c, from_log, out);
  if (from_log) {
    SendLog(id, c, since->integer(), out);
  } else {
    SendSnapshot(id, c, out);
  }
  SendPresence(id, c, "joined", out);
}

void Room::SendWelcome(ConnectionId id, Connection& c, bool from_log, Outputs* out) {
  std::vector<PresenceView> people;
  for (const auto& [other, o] : connections_) {
    if (!o.ready) continue;
    PresenceView view{other, &o.member, &o.presence.cursor, {}, {}};
    std::vector<std::string_view> elements(o.presence.selection.begin(),
                                           o.presence.selection.end());
    if (!o.presence.editing.empty()) elements.push_back(o.presence.editing);
    const auto visible = VisibleElements(c.member.projection, elements);
    for (size_t i = 0; i < o.presence.selection.size(); ++i) {
      if (visible[i] != 0) view.selection.push_back(elements[i]);
    }
    if (!o.presence.editing.empty() && visible.back() != 0) view.editing = o.presence.editing;
    people.push_back(std::move(view));
  }
  out->push_back({id,
                  Shared(WelcomeText({.operation = operation_,
                                      .name = name_,
                                      .open = open_,
                                      .seq = seq_,
                                      .connection = id,
                                      .you = &c.member,
                                      .from_log = from_log,
                                      .limits = &limits_},
                                     people)),
                  0,
                  {}});
}

void Room::SendSnapshot(ConnectionId id, Connection& c, Outputs* out) {
  std::vector<std::string_view> elements;
  for (const auto& [element, properties] : chart_.elements()) elements.push_back(element);
  const std::vector<uint8_t> visible = VisibleElements(c.member.projection, elements);
  SnapshotParts parts(seq_);
  size_t i = 0;
  for (const auto& [element, properties] : chart_.elements()) {
    if (visible[i++] == 0) continue;
    for (const auto& [property, entry] : properties) {
      if (!entry.value.is_null()) parts.Add(element, property, entry);
    }
  }
  for (std::string& text : parts.Finish()) out->push_back({id, Shared(std::move(text)), 0, {}});
}

void Room::SendLog(ConnectionId id, Connection& c, int64_t since, Outputs* out) {
  const auto first =
      recent_.begin() +
      static_cast<std::ptrdiff_t>(since + 1 - (seq_ - static_cast<int64_t>(recent_.size()) + 1));
  std::vector<std::string_view> elements;
  for (auto it = first; it != recent_.end(); ++it) elements.push_back(it->element);
  const std::vector<uint8_t> visible = VisibleElements(c.member.projection, elements);
  EventParts parts;
  size_t i = 0;
  for (auto it = first; it != recent_.end(); ++it) parts.Add(*it, visible[i++] != 0);
  for (std::string& text : parts.Finish()) out->push_back({id, Shared(std::move(text)), 0, {}});
}

void Room::Ops(ConnectionId id, Connection& c, const Json& message, absl::Time now, Outputs* out) {
  const Json* ops = message.Find("ops");
  if (ops == nullptr || !ops->is_array() || ops->array().empty() ||
      ops->array().size() > limits_.ops_per_message) {
    for (Output& o : Close(id, kCloseBadMessage, "ops needs 1 to 500 ops")) {
      out->push_back(std::move(o));
    }
    return;
  }
  Refill(c, now);
  std::vector<std::string_view> elements;
  for (const Json& op : ops->array()) {
    const Json* element = op.Find("element");
    elements.push_back(element != nullptr && element->is_string() ? element->string()
                                                                  : std::string_view());
  }
  const std::vector<uint8_t> visible = VisibleElements(c.member.projection, elements);
  Staging staging;
  for (size_t i = 0; i < elements.size(); ++i) {
    if (c.op_tokens < 1) {
      const Json* op_id = ops->array()[i].Find("op_id");
      staging.refusals.push_back({op_id != nullptr && op_id->is_string() ? op_id->string() : "",
                                  "slow_down", "too many edits; send it again in a moment"});
      continue;
    }
    c.op_tokens -= 1;
    Judge(c, ops->array()[i], visible[i] != 0, now, &staging);
  }
  Commit(id, &staging, out);
}

void Room::Judge(const Connection& c, const Json& json, bool visible, absl::Time now,
                 Staging* staging) {
  auto read = ReadOp(json);
  const Json* sent_id = json.Find("op_id");
  std::string op_id = sent_id != nullptr && sent_id->is_string() ? sent_id->string() : "";
  const auto refuse = [&](std::string_view code, std::string_view why, const Entry* current) {
    staging->refusals.push_back({op_id, code, std::string(why), current,
                                 current == nullptr ? "" : read->element,
                                 current == nullptr ? "" : read->property});
  };
  if (!read.ok()) return refuse("bad_op", Message(read.status()), nullptr);
  Op& op = *read;
  if (const absl::Status valid = ValidateOp(op); !valid.ok()) {
    return refuse("bad_op", Message(valid), nullptr);
  }
  const OpKey key = OpIdKey(c.member.person, op_id);
  const uint64_t digest = OpDigest(op.element, op.property, op.value);
  if (const auto known = known_.find(key); known != known_.end()) {
    if (known->second.digest != digest) {
      return refuse("op_id_reused", "this op_id was used for another edit", nullptr);
    }
    staging->acks.emplace_back(op_id, known->second.seq);
    return;
  }
  if (const auto twin = staging->op_ids.find(key); twin != staging->op_ids.end()) {
    if (staging->digests[twin->second] != digest) {
      return refuse("op_id_reused", "this op_id was used for another edit", nullptr);
    }
    return;  // its event confirms both
  }
  if (!open_) return refuse("closed", "the operation is closed", nullptr);
  if (!visible) return refuse("not_found", "no such element", nullptr);
  const Entry* current = chart_.Find(op.element, op.property);
  const auto staged = staging->properties.find({op.element, op.property});
  const int64_t stands = staged != staging->properties.end() ? staged->second
                         : current != nullptr                ? current->seq
                                                             : 0;
  if ((op.undo || IsTextProperty(op.property)) && stands != op.base) {
    return refuse("stale", "changed by someone else meanwhile", current);
  }
  const bool new_element =
      !chart_.Contains(op.element) && !staging->new_elements.contains(op.element);
  const auto pending = static_cast<int64_t>(staging->events.size());
  if (seq_ + pending >= limits_.events ||
      (new_element &&
       chart_.elements().size() + staging->new_elements.size() >= limits_.elements) ||
      (stands == 0 && chart_.entries() + staging->properties.size() >= limits_.entries)) {
    return refuse("full", "the operation's chart is full", nullptr);
  }
  const int64_t seq = seq_ + pending + 1;
  if (new_element) staging->new_elements.insert(op.element);
  staging->properties[{op.element, op.property}] = seq;
  staging->op_ids[key] = staging->events.size();
  staging->digests.push_back(digest);
  staging->events.push_back({seq, std::move(op_id), c.member.person, c.member.unit,
                             std::max(time_us_, absl::ToUnixMicros(now)), std::move(op.element),
                             std::move(op.property), std::move(op.value)});
}

void Room::Commit(ConnectionId id, Staging* staging, Outputs* out) {
  if (!staging->events.empty()) {
    if (!log_.Append(ToRecord(staging->events)).ok()) {
      for (const Event& event : staging->events) {
        staging->refusals.push_back(
            {event.op_id, "log_unavailable", "the edit could not be written"});
      }
      staging->events.clear();
    }
  }
  for (size_t i = 0; i < staging->events.size(); ++i) {
    Remember(staging->events[i], staging->digests[i]);
  }
  if (!staging->events.empty()) Broadcast(staging->events, out);
  if (!staging->acks.empty()) out->push_back({id, Shared(AcksText(staging->acks)), 0, {}});
  if (!staging->refusals.empty()) {
    out->push_back({id, Shared(RefusedText(staging->refusals)), 0, {}});
  }
}

void Room::Broadcast(std::span<const Event> events, Outputs* out) {
  std::vector<std::string_view> elements;
  for (const Event& event : events) elements.push_back(event.element);
  // Most recipients see everything: they share one text.
  std::vector<std::shared_ptr<const std::string>> whole;
  for (const auto& [id, c] : connections_) {
    if (!c.ready) continue;
    const std::vector<uint8_t> visible = VisibleElements(c.member.projection, elements);
    const bool all = std::find(visible.begin(), visible.end(), 0) == visible.end();
    if (all && !whole.empty()) {
      for (const auto& text : whole) out->push_back({id, text, 0, {}});
      continue;
    }
    EventParts parts;
    for (size_t i = 0; i < events.size(); ++i) parts.Add(events[i], visible[i] != 0);
    for (std::string& part : parts.Finish()) {
      auto text = Shared(std::move(part));
      if (all) whole.push_back(text);
      out->push_back({id, std::move(text), 0, {}});
    }
  }
}

void Room::SetPresence(ConnectionId id, Connection& c, const Json& message, Outputs* out) {
  auto presence = ReadPresence(message);
  if (!presence.ok()) {
    for (Output& o : Close(id, kCloseBadMessage, Message(presence.status()))) {
      out->push_back(std::move(o));
    }
    return;
  }
  c.presence = {std::move(presence->cursor), std::move(presence->selection),
                std::move(presence->editing)};
  if (c.presence_tokens < 1) {
    c.presence_held = true;
    return;
  }
  c.presence_tokens -= 1;
  c.presence_held = false;
  SendPresence(id, c, "presence", out);
}

void Room::SendPresence(ConnectionId id, const Connection& c, std::string_view type, Outputs* out) {
  std::vector<std::string_view> elements(c.presence.selection.begin(), c.presence.selection.end());
  if (!c.presence.editing.empty()) elements.push_back(c.presence.editing);
  for (const auto& [other, o] : connections_) {
    if (!o.ready || other == id) continue;
    PresenceView view{id, &c.member, &c.presence.cursor, {}, {}};
    const std::vector<uint8_t> visible = VisibleElements(o.member.projection, elements);
    for (size_t i = 0; i < c.presence.selection.size(); ++i) {
      if (visible[i] != 0) view.selection.push_back(elements[i]);
    }
    if (!c.presence.editing.empty() && visible.back() != 0) view.editing = c.presence.editing;
    out->push_back({other, Shared(PresenceText(type, view)), 0, {}});
  }
}

}  // namespace skein::live
