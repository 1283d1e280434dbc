#include "server/live/model_client.h"

#include <algorithm>

namespace skein::live {
namespace {

std::string TextOf(const Json& value) {
  JsonWriter out;
  out.Tree(value);
  return out.Take();
}

}  // namespace

std::string ModelClient::OpsText(const std::vector<const Op*>& ops) const {
  JsonWriter out;
  out.BeginObject().Member("type", "ops").Key("ops").BeginArray();
  for (const Op* op : ops) {
    out.BeginObject().Member("op_id", op->op_id).Member("element", op->element);
    out.Member("property", op->property).Key("value").Tree(op->value).Member("base", op->base);
    if (op->undo) out.Member("undo", true);
    out.EndObject();
  }
  out.EndArray().EndObject();
  return out.Take();
}

std::vector<std::string> ModelClient::Connect() {
  JsonWriter hello;
  hello.BeginObject().Member("type", "hello").Member("protocol", int64_t{1});
  hello.Member("client", "t").Key("since");
  seq_ ? hello.Integer(*seq_) : hello.Null();
  hello.EndObject();
  std::vector<std::string> texts = {hello.Take()};
  std::vector<const Op*> ops;
  for (const Pending& p : pending_) ops.push_back(&p.op);
  if (!ops.empty()) texts.push_back(OpsText(ops));
  return texts;
}

std::string ModelClient::Edit(Op op) {
  pending_.push_back({std::move(op)});
  return OpsText({&pending_.back().op});
}

int64_t ModelClient::BaseOf(const Key& key) const {
  const auto it = confirmed_.find(key);
  return it == confirmed_.end() ? 0 : it->second.seq;
}

bool ModelClient::ApplyEvent(const Json& event) {
  const int64_t seq = event.Find("seq")->integer();
  if (seq <= *seq_) return true;
  if (seq != *seq_ + 1) return false;
  seq_ = seq;
  if (event.Find("redacted") != nullptr) return true;
  confirmed_[{event.Find("element")->string(), event.Find("property")->string()}] = {
      TextOf(*event.Find("value")), seq};
  if (event.Find("person")->string() == person_) {
    const std::string& op_id = event.Find("op_id")->string();
    std::erase_if(pending_, [&](const Pending& p) { return p.op.op_id == op_id; });
  }
  return true;
}

// Acked ops stay pending until the confirmed state has reached their seq (R21).
void ModelClient::Settle() {
  std::erase_if(pending_,
                [&](const Pending& p) { return p.acked && seq_ && *seq_ >= p.acked_seq; });
}

bool ModelClient::Receive(std::string_view text) {
  const auto json = Json::Parse(text);
  if (!json.ok()) return false;
  const std::string& type = json->Find("type")->string();
  if (type == "snapshot") {
    if (json->Find("part")->integer() == 1) confirmed_.clear();
    seq_ = json->Find("seq")->integer();
    for (const Json& e : json->Find("entries")->array()) {
      confirmed_[{e.Find("element")->string(), e.Find("property")->string()}] = {
          TextOf(*e.Find("value")), e.Find("seq")->integer()};
    }
  } else if (type == "events") {
    for (const Json& event : json->Find("events")->array()) {
      if (!ApplyEvent(event)) return false;
    }
  } else if (type == "acks") {
    for (const Json& ack : json->Find("acks")->array()) {
      for (Pending& p : pending_) {
        if (p.op.op_id != ack.Find("op_id")->string()) continue;
        p.acked = true;
        p.acked_seq = ack.Find("seq")->integer();
      }
    }
  } else if (type == "refused") {
    for (const Json& r : json->Find("refusals")->array()) {
      const std::string& op_id = r.Find("op_id")->string();
      refused_[op_id] = r.Find("code")->string();
      std::erase_if(pending_, [&](const Pending& p) { return p.op.op_id == op_id; });
    }
  }
  Settle();
  return true;
}

std::map<ModelClient::Key, std::string> ModelClient::View() const {
  std::map<Key, std::string> view;
  for (const auto& [key, c] : confirmed_) view[key] = c.value;
  for (const Pending& p : pending_) view[{p.op.element, p.op.property}] = TextOf(p.op.value);
  std::erase_if(view, [](const auto& item) { return item.second == "null"; });
  return view;
}

}  // namespace skein::live
