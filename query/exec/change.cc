// Create, Set, Merge and Delete: the operators that write.
#include <algorithm>
#include <utility>

#include "query/exec/operators.h"
#include "query/exec/write.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

class CreateOperator final : public UnaryOperator {
 public:
  CreateOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)), creator_(node.creation, context) {}
  absl::Status Compile() { return creator_.Compile(); }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(out));
    if (!more) return false;
    SKEIN_RETURN_IF_ERROR(creator_.Run(out, AllRows(out->rows)));
    context_.GiveBackEvaluation();
    return true;
  }

 private:
  Creator creator_;
};

class SetOperator final : public UnaryOperator {
 public:
  SetOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)), setter_(node.set_items, context) {}
  absl::Status Compile() { return setter_.Compile(); }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(out));
    if (!more) return false;
    SKEIN_RETURN_IF_ERROR(setter_.Run(*out, AllRows(out->rows)));
    context_.GiveBackEvaluation();
    return true;
  }

 private:
  Setter setter_;
};

// Row by row: each must find what the one before made.
class MergeOperator final : public UnaryOperator {
 public:
  MergeOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)),
        inner_(*node.children[1], node.partition),
        creator_(node.creation, context),
        on_create_(node.on_create, context),
        on_match_(node.on_match, context) {}

  absl::Status Compile() {
    SKEIN_RETURN_IF_ERROR(inner_.Build(context_));
    SKEIN_RETURN_IF_ERROR(creator_.Compile());
    SKEIN_RETURN_IF_ERROR(on_create_.Compile());
    return on_match_.Compile();
  }

  absl::Status Open() override {
    batch_.Clear();
    row_ = 0;
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    out->Clear();
    while (out->rows < context_.batch_rows()) {
      if (row_ >= batch_.rows) {
        if (out->rows > 0) return true;
        SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
        if (!more) return false;
        row_ = 0;
      }
      SKEIN_RETURN_IF_ERROR(One(row_++, out));
      SKEIN_RETURN_IF_ERROR(context_.Check());
      context_.GiveBackEvaluation();
    }
    return true;
  }

 private:
  absl::Status One(uint32_t row, Batch* out) {
    SKEIN_ASSIGN_OR_RETURN(const bool null, creator_.HasNullProperty(batch_, row));
    if (null) {
      return MakeQueryError(ErrorClass::kSemanticError, ErrorDetail::kMergeReadOwnWrites,
                            "MERGE cannot look for a property that is null", node_.position);
    }
    SKEIN_RETURN_IF_ERROR(creator_.LockKeys(batch_, row));
    std::vector<Slot> carry(batch_.columns.size());
    for (Slot slot = 0; slot < carry.size(); ++slot) carry[slot] = slot;
    Batch made;
    made.Gather(batch_, {&row, 1}, carry);
    Batch arguments = made;
    arguments.at(inner_.partition()) = Ordinals(1);
    SKEIN_RETURN_IF_ERROR(inner_.Start(&arguments));
    bool found = false;
    // All matches first: what ON MATCH sets must not change what is found.
    std::vector<Batch> matches;
    for (;;) {
      Batch match;
      SKEIN_ASSIGN_OR_RETURN(const bool more, inner_.Next(&match));
      if (!more) break;
      found = true;
      const std::vector<uint32_t> owners(match.rows, 0);
      Batch joined;
      joined.Gather(made, owners, carry);
      for (const Slot slot : plan::AddedSlots(node_)) {
        if (match.has(slot)) joined.at(slot) = match.at(slot);
      }
      matches.push_back(std::move(joined));
    }
    for (Batch& match : matches) {
      SKEIN_RETURN_IF_ERROR(on_match_.Run(match, AllRows(match.rows)));
      out->Append(match, AllRows(match.rows), live());
    }
    if (found) return absl::OkStatus();
    const std::vector<uint32_t> rows = {0};
    SKEIN_RETURN_IF_ERROR(creator_.Run(&made, rows));
    SKEIN_RETURN_IF_ERROR(on_create_.Run(made, rows));
    out->Append(made, rows, live());
    return absl::OkStatus();
  }

  InnerPlan inner_;
  Creator creator_;
  Setter on_create_;
  Setter on_match_;
  Batch batch_;
  uint32_t row_ = 0;
};

