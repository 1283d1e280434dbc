#include "tests/crash/script.h"

#include <vector>

#include "storage/base/status.h"
#include "storage/care/verify.h"

namespace skein {
namespace {

bool LosesFirstLink(uint64_t i) { return i % 3 == 0; }
uint64_t LinksOf(uint64_t i) { return i == 1 ? 0 : LosesFirstLink(i) ? 1 : 2; }
std::string NameOf(uint64_t i) { return "item number " + std::to_string(100'000 + i); }

}  // namespace

absl::StatusOr<std::unique_ptr<CrashScript>> CrashScript::Open(Store& store) {
  std::unique_ptr<CrashScript> script(new CrashScript(store));
  SKEIN_ASSIGN_OR_RETURN(script->graph_, Graph::Open(store, {.recent_bytes = 4000}));
  Graph& graph = *script->graph_;
  Catalog& catalog = graph.catalog();
  SKEIN_ASSIGN_OR_RETURN(script->item_, catalog.InternLabel("Item"));
  SKEIN_ASSIGN_OR_RETURN(script->hub_, catalog.InternLabel("Hub"));
  SKEIN_ASSIGN_OR_RETURN(script->before_, catalog.InternLinkType("BEFORE"));
  SKEIN_ASSIGN_OR_RETURN(script->half_, catalog.InternLinkType("HALF"));
  SKEIN_ASSIGN_OR_RETURN(script->n_, catalog.InternKey("n"));
  SKEIN_ASSIGN_OR_RETURN(script->name_, catalog.InternKey("name"));
  IndexInfo index;
  index.label = script->item_;
  index.keys = {script->n_};
  index.kind = IndexKind::kUnique;
  if (const auto found = catalog.FindIndex(index.label, index.keys, index.kind)) {
    script->index_ = found->id;
  } else {
    SKEIN_ASSIGN_OR_RETURN(script->index_, graph.CreateIndex(index));
  }
  Batch batch;
  batch.source = "crash test";
  SKEIN_ASSIGN_OR_RETURN(script->batch_, graph.OpenBatch(batch));
  SKEIN_ASSIGN_OR_RETURN(const auto snapshot, graph.Latest());
  Budget budget;
  const Viewer all = Viewer::All();
  SKEIN_ASSIGN_OR_RETURN(const auto hubs, snapshot->ScanNodes(all, script->hub_, budget));
  std::vector<uint64_t> ids;
  SKEIN_ASSIGN_OR_RETURN(const bool found, hubs->Next(2, &ids));
  if (found) {
    if (ids.size() != 1) return DataLoss("there are two hubs");
    script->hub_node_ = NodeId{ids[0]};
    return script;
  }
  SKEIN_ASSIGN_OR_RETURN(const auto t, graph.Begin(Viewer::All(), {kOpenPolicy, script->batch_}));
  NewNode hub;
  hub.labels = {script->hub_};
  hub.properties = {{script->n_, Value::Integer(0)}};
  SKEIN_ASSIGN_OR_RETURN(script->hub_node_, t->CreateNode(hub));
  SKEIN_RETURN_IF_ERROR(t->Commit().status());
  return script;
}

absl::StatusOr<uint64_t> CrashScript::Last() {
  SKEIN_ASSIGN_OR_RETURN(const auto snapshot, graph_->Latest());
  std::vector<Value> values;
  SKEIN_RETURN_IF_ERROR(snapshot->GetNodeProperty(Viewer::All(), {&hub_node_, 1}, n_, &values));
  if (values[0].kind() != ValueKind::kInteger) return DataLoss("the hub has lost its number");
  return static_cast<uint64_t>(values[0].integer());
}

absl::StatusOr<NodeId> CrashScript::Find(const Reader& reader, LabelId, uint32_t index,
                                         uint64_t n) {
  Budget budget;
  const Viewer all = Viewer::All();
  const Value value = Value::Integer(static_cast<int64_t>(n));
  SKEIN_ASSIGN_OR_RETURN(const auto cursor, reader.SeekIndex(all, index, {&value, 1}, budget));
  std::vector<uint64_t> ids;
  SKEIN_ASSIGN_OR_RETURN(const bool found, cursor->Next(2, &ids));
  if (!found || ids.size() != 1) return DataLoss("item ", n, " is there ", ids.size(), " times");
  return NodeId{ids[0]};
}

absl::Status CrashScript::Commit(uint64_t i) {
  SKEIN_ASSIGN_OR_RETURN(const auto t, graph_->Begin(Viewer::All(), {kOpenPolicy, batch_}));
  NewNode item;
  item.labels = {item_};
  item.properties = {{n_, Value::Integer(static_cast<int64_t>(i))},
                     {name_, Value::String(NameOf(i))}};
  SKEIN_ASSIGN_OR_RETURN(const NodeId node, t->CreateNode(item));
  SKEIN_RETURN_IF_ERROR(t->SetNodeProperty(hub_node_, n_, Value::Integer(static_cast<int64_t>(i))));
  if (i > 1) {
    SKEIN_ASSIGN_OR_RETURN(const NodeId previous, Find(*t, item_, index_, i - 1));
    SKEIN_ASSIGN_OR_RETURN(const NodeId middle,
                           Find(*t, item_, index_, std::max<uint64_t>(i / 2, 1)));
    NewLink link;
    link.type = before_;
    link.from = node;
    link.to = previous;
    SKEIN_ASSIGN_OR_RETURN(const LinkId first, t->CreateLink(link));
    link.type = half_;
    link.to = middle;
    SKEIN_RETURN_IF_ERROR(t->CreateLink(link).status());
    if (LosesFirstLink(i)) SKEIN_RETURN_IF_ERROR(t->DeleteLink(first));
  }
  return t->Commit().status();
}

std::string CrashScript::CheckItem(const Reader& reader, uint64_t i) {
  const auto node = Find(reader, item_, index_, i);
  if (!node.ok()) return node.status().ToString();
  Budget budget;
  ExpandOptions options;
  options.direction = Direction::kOut;
  std::vector<uint64_t> degrees;
  std::vector<Value> names;
  const Viewer all = Viewer::All();
  absl::Status status = reader.Degrees(all, {&*node, 1}, options, budget, &degrees);
  if (status.ok()) status = reader.GetNodeProperty(all, {&*node, 1}, name_, &names);
  if (!status.ok()) return status.ToString();
  if (degrees[0] != LinksOf(i)) {
    return internal::Join("item ", i, " has ", degrees[0], " links, not ", LinksOf(i));
  }
  if (names[0].kind() != ValueKind::kString || names[0].string() != NameOf(i)) {
    return internal::Join("item ", i, " has another name");
  }
  return "";
}

std::string CrashScript::CheckCounts(const Reader& reader, uint64_t k) {
  const Viewer all = Viewer::All();
  uint64_t links = 0;
  for (uint64_t i = 1; i <= k; ++i) links += LinksOf(i);
  const auto items = reader.CountNodes(all, item_);
  const auto counted = reader.CountLinks(all, std::nullopt);
  if (!items.ok() || !counted.ok()) return "counts cannot be read";
  if (*items != k) return internal::Join("items are counted ", *items, ", not ", k);
  if (*counted != links) return internal::Join("links are counted ", *counted, ", not ", links);
  Budget budget;
  auto cursor = reader.ScanLinks(all, {}, budget);
  if (!cursor.ok()) return cursor.status().ToString();
  uint64_t scanned = 0;
  std::vector<uint64_t> page;
  while (true) {
    const auto more = (*cursor)->Next(1000, &page);
    if (!more.ok()) return more.status().ToString();
    if (!*more) break;
    scanned += page.size();
  }
  if (scanned != links) return internal::Join("links are ", scanned, ", not ", links);
  if (k == 0) return "";
  const auto hits = reader.SearchText(all, NameOf(k), std::nullopt, 5, budget);
  if (!hits.ok()) return hits.status().ToString();
  return hits->size() == 1 ? "" : internal::Join("item ", k, " is not found by its name");
}

std::string CrashScript::Check(uint64_t acked, uint64_t started) {
  const auto k = Last();
  if (!k.ok()) return k.status().ToString();
  if (*k < acked) return internal::Join("acknowledged: ", acked, " transactions, there: ", *k);
  if (*k > started) return internal::Join("started: ", started, " transactions, there: ", *k);
  const auto snapshot = graph_->Latest();
  if (!snapshot.ok()) return snapshot.status().ToString();
  // Of many, the last hundred: the ones a crash can have met.
  for (uint64_t i = *k > 100 ? *k - 100 : 1; i <= *k; ++i) {
    if (std::string wrong = CheckItem(**snapshot, i); !wrong.empty()) return wrong;
  }
  if (std::string wrong = CheckCounts(**snapshot, *k); !wrong.empty()) return wrong;
  return Verify();
}

// Everything that is stored fits together, read by nobody or not.
std::string CrashScript::Verify() {
  VerifyOptions options;
  std::string wrong;
  options.show = [&wrong](const Finding& finding) { wrong += FindingText(finding) + "\n"; };
  const auto report = VerifyStore(store_, options);
  if (!report.ok()) return report.status().ToString();
  return report->clean() && report->complete ? "" : "verify: " + wrong;
}

}  // namespace skein
