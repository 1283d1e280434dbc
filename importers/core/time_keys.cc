#include "importers/core/time_keys.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "storage/base/status.h"

namespace skein {
namespace {

using Candidates = std::set<std::pair<std::string, TimeUnit>>;  // property, unit

// How a property of type `property`, read from the column of a time of type `time`, spells it.
std::optional<TimeUnit> UnitOf(FieldType property, FieldType time) {
  switch (property) {
    case FieldType::kInteger:
      if (time == FieldType::kEpochSeconds) return TimeUnit::kSeconds;
      if (time == FieldType::kEpochMillis) return TimeUnit::kMillis;
      if (time == FieldType::kEpochMicros) return TimeUnit::kMicros;
      return std::nullopt;
    case FieldType::kLocalDateTime:
      return time == property ? std::optional(TimeUnit::kLocalDateTime) : std::nullopt;
    case FieldType::kDateTime:
    case FieldType::kEpochSeconds:
    case FieldType::kEpochMillis:
    case FieldType::kEpochMicros:
    case FieldType::kEpochNanos:
      return time == property ? std::optional(TimeUnit::kDateTime) : std::nullopt;
    default:
      return std::nullopt;
  }
}

Candidates CandidatesOf(const LinkRule& rule) {
  const std::optional<ValueRule>& time = rule.sighting ? rule.time : rule.valid.from;
  Candidates out;
  if (!time || time->kind != ValueRule::Kind::kColumn) return out;
  bool replaced = false;
  for (const auto& [name, value] : rule.properties) {
    replaced |= rule.sighting && name == rule.time_as;
    if (value.kind != ValueRule::Kind::kColumn || value.column != time->column) continue;
    const std::optional<TimeUnit> unit = UnitOf(value.field.type, time->field.type);
    if (unit) out.emplace(name, *unit);
  }
  if (rule.sighting && !replaced) {
    const std::optional<TimeUnit> unit = UnitOf(time->field.type, time->field.type);
    if (unit) out.emplace(rule.time_as, *unit);
  }
  return out;
}

}  // namespace

absl::Status DeclareTimeKeys(Graph& graph, const std::vector<Mapping>& mappings) {
  std::map<std::string, Candidates> types;
  for (const Mapping& mapping : mappings) {
    for (const FileRule& file : mapping.files) {
      for (const LinkRule& rule : file.links) {
        Candidates here = CandidatesOf(rule);
        const auto [it, fresh] = types.try_emplace(rule.type, here);
        if (!fresh) std::erase_if(it->second, [&](const auto& c) { return !here.contains(c); });
      }
    }
  }
  for (const auto& [name, candidates] : types) {
    if (candidates.empty()) continue;
    SKEIN_ASSIGN_OR_RETURN(const LinkTypeId type, graph.catalog().InternLinkType(name));
    const auto& [property, unit] = *candidates.begin();
    SKEIN_ASSIGN_OR_RETURN(const KeyId key, graph.catalog().InternKey(property));
    SKEIN_RETURN_IF_ERROR(graph.DeclareTimeKey(type, key, unit));
  }
  return absl::OkStatus();
}

}  // namespace skein
