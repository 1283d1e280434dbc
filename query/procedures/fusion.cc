// fusion.*: saying that two nodes are the same, or are not; taking it back; who said what.
#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "query/procedures/groups.h"
#include "query/procedures/options.h"
#include "query/procedures/work.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"
#include "storage/fusion/assertion.h"
#include "storage/fusion/cluster.h"
#include "storage/fusion/fused_reader.h"

namespace skein::procedures {
namespace {

using functions::Type;

// Ids leave as 16 hexadecimal digits: more than 53 bits, and nobody counts with them.
std::string IdText(uint64_t id) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (size_t i = 0; i < 16; ++i) out[15 - i] = kDigits[id >> (4 * i) & 15];
  return out;
}

absl::StatusOr<uint64_t> ParseId(const std::string& text) {
  uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, 16);
  if (error != std::errc() || end != text.data() + text.size()) {
    return BadArgument("`id` is an assertion's 16 hexadecimal digits, found '" + text + "'");
  }
  return id;
}

Value Moment(TimeUs us) {
  const int64_t seconds = us / 1'000'000 - (us % 1'000'000 < 0 ? 1 : 0);
  return Value::Of(ZonedDateTime{.seconds = seconds,
                                 .nanos = static_cast<int32_t>(us - seconds * 1'000'000) * 1000,
                                 .offset_seconds = 0,
                                 .zone = ""});
}

Value TextOrNull(const std::string& text) {
  return text.empty() ? Value::Null() : Value::String(text);
}

// An error of storage/fusion that is the caller's, in the words of the language.
absl::Status ForCaller(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
      return BadArgument(Message(status));
    default:
      return status;
  }
}

absl::Status DoAssert(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  if (args[0].is_null() || args[1].is_null()) return absl::OkStatus();
  Options options(args[2]);
  NewAssertion made{.a = args[0].node(), .b = args[1].node()};
  made.same = options.Boolean("same", true);
  made.grade = options.Float("grade", 1.0, 0, 1);
  made.basis = options.Text("basis");
  SKEIN_RETURN_IF_ERROR(options.Finish());
  const absl::StatusOr<uint64_t> id = Assert(*context.transaction, context.viewer, made,
                                             absl::ToUnixMicros(context.eval.StatementTime()));
  if (!id.ok()) return ForCaller(id.status());
  const Value row[] = {Value::String(IdText(*id))};
  return out.Emit(row);
}

absl::Status DoRetract(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  if (args[0].is_null() || args[1].is_null() || args[2].is_null()) return absl::OkStatus();
  SKEIN_ASSIGN_OR_RETURN(const uint64_t id, ParseId(args[2].string()));
  const std::string basis = args[3].is_null() ? std::string() : args[3].string();
  const absl::Status status =
      Retract(*context.transaction, context.viewer, args[0].node(), args[1].node(), id, basis,
              absl::ToUnixMicros(context.eval.StatementTime()));
  if (!status.ok()) return ForCaller(status);
  const Value row[] = {Value::String(IdText(id))};
  return out.Emit(row);
}

absl::StatusOr<Value> Person(const Catalog& catalog, BatchId batch) {
  if (Raw(batch) == 0) return Value::Null();
  SKEIN_ASSIGN_OR_RETURN(const Batch found, catalog.GetBatch(batch));
  return TextOrNull(found.person.empty() ? found.source : found.person);
}

absl::Status Assertions(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  if (args[0].is_null()) return absl::OkStatus();
  // All nodes of the entity, those that a denial keeps apart named by their rows.
  const NodeId node = args[0].node();
  const Reader& reader = Unfused(context.reader);
  std::vector<ClusterPtr> clusters;
  SKEIN_RETURN_IF_ERROR(ClustersOf(reader, context.viewer, {&node, 1}, &clusters));
  const std::vector<NodeId> members =
      clusters[0] != nullptr ? *clusters[0] : std::vector<NodeId>{node};
  std::vector<std::vector<Assertion>> all;
  SKEIN_RETURN_IF_ERROR(AssertionsOf(reader, context.viewer, members, &all));
  absl::flat_hash_set<std::tuple<NodeId, NodeId, uint64_t>> seen;
  for (const auto& list : all) {
    for (const Assertion& a : list) {
      if (!seen.insert({a.a, a.b, a.id}).second) continue;
      SKEIN_ASSIGN_OR_RETURN(const Value person, Person(reader.catalog(), a.source.batch));
      Value retracted_by;
      if (a.retracted) {
        SKEIN_ASSIGN_OR_RETURN(retracted_by, Person(reader.catalog(), a.retracted_batch));
      }
      const Value row[] = {Value::Node(a.a),
                           Value::Node(a.b),
                           Value::String(IdText(a.id)),
                           Value::Boolean(a.same),
                           Value::Float(a.grade),
                           TextOrNull(a.basis),
                           person,
                           Moment(a.made_us),
                           Value::Boolean(a.retracted),
                           retracted_by,
                           a.retracted ? Moment(a.retracted_us) : Value::Null(),
                           TextOrNull(a.retracted_basis)};
      SKEIN_RETURN_IF_ERROR(out.Emit(row));
    }
  }
  return absl::OkStatus();
}

