// A tree-walking evaluator for tests of this folder: expressions over the registry and the
// operators, and queries of UNWIND, WITH and RETURN alone. No graph: element calls fail.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/functions/function.h"
#include "query/syntax/ast.h"

namespace skein::functions {

class TestContext final : public EvalContext {
 public:
  absl::StatusOr<std::vector<std::string>> LabelsOf(NodeId) override { return NoGraph(); }
  absl::StatusOr<std::string> TypeNameOf(LinkId) override { return NoGraph(); }
  absl::StatusOr<Ends> EndsOf(LinkId) override { return NoGraph(); }
  absl::StatusOr<ValueMap> PropertiesOf(NodeId) override { return NoGraph(); }
  absl::StatusOr<ValueMap> PropertiesOf(LinkId) override { return NoGraph(); }
  absl::StatusOr<Value> PropertyOf(NodeId, std::string_view) override { return NoGraph(); }
  absl::StatusOr<Value> PropertyOf(LinkId, std::string_view) override { return NoGraph(); }
  absl::StatusOr<int64_t> DegreeOf(NodeId, Ways, std::string_view) override { return NoGraph(); }
  absl::StatusOr<int64_t> PublicIdOf(NodeId) override { return NoGraph(); }
  absl::StatusOr<int64_t> PublicIdOf(LinkId) override { return NoGraph(); }
  absl::Time StatementTime() override { return absl::FromUnixSeconds(1'700'000'000); }
  absl::Time TransactionTime() override { return StatementTime() - absl::Seconds(1); }
  absl::Time RealTime() override { return StatementTime() + absl::Seconds(1); }
  double Random() override { return std::uniform_real_distribution<double>()(dice_); }
  absl::Status Charge(uint64_t bytes) override;

  uint64_t bytes_left = 256 << 20;

 private:
  static absl::Status NoGraph() { return absl::UnimplementedError("no graph in this test"); }
  std::mt19937_64 dice_{7};
};

using Variables = std::map<std::string, Value>;

// UNIMPLEMENTED: the expression needs a graph, or aggregates.
absl::StatusOr<Value> Evaluate(const syntax::Expr& expr, const Variables& variables,
                               EvalContext& context);
// Parses and evaluates.
absl::StatusOr<Value> Evaluate(std::string_view text, EvalContext& context);

struct TestRows {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
};
absl::StatusOr<TestRows> RunQuery(std::string_view text, const Variables& parameters,
                                  EvalContext& context);

}  // namespace skein::functions
