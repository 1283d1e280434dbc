// skein.search: names, plates, numbers by text.

#include <optional>
#include <string>
#include <vector>

#include "query/procedures/groups.h"
#include "query/procedures/visible_names.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::procedures {
namespace {

using functions::Type;

constexpr int64_t kHitsMax = 10'000;

absl::Status Search(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  if (args[0].is_null()) return absl::OkStatus();
  std::optional<LabelId> label;
  if (!args[1].is_null()) {
    label = FindVisibleLabel(context.reader, context.viewer, args[1].string());
    if (!label) return absl::OkStatus();  // nothing carries it
  }
  const int64_t limit = args[2].is_null() ? 100 : args[2].integer();
  if (limit < 0 || limit > kHitsMax) {
    return MakeQueryError(
        ErrorClass::kArgumentError, ErrorDetail::kNumberOutOfRange,
        "limit is " + std::to_string(limit) + ", not within 0 and " + std::to_string(kHitsMax));
  }
  SKEIN_ASSIGN_OR_RETURN(std::vector<TextHit> hits,
                         context.reader.SearchText(context.viewer, args[0].string(), label,
                                                   static_cast<size_t>(limit), context.budget));
  for (const TextHit& hit : hits) {
    const std::string_view key = context.reader.catalog().Name(hit.key);
    const Value row[] = {Value::Node(hit.node), Value::String(std::string(key)),
                         Value::Float(hit.score)};
    SKEIN_RETURN_IF_ERROR(out.Emit(row));
  }
  return absl::OkStatus();
}

}  // namespace

void AddSearchProcedures(ProcedureRegistry& out) {
  out.Add({.name = "skein.search",
           .args = {{"text", Type::kString},
                    {"label", Type::kString, Value::Null()},
                    {"limit", Type::kInteger, Value::Integer(100)}},
           .columns = {{"node", Type::kNode}, {"property", Type::kString}, {"score", Type::kFloat}},
           .doc = "Nodes by name, plate or number: words and beginnings of words, Chinese by "
                  "character and by pinyin; best first.",
           .example = "CALL skein.search('ann', 'Person', 10) YIELD node, score RETURN node.name",
           .eval = &Search});
}

}  // namespace skein::procedures
