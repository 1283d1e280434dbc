#include "tests/worlds/world.h"

#include <algorithm>
#include <optional>

#include "storage/base/status.h"
#include "storage/fusion/assertion.h"
#include "storage/kv/memory_store.h"

namespace skein::worlds {

namespace {

constexpr int kTimes = 12;
constexpr int64_t kMicros = 1'000'000;

int AnyPolicy(Dice& dice, int hidden_percent) {
  if (Chance(dice, hidden_percent)) return kFirstHidden + Draw(dice, kPolicies - kFirstHidden);
  return Chance(dice, 30) ? 1 : 0;
}

std::string OneOf(Dice& dice, std::initializer_list<const char*> texts) {
  return *(texts.begin() + Draw(dice, static_cast<int>(texts.size())));
}

NodePlan MakeNode(Dice& dice, int number, int hidden_percent) {
  NodePlan node;
  node.policy = AnyPolicy(dice, hidden_percent);
  const bool hidden = node.policy >= kFirstHidden;
  if (hidden && Chance(dice, 40)) node.labels.push_back("Secret");
  if (hidden && Chance(dice, 20)) node.labels.push_back("Aa");
  // In any order: the first name that is used gets the first number.
  const bool turned = Chance(dice, 50);
  for (const char* label : {turned ? "B" : "A", turned ? "A" : "B"}) {
    if (Chance(dice, 50)) node.labels.emplace_back(label);
  }
  if (hidden && Chance(dice, 50)) node.properties.emplace_back("codename", Value::String("Raven"));
  node.properties.emplace_back("i", Value::Integer(number));
  for (const char* key : {"p", "q"}) {
    if (Chance(dice, 75)) node.properties.emplace_back(key, Value::Integer(Draw(dice, 3)));
  }
  if (Chance(dice, 40)) {
    node.properties.emplace_back(
        "name",
        Value::String(OneOf(dice, {"Ann Lee", "Anna Li", "Bo Berg", "张伟", "Raven", "AB 12345"})));
  }
  return node;
}

LinkPlan MakeLink(Dice& dice, int nodes, int hidden_percent) {
  LinkPlan link;
  link.from = Draw(dice, nodes);
  link.to = Draw(dice, nodes);
  link.policy = AnyPolicy(dice, hidden_percent);
  const bool hidden = link.policy >= kFirstHidden;
  link.type = hidden && Chance(dice, 30) ? "INFORMS" : OneOf(dice, {"T", "T", "S", "S", "SEEN"});
  if (hidden && Chance(dice, 30)) link.properties.emplace_back("secretly", Value::Boolean(true));
  if (Chance(dice, 70)) link.properties.emplace_back("w", Value::Integer(Draw(dice, 3)));
  if (link.type == "SEEN" || Chance(dice, 60)) {
    link.time_s = Draw(dice, kTimes);
    link.properties.emplace_back("ts", Value::Integer(link.time_s));
  }
  return link;
}

// Builds one store, step by step.
class Builder {
 public:
  Builder(const WorldPlan& plan, bool with_hidden) : plan_(plan), with_hidden_(with_hidden) {}

  absl::StatusOr<World> Run() {
    out_.store = MakeMemoryStore();
    SKEIN_ASSIGN_OR_RETURN(out_.users, Graph::Open(*out_.store, {.space = GraphSpace::kUsers}));
    SKEIN_ASSIGN_OR_RETURN(out_.system, Graph::Open(*out_.store, {.space = GraphSpace::kSystem}));
    SKEIN_RETURN_IF_ERROR(Policies());
    if (plan_.indexes_first) SKEIN_RETURN_IF_ERROR(Schema());
    SKEIN_RETURN_IF_ERROR(Elements());
    SKEIN_RETURN_IF_ERROR(Assertions());
    SKEIN_RETURN_IF_ERROR(Deletions());
    if (!plan_.indexes_first) SKEIN_RETURN_IF_ERROR(Schema());
    SKEIN_ASSIGN_OR_RETURN(out_.engine, Engine::Create(*out_.users, *out_.system, {}));
    return std::move(out_);
  }

