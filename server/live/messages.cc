#include "server/live/messages.h"

#include <openssl/sha.h>

#include <array>
#include <cmath>
#include <cstring>

#include "storage/base/status.h"

namespace skein::live {
namespace {

constexpr size_t kPartBytes = size_t{64} << 10;
constexpr size_t kSelectionMax = 200;

std::array<uint64_t, 4> Sha256(std::string_view text) {
  std::array<uint64_t, 4> words{};
  static_assert(sizeof words == SHA256_DIGEST_LENGTH);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> bytes{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes.data());
  std::memcpy(words.data(), bytes.data(), sizeof words);
  return words;
}

std::string ConnectionText(ConnectionId id) { return "c" + std::to_string(id); }

void WriteEntry(std::string_view element, std::string_view property, const Entry& entry,
                JsonWriter* out) {
  out->BeginObject().Member("element", element).Member("property", property);
  out->Key("value").Tree(entry.value).Member("seq", entry.seq).Member("person", entry.person);
  out->Member("unit", entry.unit).Member("time_us", entry.time_us).EndObject();
}

void WritePerson(const PresenceView& view, JsonWriter* out) {
  out->Member("connection", ConnectionText(view.connection));
  out->Member("person", view.member->person).Member("display_name", view.member->display_name);
  out->Member("unit", view.member->unit).Key("cursor").Tree(*view.cursor);
  out->Key("selection").BeginArray();
  for (const std::string_view element : view.selection) out->String(element);
  out->EndArray().Key("editing");
  view.editing.empty() ? out->Null() : out->String(view.editing);
}

}  // namespace

std::pair<uint64_t, uint64_t> OpIdKey(std::string_view person, std::string_view op_id) {
  std::string text(person);
  text.push_back('\0');
  const auto words = Sha256(text.append(op_id));
  return {words[0], words[1]};
}

uint64_t OpDigest(std::string_view element, std::string_view property, const Json& value) {
  JsonWriter out;
  out.BeginArray().String(element).String(property).Tree(value).EndArray();
  return Sha256(out.text())[0];
}

std::string RefusedText(const std::vector<Refusal>& refusals) {
  JsonWriter out;
  out.BeginObject().Member("type", "refused").Key("refusals").BeginArray();
  for (const Refusal& r : refusals) {
    out.BeginObject().Member("op_id", r.op_id).Member("code", r.code).Member("message", r.message);
    out.Key("current");
    r.current == nullptr ? (void)out.Null() : WriteEntry(r.element, r.property, *r.current, &out);
    out.EndObject();
  }
  out.EndArray().EndObject();
  return out.Take();
}

std::string AcksText(const std::vector<std::pair<std::string, int64_t>>& acks) {
  JsonWriter out;
  out.BeginObject().Member("type", "acks").Key("acks").BeginArray();
  for (const auto& [op_id, seq] : acks) {
    out.BeginObject().Member("op_id", op_id).Member("seq", seq).EndObject();
  }
  out.EndArray().EndObject();
  return out.Take();
}

std::string BeatText(int64_t seq) {
  JsonWriter out;
  out.BeginObject().Member("type", "beat").Member("seq", seq).EndObject();
  return out.Take();
}

std::string LeftText(ConnectionId id) {
  JsonWriter out;
  out.BeginObject().Member("type", "left").Member("connection", ConnectionText(id)).EndObject();
  return out.Take();
}

std::string PresenceText(std::string_view type, const PresenceView& view) {
  JsonWriter out;
  out.BeginObject().Member("type", type);
  WritePerson(view, &out);
  out.EndObject();
  return out.Take();
}

absl::StatusOr<PresenceMessage> ReadPresence(const Json& message) {
  PresenceMessage presence;
  if (const Json* cursor = message.Find("cursor"); cursor != nullptr && !cursor->is_null()) {
    const Json* x = cursor->Find("x");
    const Json* y = cursor->Find("y");
    if (x == nullptr || y == nullptr || !x->is_number() || !y->is_number()) {
      return InvalidArgument("a cursor needs numbers x and y");
    }
    presence.cursor = Json(Json::Object{{"x", Json(x->number())}, {"y", Json(y->number())}});
  }
  if (const Json* selection = message.Find("selection"); selection != nullptr) {
    if (!selection->is_array() || selection->array().size() > kSelectionMax) {
      return InvalidArgument("a selection is a list of at most ", kSelectionMax);
    }
    for (const Json& element : selection->array()) {
      if (!element.is_string() || !GraphElement(element.string())) {
        return InvalidArgument("a selection holds elements of the chart");
      }
      presence.selection.push_back(element.string());
    }
  }
  if (const Json* editing = message.Find("editing"); editing != nullptr && !editing->is_null()) {
    if (!editing->is_string() || !GraphElement(editing->string())) {
      return InvalidArgument("editing is an element of the chart");
    }
    presence.editing = editing->string();
  }
  return presence;
}

std::string WelcomeText(const Welcome& w, const std::vector<PresenceView>& people) {
  JsonWriter out;
  out.BeginObject().Member("type", "welcome").Member("protocol", int64_t{1});
  out.Member("operation", w.operation).Member("name", w.name);
  out.Member("state", w.open ? "open" : "closed").Member("seq", w.seq);
  out.Member("connection", ConnectionText(w.connection)).Key("you").BeginObject();
  out.Member("person", w.you->person).Member("display_name", w.you->display_name);
  out.Member("unit", w.you->unit).EndObject().Key("people").BeginArray();
  for (const PresenceView& view : people) {
    out.BeginObject();
    WritePerson(view, &out);
    out.EndObject();
  }
  out.EndArray().Member("resume", w.from_log ? "log" : "snapshot");
  out.Member("heartbeat_ms", absl::ToInt64Milliseconds(w.limits->beat)).Key("limits").BeginObject();
  out.Member("elements", static_cast<int64_t>(w.limits->elements));
  out.Member("ops_per_message", static_cast<int64_t>(w.limits->ops_per_message));
  out.Member("message_bytes", static_cast<int64_t>(w.limits->message_bytes));
  out.EndObject().EndObject();
  return out.Take();
}

void SnapshotParts::Add(std::string_view element, std::string_view property, const Entry& entry) {
  JsonWriter out;
  WriteEntry(element, property, entry, &out);
  if (bytes_ > 0 && bytes_ + out.size() > kPartBytes) {
    parts_.emplace_back();
    bytes_ = 0;
  }
  bytes_ += out.size();
  parts_.back().push_back(out.Take());
}

std::vector<std::string> SnapshotParts::Finish() {
  std::vector<std::string> texts;
  for (size_t i = 0; i < parts_.size(); ++i) {
    JsonWriter out;
    out.BeginObject().Member("type", "snapshot").Member("seq", seq_);
    out.Member("part", static_cast<int64_t>(i + 1));
    out.Member("parts", static_cast<int64_t>(parts_.size())).Key("entries").BeginArray();
    for (const std::string& entry : parts_[i]) out.Raw(entry);
    out.EndArray().EndObject();
    texts.push_back(out.Take());
  }
  return texts;
}

void EventParts::Add(const Event& event, bool visible) {
  JsonWriter out;
  out.BeginObject().Member("seq", event.seq);
  if (visible) {
    out.Member("op_id", event.op_id).Member("person", event.person).Member("unit", event.unit);
    out.Member("time_us", event.time_us).Member("element", event.element);
    out.Member("property", event.property).Key("value").Tree(event.value);
  } else {
    out.Member("redacted", true);
  }
  out.EndObject();
  if (parts_.empty() || parts_.back().size() + out.size() > kPartBytes) {
    parts_.emplace_back();
  } else {
    parts_.back().push_back(',');
  }
  parts_.back().append(out.text());
}

std::vector<std::string> EventParts::Finish() {
  for (std::string& part : parts_) part = R"({"type":"events","events":[)" + part + "]}";
  return std::move(parts_);
}

std::string ToRecord(std::span<const Event> events) {
  const Event& first = events.front();
  JsonWriter out;
  out.BeginObject().Member("person", first.person).Member("unit", first.unit);
  out.Member("time_us", first.time_us).Key("events").BeginArray();
  for (const Event& event : events) {
    out.BeginObject().Member("op_id", event.op_id).Member("element", event.element);
    out.Member("property", event.property).Key("value").Tree(event.value).EndObject();
  }
  out.EndArray().EndObject();
  return out.Take();
}

absl::StatusOr<std::vector<Event>> FromRecord(std::string_view record) {
  const auto json = Json::Parse(record);
  if (!json.ok()) return DataLoss("a live record does not parse: ", Message(json.status()));
  const auto text = [](const Json& object, std::string_view key, std::string* out) {
    const Json* v = object.Find(key);
    if (v == nullptr || !v->is_string()) return false;
    *out = v->string();
    return true;
  };
  Event event;
  const Json* time = json->Find("time_us");
  const Json* ops = json->Find("events");
  if (!text(*json, "person", &event.person) || !text(*json, "unit", &event.unit) ||
      time == nullptr || !time->is_integer() || ops == nullptr || !ops->is_array()) {
    return DataLoss("a live record lacks a field");
  }
  event.time_us = time->integer();
  std::vector<Event> events;
  for (const Json& op : ops->array()) {
    const Json* value = op.Find("value");
    if (!text(op, "op_id", &event.op_id) || !text(op, "element", &event.element) ||
        !text(op, "property", &event.property) || value == nullptr) {
      return DataLoss("an event of a live record lacks a field");
    }
    event.value = *value;
    events.push_back(event);
  }
  return events;
}

}  // namespace skein::live