absl::Status Clusters(std::span<const Value>, ProcedureContext& context, RowSink& out) {
  constexpr size_t kBatch = 4096;
  const Reader& reader = Unfused(context.reader);
  Spending spending(context);
  const std::vector<NodeId> all = FusionOf(reader).fused_nodes().All();
  for (size_t first = 0; first < all.size(); first += kBatch) {
    SKEIN_RETURN_IF_ERROR(spending.Check());
    const std::span<const NodeId> nodes(all.data() + first, std::min(kBatch, all.size() - first));
    std::vector<ClusterPtr> clusters;
    SKEIN_RETURN_IF_ERROR(ClustersOf(reader, context.viewer, nodes, &clusters));
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (clusters[i] == nullptr || clusters[i]->front() != nodes[i]) continue;
      ValueList members;
      for (const NodeId member : *clusters[i]) members.push_back(Value::Node(member));
      const Value row[] = {Value::Node(nodes[i]),
                           Value::Integer(static_cast<int64_t>(members.size())),
                           Value::List(std::move(members))};
      SKEIN_RETURN_IF_ERROR(out.Emit(row));
    }
  }
  return absl::OkStatus();
}

}  // namespace

void AddFusionProcedures(ProcedureRegistry& out) {
  out.Add(
      {.name = "fusion.assert",
       .args = {{"a", Type::kNode}, {"b", Type::kNode}, {"options", Type::kMap, Value::Map({})}},
       .columns = {{"id", Type::kString}},
       .doc = "Says that two nodes are the same. Options: `same` (true; false: they are not), "
              "`grade` (1.0: how sure, above 0), `basis` (why). Nothing is moved: "
              "fusion.retract takes it back exactly.",
       .example = "MATCH (a:Vehicle {plate: 'T-100'}), (b:Vehicle {plate: 'T-200'}) "
                  "CALL fusion.assert(a, b, {grade: 0.9, basis: 'same engine number'}) "
                  "YIELD id RETURN size(id)",
       .eval = &DoAssert,
       .writes = true});
  out.Add({.name = "fusion.retract",
           .args = {{"a", Type::kNode},
                    {"b", Type::kNode},
                    {"id", Type::kString},
                    {"basis", Type::kString, Value::Null()}},
           .columns = {{"id", Type::kString}},
           .doc = "Takes an assertion back; it stays on record with who did so, when and why.",
           .example = "MATCH (v:Vehicle {plate: 'T-100'}) CALL fusion.assertions(v) "
                      "YIELD a, b, id AS said CALL fusion.retract(a, b, said, 'plate misread') "
                      "YIELD id RETURN size(id)",
           .eval = &DoRetract,
           .writes = true});
  out.Add({.name = "fusion.assertions",
           .args = {{"node", Type::kNode}},
           .columns = {{"a", Type::kNode},
                       {"b", Type::kNode},
                       {"id", Type::kString},
                       {"same", Type::kBoolean},
                       {"grade", Type::kFloat},
                       {"basis", Type::kString},
                       {"by", Type::kString},
                       {"madeAt", Type::kDateTime},
                       {"retracted", Type::kBoolean},
                       {"retractedBy", Type::kString},
                       {"retractedAt", Type::kDateTime},
                       {"retractedBasis", Type::kString}},
           .doc = "Every assertion about the nodes of an entity, retracted ones included.",
           .example = "MATCH (v:Vehicle {plate: 'T-100'}) CALL fusion.assertions(v) "
                      "YIELD a, b, same, retracted RETURN a.plate, b.plate, same, retracted",
           .eval = &Assertions});
  out.Add({.name = "fusion.clusters",
           .columns = {{"entity", Type::kNode}, {"size", Type::kInteger}, {"members", Type::kList}},
           .doc = "Every entity of more than one node, as far as you can see.",
           .example = "CALL fusion.clusters() YIELD entity, size RETURN size",
           .eval = &Clusters});
}

}  // namespace skein::procedures
