// What fusion.* functions ask of the Context: the nodes behind an entity, each by itself.
#include <algorithm>
#include <utility>

#include "query/exec/context.h"
#include "storage/base/status.h"
#include "storage/fusion/fused_reader.h"

namespace skein::exec {

namespace {

// Where one value, or one node, comes from.
absl::Status AppendSource(const Catalog& catalog, const Provenance& source, ValueMap* out) {
  skein::Batch batch;
  if (Raw(source.batch) != 0) {
    SKEIN_ASSIGN_OR_RETURN(batch, catalog.GetBatch(source.batch));
  }
  const auto text = [](const std::string& s) {
    return s.empty() ? Value::Null() : Value::String(s);
  };
  out->emplace_back("source", text(batch.source));
  out->emplace_back("file", text(batch.file));
  out->emplace_back("row", source.row == 0 ? Value::Null() : Value::Integer(source.row));
  out->emplace_back("person", text(batch.person));
  const int64_t seconds = batch.received_us / 1'000'000;
  const auto nanos = static_cast<int32_t>(batch.received_us % 1'000'000) * 1000;
  out->emplace_back(
      "received", batch.received_us <= 0
                      ? Value::Null()
                      : Value::Of(ZonedDateTime{
                            .seconds = seconds, .nanos = nanos, .offset_seconds = 0, .zone = ""}));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<NodeId>> Context::ClusterOf(NodeId node) {
  std::vector<NodeId> members;
  SKEIN_RETURN_IF_ERROR(MembersOf(reader(), viewer(), node, &members));
  return members;
}

absl::StatusOr<ValueList> Context::RecordsOf(NodeId node) {
  SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> members, ClusterOf(node));
  std::vector<std::optional<NodeRecord>> records;
  SKEIN_RETURN_IF_ERROR(Unfused(reader()).GetNodes(viewer(), members, &records));
  const Catalog& catalog = reader().catalog();
  ValueList out;
  for (size_t i = 0; i < members.size(); ++i) {
    if (!records[i].has_value()) continue;
    ValueList labels;
    for (const LabelId label : records[i]->labels) {
      labels.push_back(Value::String(std::string(catalog.Name(label))));
    }
    SKEIN_ASSIGN_OR_RETURN(const int64_t id, PublicIdOf(members[i]));
    ValueMap map = {{"id", Value::String("n" + std::to_string(id))},
                    {"labels", Value::List(std::move(labels))},
                    {"properties", Value::Map(ToMap(records[i]->properties))}};
    SKEIN_RETURN_IF_ERROR(AppendSource(catalog, records[i]->source, &map));
    out.push_back(Value::Map(std::move(map)));
  }
  return out;
}

absl::StatusOr<ValueList> Context::ValuesOf(NodeId node, std::string_view property) {
  const auto key = reader().catalog().FindKey(property);
  if (!key.has_value()) return ValueList();
  SKEIN_ASSIGN_OR_RETURN(const std::vector<NodeId> members, ClusterOf(node));
  std::vector<std::optional<NodeRecord>> records;
  SKEIN_RETURN_IF_ERROR(Unfused(reader()).GetNodes(viewer(), members, &records));
  const Catalog& catalog = reader().catalog();
  struct Stated {
    NodeId node;
    const PropertyEntry* entry;
  };
  std::vector<Stated> all;
  for (size_t i = 0; i < members.size(); ++i) {
    if (!records[i].has_value()) continue;
    for (const PropertyEntry& entry : records[i]->properties) {
      if (entry.key == *key) all.push_back({members[i], &entry});
    }
  }
  PropertyPreference preference(catalog);
  std::stable_sort(all.begin(), all.end(), [&preference](const Stated& a, const Stated& b) {
    return preference.Prefers(a.entry->source, b.entry->source);
  });
  ValueList out;
  for (const Stated& stated : all) {
    SKEIN_ASSIGN_OR_RETURN(const int64_t id, PublicIdOf(stated.node));
    ValueMap map = {{"id", Value::String("n" + std::to_string(id))},
                    {"value", stated.entry->value}};
    SKEIN_RETURN_IF_ERROR(AppendSource(catalog, stated.entry->source, &map));
    out.push_back(Value::Map(std::move(map)));
  }
  return out;
}

}  // namespace skein::exec