// Links go at once; nodes when all of the input has been seen, because their links may be among
// what later rows delete. A node that has links even then waits for the end of the statement.
class DeleteOperator final : public UnaryOperator {
 public:
  using UnaryOperator::UnaryOperator;
  absl::Status Compile() {
    SKEIN_ASSIGN_OR_RETURN(targets_, CompileAll(node_.exprs, context_));
    return absl::OkStatus();
  }
  absl::Status Open() override {
    done_ = false;
    next_ = 0;
    held_.clear();
    nodes_.clear();
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    while (!done_) {
      Batch batch;
      SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch));
      if (!more) {
        SKEIN_RETURN_IF_ERROR(DeleteNodes());
        done_ = true;
        break;
      }
      SKEIN_RETURN_IF_ERROR(Collect(batch));
      held_.push_back(std::move(batch));
    }
    if (next_ >= held_.size()) return false;
    *out = std::move(held_[next_++]);
    return true;
  }

 private:
  absl::Status Collect(const Batch& batch) {
    std::vector<LinkId> links;
    for (size_t t = 0; t < targets_.size(); ++t) {
      Column column;
      SKEIN_RETURN_IF_ERROR(EvalAll(*targets_[t], batch, &column));
      for (size_t row = 0; row < batch.rows; ++row) {
        const Value v = column.At(row);
        switch (v.kind()) {
          case ValueKind::kNull:
            break;
          case ValueKind::kNode:
            nodes_.push_back(v.node());
            break;
          case ValueKind::kLink:
            links.push_back(v.link());
            break;
          case ValueKind::kPath:
            nodes_.insert(nodes_.end(), v.path().nodes.begin(), v.path().nodes.end());
            links.insert(links.end(), v.path().links.begin(), v.path().links.end());
            break;
          default:
            return MakeQueryError(
                ErrorClass::kTypeError, ErrorDetail::kInvalidArgumentType,
                "DELETE needs nodes, relationships or paths, found " + ToLiteral(v),
                node_.exprs[t]->position);
        }
      }
    }
    return DeleteLinks(std::move(links));
  }

  absl::Status DeleteLinks(std::vector<LinkId> links) {
    std::sort(links.begin(), links.end());
    links.erase(std::unique(links.begin(), links.end()), links.end());
    std::erase_if(links, [this](LinkId id) { return context_.IsDeleted(id); });
    std::vector<LinkEnds> ends;
    SKEIN_RETURN_IF_ERROR(context_.reader().GetLinkEnds(context_.viewer(), links, &ends));
    for (size_t i = 0; i < links.size(); ++i) {
      if (ends[i].from == kNoNode) continue;
      SKEIN_RETURN_IF_ERROR(context_.transaction()->DeleteLink(links[i]));
      context_.NoteDeleted(links[i]);
      context_.NoteType(links[i], ends[i].type);
      ++context_.counters().links_deleted;
    }
    return absl::OkStatus();
  }

  absl::Status DeleteNodes() {
    std::sort(nodes_.begin(), nodes_.end());
    nodes_.erase(std::unique(nodes_.begin(), nodes_.end()), nodes_.end());
    std::erase_if(nodes_, [this](NodeId id) { return context_.IsDeleted(id); });
    if (nodes_.empty()) return absl::OkStatus();
    if (node_.detach) SKEIN_RETURN_IF_ERROR(Detach());
    for (const NodeId id : nodes_) {
      context_.NoteDeleted(id);
      ++context_.counters().nodes_deleted;
    }
    context_.DeferNodeDeletes(nodes_);
    return context_.DeleteUnlinkedNodes();
  }

  absl::Status Detach() {
    ExpandOptions options;
    options.links = true;
    SKEIN_ASSIGN_OR_RETURN(auto cursor, context_.reader().Expand(context_.viewer(), nodes_, options,
                                                                 context_.budget()));
    std::vector<LinkId> links;
    ExpandBatch found;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&found));
      if (!more) break;
      links.insert(links.end(), found.link.begin(), found.link.end());
      SKEIN_RETURN_IF_ERROR(context_.Check());
    }
    cursor.reset();
    return DeleteLinks(std::move(links));
  }

  std::vector<EvaluatorPtr> targets_;
  std::vector<Batch> held_;
  std::vector<NodeId> nodes_;
  bool done_ = false;
  size_t next_ = 0;
};

template <typename T>
absl::StatusOr<OperatorPtr> Make(const plan::Node& node, OperatorPtr input, Context& c) {
  auto out = std::make_unique<T>(node, c, std::move(input));
  SKEIN_RETURN_IF_ERROR(out->Compile());
  return OperatorPtr(std::move(out));
}

}  // namespace

absl::StatusOr<OperatorPtr> MakeCreate(const plan::Node& node, OperatorPtr input, Context& c) {
  return Make<CreateOperator>(node, std::move(input), c);
}
absl::StatusOr<OperatorPtr> MakeSet(const plan::Node& node, OperatorPtr input, Context& c) {
  return Make<SetOperator>(node, std::move(input), c);
}
absl::StatusOr<OperatorPtr> MakeMerge(const plan::Node& node, OperatorPtr input, Context& c) {
  return Make<MergeOperator>(node, std::move(input), c);
}
absl::StatusOr<OperatorPtr> MakeDelete(const plan::Node& node, OperatorPtr input, Context& c) {
  return Make<DeleteOperator>(node, std::move(input), c);
}

}  // namespace skein::exec
