#include "server/http/render.h"

namespace skein::http {
namespace {

void WriteTime(TimeUs time, JsonWriter* out) {
  time == kTimeMin || time == kTimeMax ? out->Null() : out->Integer(time);
}

void WriteValid(const ValidTime& valid, JsonWriter* out) {
  out->Key("valid").BeginObject().Key("from_us");
  WriteTime(valid.from, out);
  out->Key("to_us");
  WriteTime(valid.to, out);
  out->EndObject();
}

void WriteTexts(const std::vector<std::string>& texts, JsonWriter* out) {
  out->BeginArray();
  for (const std::string& text : texts) out->String(text);
  out->EndArray();
}

void WriteSource(const FactSource& source, JsonWriter* out) {
  const Batch& b = source.batch;
  out->BeginObject().Member("batch", static_cast<int64_t>(Raw(b.id))).Member("source", b.source);
  out->Member("file", b.file).Member("row", int64_t{source.row});
  out->Member("received_us", b.received_us).Member("person", b.person);
  out->Member("case", b.case_number).EndObject();
}

}  // namespace

ElementIds IdsOf(Engine& engine) {
  Graph& graph = engine.users();
  return {[&graph](NodeId id) { return graph.EncodeElementId(id); },
          [&graph](LinkId id) { return graph.EncodeElementId(id); },
          [&graph](int64_t id) { return graph.DecodeNodeId(id); },
          [&graph](int64_t id) { return graph.DecodeLinkId(id); }};
}

void WriteProperties(const ValueMap& properties, const ElementIds& ids, JsonWriter* out) {
  out->BeginObject();
  for (const auto& [key, value] : properties) {
    out->Key(key);
    WriteValue(value, ids, out);
  }
  out->EndObject();
}

void Write(const NodeCard& card, const ElementIds& ids, JsonWriter* out) {
  out->BeginObject().Member("id", NodeText(card.id)).Key("labels");
  WriteTexts(card.labels, out);
  out->Member("caption", card.caption).Key("properties");
  WriteProperties(card.properties, ids, out);
  WriteValid(card.valid, out);
  out->EndObject();
}

void Write(const LinkCard& card, const ElementIds& ids, JsonWriter* out) {
  out->BeginObject().Member("id", LinkText(card.id)).Member("type", card.type);
  out->Member("from", NodeText(card.from)).Member("to", NodeText(card.to));
  out->Member("sighting", card.sighting).Key("properties");
  WriteProperties(card.properties, ids, out);
  WriteValid(card.valid, out);
  out->EndObject();
}

void WriteRef(const NodeCard& card, JsonWriter* out) {
  out->BeginObject().Member("id", NodeText(card.id)).Key("labels");
  WriteTexts(card.labels, out);
  out->Member("caption", card.caption).EndObject();
}

void WriteMembers(const Cards& cards, const ElementIds& ids, JsonWriter* out) {
  out->Key("nodes").BeginArray();
  for (const NodeCard& card : cards.nodes) Write(card, ids, out);
  out->EndArray().Key("links").BeginArray();
  for (const LinkCard& card : cards.links) Write(card, ids, out);
  out->EndArray();
}

void Write(const ElementFacts& facts, const ElementIds& ids, JsonWriter* out) {
  out->BeginObject().Member("id", facts.node ? NodeText(facts.id) : LinkText(facts.id));
  out->Member("kind", facts.node ? "node" : "link").Member("caption", facts.caption);
  if (facts.node) {
    out->Key("labels");
    WriteTexts(facts.labels, out);
  } else {
    out->Member("type", facts.type).Member("sighting", facts.sighting).Key("from");
    WriteRef(facts.from, out);
    out->Key("to");
    WriteRef(facts.to, out);
  }
  out->Key("properties").BeginArray();
  for (const Fact& fact : facts.facts) {
    out->BeginObject().Member("key", fact.key).Key("value");
    WriteValue(fact.value, ids, out);
    out->Key("source");
    WriteSource(fact.source, out);
    out->EndObject();
  }
  out->EndArray();
  WriteValid(facts.valid, out);
  out->Key("policy").BeginObject().Member("owner_unit", facts.policy.owner_unit);
  out->Member("compartment", facts.policy.compartment);
  out->Member("handling_code", facts.policy.handling_code).EndObject().Key("source");
  WriteSource(facts.source, out);
  out->EndObject();
}

void Write(const ExpandAnswer& answer, const ElementIds& ids, JsonWriter* out) {
  out->BeginObject();
  WriteMembers(answer.cards, ids, out);
  out->Member("shown_links", static_cast<int64_t>(answer.cards.links.size()));
  out->Member("total_links", static_cast<int64_t>(answer.total_links));
  out->Member("total_neighbours", static_cast<int64_t>(answer.total_neighbours));
  out->Member("total_is_lower_bound", answer.lower_bound).EndObject();
}

void Write(const SightingCard& sighting, const ElementIds& ids, JsonWriter* out) {
  out->BeginObject().Member("link", LinkText(sighting.link.id));
  out->Member("type", sighting.link.type).Member("time_us", sighting.time_us).Key("until_us");
  WriteTime(sighting.link.valid.to, out);
  out->Key("sensor");
  WriteRef(sighting.sensor, out);
  out->Key("position");
  if (sighting.position) {
    out->BeginObject().Key("lat").Float(sighting.position->first);
    out->Key("lon").Float(sighting.position->second).EndObject();
  } else {
    out->Null();
  }
  out->Key("properties");
  WriteProperties(sighting.link.properties, ids, out);
  out->EndObject();
}

void Write(const Batch& batch, JsonWriter* out) {
  out->BeginObject().Member("batch", static_cast<int64_t>(Raw(batch.id)));
  out->Member("source", batch.source).Member("file", batch.file);
  out->Member("file_sha256", batch.file_sha256).Member("mapping", batch.mapping);
  out->Member("person", batch.person).Member("case", batch.case_number);
  out->Member("received_us", batch.received_us).Member("rows", static_cast<int64_t>(batch.rows));
  out->Member("published", batch.published).EndObject();
}

void Write(const auth::Access& access, JsonWriter* out) {
  const auth::Person& person = access.person;
  out->BeginObject().Key("person").BeginObject().Member("name", person.name);
  out->Member("display_name", person.display_name).Key("unit").BeginObject();
  out->Member("key", person.unit).Member("name", access.unit_name).EndObject().Key("roles");
  WriteTexts(person.roles, out);
  out->EndObject().Key("purpose");
  if (access.purpose) {
    out->BeginObject().Member("case", access.purpose->case_number);
    out->Member("basis", access.purpose->basis).Member("reason", access.purpose->reason);
    out->EndObject();
  } else {
    out->Null();
  }
  out->Member("sandbox", access.sandbox);
  // A sandbox's session has no end; the far future of the API is 2^53−1 µs.
  out->Member("expires_us", access.expires == absl::InfiniteFuture()
                                ? kJsonIntegerMax
                                : absl::ToUnixMicros(access.expires));
  out->EndObject();
}

void Write(const auth::Case& c, JsonWriter* out) {
  out->BeginObject().Member("number", c.number).Member("title", c.title).Member("unit", c.unit);
  out->Member("basis", c.basis).Member("state", c.open ? "open" : "closed");
  out->Member("opened_us", c.opened_us).EndObject();
}

void Write(const auth::AuditEntry& entry, JsonWriter* out) {
  out->BeginObject().Member("number", static_cast<int64_t>(entry.number));
  out->Member("time_us", entry.time_us).Member("person", entry.person).Member("unit", entry.unit);
  out->Member("case", entry.purpose.case_number).Member("basis", entry.purpose.basis);
  out->Member("reason", entry.purpose.reason).Member("action", entry.action);
  out->Member("what", entry.what).Member("hash", entry.hash).Member("result", entry.result);
  out->Member("verdict", auth::VerdictName(entry.verdict));
  if (entry.completes != 0) {
    out->Member("completes", static_cast<int64_t>(entry.completes));
    out->Member("answer_hash", entry.answer_hash);
  }
  out->EndObject();
}

}  // namespace skein::http
