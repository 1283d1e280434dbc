// What the writing operators share: making elements, changing them, deleting them.
//
// Order     Row by row, item by item, as the text says; expressions that read nothing of the graph
//           are evaluated for the whole batch first.
// Errors    TypeError/InvalidPropertyType for values that a property cannot hold; those of
//           Transaction.
// Threads   One. Lifetime: borrows the plan node and the Context.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "query/exec/operator.h"

namespace skein::exec {

// OK, or the error that names the value.
absl::Status CheckProperty(const Value& v, std::string_view key, Position at);

// CREATE, and the creating half of MERGE.
class Creator {
 public:
  Creator(const bind::Creation& creation, Context& context)
      : creation_(creation), context_(context) {}
  absl::Status Compile();
  // Makes the pattern for the given rows and sets the new slots' columns in those rows; columns
  // that are absent appear, null elsewhere.
  absl::Status Run(Batch* batch, std::span<const uint32_t> rows);
  // The maps of all elements for one row; for MERGE, which refuses null in them.
  absl::StatusOr<bool> HasNullProperty(const Batch& batch, uint32_t row);
  // Locks the keys that a MERGE of this row would take.
  absl::Status LockKeys(const Batch& batch, uint32_t row);

 private:
  using Properties = std::vector<std::pair<KeyId, Value>>;
  absl::StatusOr<Properties> ToProperties(const Value& map, Position at);
  absl::Status MakeNodes(size_t index, Batch* batch, std::span<const uint32_t> rows);
  absl::Status MakeLinks(size_t index, Batch* batch, std::span<const uint32_t> rows);

  const bind::Creation& creation_;
  Context& context_;
  std::vector<EvaluatorPtr> node_maps_;
  std::vector<EvaluatorPtr> link_maps_;
  std::vector<EvaluatorPtr> paths_;
};

// SET and REMOVE.
class Setter {
 public:
  Setter(const std::vector<bind::SetItem>& items, Context& context)
      : items_(items), context_(context) {}
  absl::Status Compile();
  absl::Status Run(const Batch& batch, std::span<const uint32_t> rows);

 private:
  absl::Status Apply(const bind::SetItem& item, const Value& target, const Value& key,
                     const Value& value);
  absl::Status SetProperty(const Value& target, KeyId key, const Value& value);
  absl::Status SetAll(const bind::SetItem& item, const Value& target, const Value& value);
  absl::Status SetLabels(const bind::SetItem& item, NodeId node);

  const std::vector<bind::SetItem>& items_;
  Context& context_;
  std::vector<EvaluatorPtr> targets_;
  std::vector<EvaluatorPtr> keys_;
  std::vector<EvaluatorPtr> values_;
  std::vector<uint8_t> row_by_row_;
};

}  // namespace skein::exec
