#include "storage/fusion/assertion.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "storage/base/clock.h"
#include "storage/base/status.h"
#include "storage/keys/bytes.h"

namespace skein {
namespace {

constexpr char kFormat = 0;
constexpr uint64_t kSame = 1;
constexpr uint64_t kRetracted = 2;
// Grades are kept as millionths: equal grades are equal bits on every machine.
constexpr double kGradeUnit = 1e6;

absl::Status CheckVisible(const Reader& reader, const Viewer& viewer, NodeId a, NodeId b) {
  const NodeId both[] = {a, b};
  std::vector<uint8_t> visible;
  SKEIN_RETURN_IF_ERROR(reader.FilterLabels(viewer, both, {}, &visible));
  if (visible[0] == 0 || visible[1] == 0) return NotFound("there is no such node");
  return absl::OkStatus();
}

uint64_t RandomId() {
  uint64_t id = 0;
  while (id == 0) {
    const std::string bytes = SecureRandomBytes(sizeof(id));
    std::memcpy(&id, bytes.data(), sizeof(id));
  }
  return id;
}

// The row of (a, b, id), whoever may see it.
absl::StatusOr<std::optional<Assertion>> Find(const Reader& reader, NodeId a, NodeId b,
                                              uint64_t id) {
  std::vector<std::vector<FusionRow>> rows;
  SKEIN_RETURN_IF_ERROR(FusionOf(reader).FusionRows({&a, 1}, &rows));
  for (const FusionRow& row : rows[0]) {
    if (row.other != b || row.id != id) continue;
    SKEIN_ASSIGN_OR_RETURN(Assertion found, DecodeAssertion(row));
    return std::optional<Assertion>(std::move(found));
  }
  return std::optional<Assertion>();
}

absl::Status Put(Transaction& transaction, const Assertion& assertion) {
  return FusionOf(transaction)
      .PutFusionRow({assertion.a, assertion.b, assertion.id, EncodeAssertion(assertion)});
}

}  // namespace

std::string EncodeAssertion(const Assertion& assertion) {
  std::string out(1, kFormat);
  AppendVarint(&out, (assertion.same ? kSame : 0) | (assertion.retracted ? kRetracted : 0));
  AppendVarint(&out, static_cast<uint64_t>(std::llround(assertion.grade * kGradeUnit)));
  AppendVarint(&out, Raw(assertion.policy));
  AppendVarint(&out, Raw(assertion.source.batch));
  AppendVarint(&out, assertion.source.row);
  AppendSigned(&out, assertion.made_us);
  AppendString(&out, assertion.basis);
  if (assertion.retracted) {
    AppendVarint(&out, Raw(assertion.retracted_batch));
    AppendSigned(&out, assertion.retracted_us);
    AppendString(&out, assertion.retracted_basis);
  }
  return out;
}

absl::StatusOr<Assertion> DecodeAssertion(const FusionRow& row) {
  ByteReader in(row.value);
  Assertion out;
  out.id = row.id;
  out.a = std::min(row.node, row.other);
  out.b = std::max(row.node, row.other);
  const uint8_t format = in.Byte();
  const uint64_t flags = in.Varint();
  out.same = (flags & kSame) != 0;
  out.retracted = (flags & kRetracted) != 0;
  out.grade = static_cast<double>(in.Varint()) / kGradeUnit;
  out.policy = PolicyId{in.Varint32()};
  out.source.batch = BatchId{in.Varint32()};
  out.source.row = in.Varint32();
  out.made_us = in.Signed();
  out.basis = std::string(in.String());
  if (out.retracted) {
    out.retracted_batch = BatchId{in.Varint32()};
    out.retracted_us = in.Signed();
    out.retracted_basis = std::string(in.String());
  }
  if (!in.ok() || !in.done() || format != kFormat) {
    return DataLoss("table fusion: a row of node ", Raw(row.node), " does not decode");
  }
  return out;
}

absl::StatusOr<uint64_t> Assert(Transaction& transaction, const Viewer& viewer,
                                const NewAssertion& assertion, TimeUs now_us) {
  if (assertion.a == assertion.b) return InvalidArgument("a node is the same as itself already");
  if (!(assertion.grade >= 1 / kGradeUnit && assertion.grade <= 1)) {
    return InvalidArgument("a grade is above 0 and at most 1, not ", assertion.grade);
  }
  if (assertion.basis.size() > kBasisBytesMax) {
    return InvalidArgument("a basis of ", assertion.basis.size(), " bytes, at most ",
                           kBasisBytesMax);
  }
  SKEIN_RETURN_IF_ERROR(CheckVisible(transaction, viewer, assertion.a, assertion.b));
  Assertion made;
  made.a = std::min(assertion.a, assertion.b);
  made.b = std::max(assertion.a, assertion.b);
  made.id = assertion.id != 0 ? assertion.id : RandomId();
  if (assertion.id != 0) {
    SKEIN_ASSIGN_OR_RETURN(const auto before, Find(transaction, made.a, made.b, made.id));
    if (before.has_value()) return made.id;
  }
  made.same = assertion.same;
  made.grade = assertion.grade;
  made.basis = assertion.basis;
  made.policy = FusionOf(transaction).write_context().policy;
  made.source = {FusionOf(transaction).write_context().batch, assertion.row};
  made.made_us = now_us;
  SKEIN_RETURN_IF_ERROR(Put(transaction, made));
  return made.id;
}

absl::Status Retract(Transaction& transaction, const Viewer& viewer, NodeId a, NodeId b,
                     uint64_t id, std::string_view basis, TimeUs now_us) {
  if (basis.size() > kBasisBytesMax) {
    return InvalidArgument("a basis of ", basis.size(), " bytes, at most ", kBasisBytesMax);
  }
  SKEIN_RETURN_IF_ERROR(CheckVisible(transaction, viewer, a, b));
  SKEIN_ASSIGN_OR_RETURN(std::optional<Assertion> found,
                         Find(transaction, std::min(a, b), std::max(a, b), id));
  if (!found.has_value() || !viewer.Sees(found->policy)) {
    return NotFound("there is no such assertion");
  }
  if (found->retracted) return FailedPrecondition("the assertion has been retracted already");
  found->retracted = true;
  found->retracted_batch = FusionOf(transaction).write_context().batch;
  found->retracted_us = now_us;
  found->retracted_basis = std::string(basis);
  return Put(transaction, *found);
}

absl::Status AssertionsOf(const Reader& reader, const Viewer& viewer, std::span<const NodeId> nodes,
                          std::vector<std::vector<Assertion>>* out, bool* nodes_missing) {
  out->assign(nodes.size(), {});
  std::vector<std::vector<FusionRow>> rows;
  SKEIN_RETURN_IF_ERROR(FusionOf(reader).FusionRows(nodes, &rows));
  // Nodes of all rows, so that one call tells who is visible.
  std::vector<NodeId> ends(nodes.begin(), nodes.end());
  for (const auto& list : rows) {
    for (const FusionRow& row : list) ends.push_back(row.other);
  }
  if (ends.size() == nodes.size()) return absl::OkStatus();
  std::vector<uint8_t> visible;
  SKEIN_RETURN_IF_ERROR(reader.FilterLabels(viewer, ends, {}, &visible));
  size_t next = nodes.size();
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (const FusionRow& row : rows[i]) {
      const bool other_visible = visible[next++] != 0;
      if (visible[i] == 0 || !other_visible) {
        if (nodes_missing != nullptr) *nodes_missing = true;
        continue;
      }
      SKEIN_ASSIGN_OR_RETURN(Assertion assertion, DecodeAssertion(row));
      if (viewer.Sees(assertion.policy)) (*out)[i].push_back(std::move(assertion));
    }
  }
  return absl::OkStatus();
}

}  // namespace skein