 private:
  absl::Status Policies() {
    policies_.push_back(kOpenPolicy);
    std::vector<PolicyId> visible;
    for (int p = 1; p < kPolicies; ++p) {
      if (p >= kFirstHidden && !with_hidden_) break;
      SKEIN_ASSIGN_OR_RETURN(
          const PolicyId id,
          out_.users->catalog().InternPolicy({.owner_unit = p < kFirstHidden ? "mine" : "other",
                                              .compartment = std::to_string(p),
                                              .handling_code = ""}));
      policies_.push_back(id);
      if (p < kFirstHidden) visible.push_back(id);
    }
    out_.viewer = Viewer::Of(visible);
    return absl::OkStatus();
  }

  absl::Status Schema() {
    Catalog& catalog = out_.users->catalog();
    SKEIN_ASSIGN_OR_RETURN(const LinkTypeId seen, catalog.InternLinkType("SEEN"));
    if (plan_.indexes_first) {
      SKEIN_RETURN_IF_ERROR(catalog.DeclareSightingType(seen));
      SKEIN_ASSIGN_OR_RETURN(const KeyId ts, catalog.InternKey("ts"));
      SKEIN_RETURN_IF_ERROR(out_.users->DeclareTimeKey(seen, ts, TimeUnit::kSeconds));
    }
    for (const auto& [label, key, kind] :
         {std::tuple("A", "p", IndexKind::kRange), std::tuple("B", "q", IndexKind::kRange),
          std::tuple("A", "i", IndexKind::kUnique), std::tuple("B", "i", IndexKind::kRange)}) {
      IndexInfo index;
      index.kind = kind;
      SKEIN_ASSIGN_OR_RETURN(index.label, catalog.InternLabel(label));
      SKEIN_ASSIGN_OR_RETURN(const KeyId id, catalog.InternKey(key));
      index.keys = {id};
      SKEIN_RETURN_IF_ERROR(out_.users->CreateIndex(index).status());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::pair<KeyId, Value>>> Keyed(const Properties& properties) {
    std::vector<std::pair<KeyId, Value>> out;
    for (const auto& [name, value] : properties) {
      SKEIN_ASSIGN_OR_RETURN(const KeyId key, out_.users->catalog().InternKey(name));
      out.emplace_back(key, value);
    }
    return out;
  }

  absl::Status Elements() {
    SKEIN_ASSIGN_OR_RETURN(auto t, out_.users->Begin(Viewer::All(), {}));
    out_.nodes.assign(plan_.nodes.size(), kNoNode);
    out_.links.assign(plan_.links.size(), kNoLink);
    for (size_t n = 0; n < plan_.nodes.size(); ++n) {
      const NodePlan& plan = plan_.nodes[n];
      if (plan.policy >= kFirstHidden && !with_hidden_) continue;
      NewNode node;
      for (const std::string& label : plan.labels) {
        SKEIN_ASSIGN_OR_RETURN(const LabelId id, out_.users->catalog().InternLabel(label));
        node.labels.push_back(id);
      }
      std::sort(node.labels.begin(), node.labels.end());
      SKEIN_ASSIGN_OR_RETURN(node.properties, Keyed(plan.properties));
      node.policy = policies_[static_cast<size_t>(plan.policy)];
      SKEIN_ASSIGN_OR_RETURN(out_.nodes[n], t->CreateNode(node));
      out_.node_numbers[out_.nodes[n]] = static_cast<int>(n);
    }
    for (size_t l = 0; l < plan_.links.size(); ++l) {
      const LinkPlan& plan = plan_.links[l];
      if (plan_.LinkHidden(plan) && !with_hidden_) continue;
      NewLink link;
      SKEIN_ASSIGN_OR_RETURN(link.type, out_.users->catalog().InternLinkType(plan.type));
      link.from = out_.nodes[static_cast<size_t>(plan.from)];
      link.to = out_.nodes[static_cast<size_t>(plan.to)];
      SKEIN_ASSIGN_OR_RETURN(link.properties, Keyed(plan.properties));
      if (plan.time_s >= 0) link.valid = {plan.time_s * kMicros, plan.time_s * kMicros};
      link.policy = policies_[static_cast<size_t>(plan.policy)];
      SKEIN_ASSIGN_OR_RETURN(out_.links[l], t->CreateLink(link));
      // Equal sightings are one: the number is that of the first.
      out_.link_numbers.try_emplace(out_.links[l], static_cast<int>(l));
    }
    return t->Commit().status();
  }

  absl::Status Assertions() {
    uint64_t id = 0;
    for (const AssertionPlan& plan : plan_.assertions) {
      ++id;
      const bool hidden =
          plan.policy >= kFirstHidden || plan_.NodeHidden(plan.a) || plan_.NodeHidden(plan.b);
      if (hidden && !with_hidden_) continue;
      WriteContext context;
      context.policy = policies_[static_cast<size_t>(plan.policy)];
      SKEIN_ASSIGN_OR_RETURN(auto t, out_.users->Begin(Viewer::All(), context));
      NewAssertion made;
      made.a = out_.nodes[static_cast<size_t>(plan.a)];
      made.b = out_.nodes[static_cast<size_t>(plan.b)];
      made.same = plan.same;
      made.id = id;
      SKEIN_RETURN_IF_ERROR(Assert(*t, Viewer::All(), made, 1).status());
      SKEIN_RETURN_IF_ERROR(t->Commit().status());
    }
    return absl::OkStatus();
  }

  absl::Status Deletions() {
    SKEIN_ASSIGN_OR_RETURN(auto t, out_.users->Begin(Viewer::All(), {}));
    for (const int l : plan_.deleted_links) {
      const LinkId id = out_.links[static_cast<size_t>(l)];
      if (id != kNoLink) SKEIN_RETURN_IF_ERROR(t->DeleteLink(id));
    }
    return t->Commit().status();
  }

  const WorldPlan& plan_;
  const bool with_hidden_;
  World out_;
  std::vector<PolicyId> policies_;
};

}  // namespace

WorldPlan MakeWorld(Dice& dice, bool large) {
  WorldPlan out;
  const int hidden_percent = 10 + Draw(dice, 40);
  const int nodes = large ? 2500 + Draw(dice, 2500) : 3 + Draw(dice, 18);
  const int links = large ? 2 * nodes : Draw(dice, 3 * nodes);
  for (int n = 0; n < nodes; ++n) out.nodes.push_back(MakeNode(dice, n, hidden_percent));
  for (int l = 0; l < links; ++l) {
    LinkPlan link = MakeLink(dice, nodes, hidden_percent / 2);
    // Everybody knows one of them.
    if (large && Chance(dice, 50)) (Chance(dice, 50) ? link.from : link.to) = nodes / 2;
    out.links.push_back(std::move(link));
  }
  if (large) out.nodes[static_cast<size_t>(nodes / 2)].policy = 0;
  for (int n = Draw(dice, nodes > 100 ? 40 : nodes); n > 0; --n) {
    AssertionPlan a;
    a.a = Draw(dice, nodes);
    a.b = Draw(dice, nodes);
    a.policy = AnyPolicy(dice, hidden_percent);
    a.same = !Chance(dice, 15);
    if (a.a != a.b) out.assertions.push_back(a);
  }
  for (int l = 0; l < links; ++l) {
    if (out.links[static_cast<size_t>(l)].type != "SEEN" && Chance(dice, 5)) {
      out.deleted_links.push_back(l);
    }
  }
  out.indexes_first = Chance(dice, 50);
  return out;
}

absl::StatusOr<World> Build(const WorldPlan& plan, bool with_hidden) {
  return Builder(plan, with_hidden).Run();
}

}  // namespace skein::worlds
