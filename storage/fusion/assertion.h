// Assertions: "these two nodes are the same" or "are not", by whom, when, on what basis, how sure.
//
// Shape     Of two nodes a < b; several may be made of one pair. Never rewritten: a retraction is
//           added to the assertion and leaves the rest of it as it was.
// Visible   An assertion is visible iff its policy is and both its nodes are. What is not visible
//           does not exist for the viewer: neither in lists nor in clusters.
// Grade     0 < grade ≤ 1: how sure. 1: beyond doubt.
// Errors    INVALID_ARGUMENT    one node twice, a grade out of range, a basis over 4 KiB
//           NOT_FOUND           no such visible node, or no such visible assertion
//           FAILED_PRECONDITION it has been retracted already
// Threads   As the Reader or Transaction. Writes become visible and durable with its Commit; two
//           transactions that change one assertion conflict there.
// Source    docs/formats/fusion.md
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/graph/fusion_access.h"
#include "storage/graph/graph.h"

namespace skein {

inline constexpr size_t kBasisBytesMax = 4096;

struct Assertion {
  uint64_t id = 0;  // of the pair; says nothing about how many there are
  NodeId a{};
  NodeId b{};
  bool same = true;
  double grade = 1.0;
  std::string basis;  // why: free text, or "key Person(id_number)"
  PolicyId policy{};
  Provenance source;  // batch: who and under which case (Catalog::GetBatch)
  TimeUs made_us = 0;

  bool retracted = false;
  BatchId retracted_batch{};
  TimeUs retracted_us = 0;
  std::string retracted_basis;
};

struct NewAssertion {
  NodeId a{};
  NodeId b{};
  bool same = true;
  double grade = 1.0;
  std::string basis = {};
  // 0: a random one. Others: of one pair, equal ids are one assertion, and making it again changes
  // nothing, so that a repeated import says nothing twice and what people retracted stays so.
  uint64_t id = 0;
  uint32_t row = 0;
};

// Policy and batch are those of the transaction's context. Gives the assertion's id.
absl::StatusOr<uint64_t> Assert(Transaction& transaction, const Viewer& viewer,
                                const NewAssertion& assertion, TimeUs now_us);
absl::Status Retract(Transaction& transaction, const Viewer& viewer, NodeId a, NodeId b,
                     uint64_t id, std::string_view basis, TimeUs now_us);

// Visible assertions about each node, by (other node, id), retracted ones included.
// *nodes_missing: some row names a node that is not visible.
absl::Status AssertionsOf(const Reader& reader, const Viewer& viewer, std::span<const NodeId> nodes,
                          std::vector<std::vector<Assertion>>* out, bool* nodes_missing = nullptr);

// The row of an assertion, and back; for tests and `skein verify`. DATA_LOSS.
std::string EncodeAssertion(const Assertion& assertion);
absl::StatusOr<Assertion> DecodeAssertion(const FusionRow& row);

}  // namespace skein
