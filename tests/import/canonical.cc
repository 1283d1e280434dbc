#include "tests/import/canonical.h"

#include <algorithm>
#include <map>
#include <vector>

#include "storage/base/status.h"

namespace skein {
namespace {

std::string Spell(const Catalog& catalog, const std::vector<PropertyEntry>& properties) {
  std::map<std::string, std::string> sorted;
  for (const PropertyEntry& entry : properties) {
    sorted[std::string(catalog.Name(entry.key))] =
        internal::Join(KindName(entry.value.kind()), " ", ToLiteral(entry.value));
  }
  std::string out = "{";
  for (const auto& [name, value] : sorted) out += name + ": " + value + ", ";
  return out + "}";
}

std::string Spell(const Catalog& catalog, const ValidTime& valid, PolicyId policy) {
  std::string out;
  if (valid != ValidTime{}) out += internal::Join(" valid ", valid.from, "..", valid.to);
  if (policy != kOpenPolicy) {
    const Policy p = catalog.GetPolicy(policy);
    out += " policy " + p.owner_unit + "/" + p.compartment + "/" + p.handling_code;
  }
  return out;
}

absl::StatusOr<std::vector<uint64_t>> All(absl::StatusOr<std::unique_ptr<IdCursor>> cursor) {
  if (!cursor.ok()) return cursor.status();
  std::vector<uint64_t> all;
  std::vector<uint64_t> page;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, (*cursor)->Next(1000, &page));
    all.insert(all.end(), page.begin(), page.end());
    if (!more) return all;
  }
}

template <typename Id>
std::vector<Id> As(const std::vector<uint64_t>& raw) {
  std::vector<Id> ids;
  for (const uint64_t id : raw) ids.push_back(Id{id});
  return ids;
}

}  // namespace

absl::StatusOr<std::string> Canonical(Graph& graph) {
  SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, graph.Latest());
  const Catalog& catalog = snapshot->catalog();
  const Viewer viewer = Viewer::All();
  Budget budget;
  SKEIN_ASSIGN_OR_RETURN(const std::vector<uint64_t> node_ids,
                         All(snapshot->ScanNodes(viewer, std::nullopt, budget)));
  std::vector<std::optional<NodeRecord>> nodes;
  SKEIN_RETURN_IF_ERROR(snapshot->GetNodes(viewer, As<NodeId>(node_ids), &nodes));
  std::map<NodeId, std::string> spelt;
  std::vector<std::string> lines;
  for (const std::optional<NodeRecord>& node : nodes) {
    if (!node) return DataLoss("a scanned node is not there");
    std::vector<std::string> labels;
    for (const LabelId label : node->labels) labels.emplace_back(catalog.Name(label));
    std::sort(labels.begin(), labels.end());
    std::string text = "(";
    for (const std::string& label : labels) text += ":" + label;
    text += " " + Spell(catalog, node->properties) + ")";
    spelt[node->id] = text;
    lines.push_back(text + Spell(catalog, node->valid, node->policy));
  }
  SKEIN_ASSIGN_OR_RETURN(const std::vector<uint64_t> link_ids,
                         All(snapshot->ScanLinks(viewer, {}, budget)));
  std::vector<std::optional<LinkRecord>> links;
  SKEIN_RETURN_IF_ERROR(snapshot->GetLinks(viewer, As<LinkId>(link_ids), &links));
  for (const std::optional<LinkRecord>& link : links) {
    if (!link) return DataLoss("a scanned link is not there");
    lines.push_back(internal::Join(spelt[link->from], "-[", catalog.Name(link->type), " ",
                                   Spell(catalog, link->properties), "]->", spelt[link->to],
                                   Spell(catalog, link->valid, link->policy)));
  }
  std::sort(lines.begin(), lines.end());
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

}  // namespace skein
