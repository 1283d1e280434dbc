#include "query/exec/context.h"

#include <algorithm>
#include <utility>

#include "query/exec/profile/counting_reader.h"
#include "query/procedures/visible_names.h"
#include "query/syntax/error.h"
#include "storage/base/status.h"

namespace skein::exec {

Context::Context(const ContextOptions& options)
    : options_(options), real_clock_(options.clock == &Clock::Real()) {
  reader_ = options_.reader;
  if (!options_.measure) return;
  counting_ = MakeCountingReader(*options_.reader, &storage_calls_);
  reader_ = counting_.get();
}

std::unique_ptr<Context> Context::ForThread() const {
  ContextOptions options = options_;
  options.workers = nullptr;
  return std::make_unique<Context>(options);
}

namespace {

// Whether a fraction of a millisecond may have passed since the last time that this was true.
bool MayHavePassed(uint64_t* last) {
#if defined(__x86_64__)
  constexpr uint64_t kCycles = uint64_t{1} << 20;
  const uint64_t now = __builtin_ia32_rdtsc();
  if (now - *last < kCycles) return false;
  *last = now;
#else
  ++*last;
#endif
  return true;
}

}  // namespace

absl::Status Context::Check() {
  Budget& b = budget();
  if (b.deadline != absl::InfiniteFuture() && (!real_clock_ || MayHavePassed(&looked_)) &&
      options_.clock->Now() >= b.deadline) {
    b.expired.store(true, std::memory_order_relaxed);
  }
  return b.Check();
}

absl::StatusOr<const Value*> Context::Parameter(const std::string& name, Position at) const {
  const ValueMap& all = *options_.parameters;
  // Sorted, as maps are, unless the caller made it by hand: thousands of parameters are looked up.
  const auto near = std::lower_bound(
      all.begin(), all.end(), name,
      [](const auto& entry, const std::string& wanted) { return entry.first < wanted; });
  if (near != all.end() && near->first == name) return &near->second;
  const auto it = std::find_if(all.begin(), all.end(),
                               [&name](const auto& entry) { return entry.first == name; });
  if (it != all.end()) return &it->second;
  return MakeQueryError(ErrorClass::kParameterMissing, ErrorDetail::kMissingParameter,
                        "parameter `" + name + "` is not given", at);
}

std::optional<LabelId> Context::Label(const std::string& name) {
  if (Writes()) return reader().catalog().FindLabel(name);
  return procedures::FindLabelFor(*options_.reader, viewer(), name);
}

std::optional<LinkTypeId> Context::Type(const std::string& name) {
  if (Writes()) return reader().catalog().FindLinkType(name);
  return procedures::FindTypeFor(*options_.reader, viewer(), name);
}

std::optional<KeyId> Context::Key(const std::string& name) {
  if (Writes()) return reader().catalog().FindKey(name);
  return procedures::FindKeyFor(*options_.reader, viewer(), name);
}

std::vector<LinkTypeId> Context::Types(const std::vector<std::string>& names, bool* none) {
  std::vector<LinkTypeId> out;
  out.reserve(names.size());
  for (const std::string& name : names) {
    if (const auto id = Type(name); id.has_value()) out.push_back(*id);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  *none = !names.empty() && out.empty();
  return out;
}

absl::Status Context::DeletedError() {
  return MakeQueryError(ErrorClass::kEntityNotFound, ErrorDetail::kDeletedEntityAccess,
                        "the element was deleted by this statement");
}

void Context::DeferNodeDeletes(const std::vector<NodeId>& nodes) {
  deferred_.insert(deferred_.end(), nodes.begin(), nodes.end());
}

absl::Status Context::DeleteUnlinkedNodes() {
  if (deferred_.empty()) return absl::OkStatus();
  std::vector<uint64_t> degrees;
  SKEIN_RETURN_IF_ERROR(reader().Degrees(viewer(), deferred_, {}, budget(), &degrees));
  std::vector<NodeId> left;
  for (size_t i = 0; i < deferred_.size(); ++i) {
    if (degrees[i] > 0) {
      left.push_back(deferred_[i]);
    } else {
      SKEIN_RETURN_IF_ERROR(transaction()->DeleteNode(deferred_[i]));
    }
  }
  deferred_ = std::move(left);
  return absl::OkStatus();
}

absl::Status Context::FinishDeletes() {
  SKEIN_RETURN_IF_ERROR(DeleteUnlinkedNodes());
  if (deferred_.empty()) return absl::OkStatus();
  return MakeQueryError(ErrorClass::kConstraintVerificationFailed,
                        ErrorDetail::kDeleteConnectedNode,
                        "a node that still has relationships cannot be deleted; DETACH DELETE "
                        "deletes them too");
}

ValueMap Context::ToMap(const std::vector<PropertyEntry>& entries) const {
  ValueMap out;
  out.reserve(entries.size());
  for (const PropertyEntry& entry : entries) {
    out.emplace_back(std::string(reader().catalog().Name(entry.key)), entry.value);
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return out;
}

absl::Status Context::Prefetch(Wanted wanted, std::span<const Value> elements) {
  std::vector<NodeId> nodes;
  std::vector<LinkId> links;
  for (const Value& v : elements) {
    if (v.kind() == ValueKind::kNode) nodes.push_back(v.node());
    if (v.kind() == ValueKind::kLink) links.push_back(v.link());
  }
  if (wanted == Wanted::kLabels && !nodes.empty()) {
    std::vector<std::vector<LabelId>> labels;
    SKEIN_RETURN_IF_ERROR(reader().GetLabels(viewer(), nodes, &labels));
    for (size_t i = 0; i < nodes.size(); ++i) {
      std::vector<std::string>& names = labels_of_[nodes[i]];
      names.clear();
      for (const LabelId id : labels[i]) names.emplace_back(reader().catalog().Name(id));
      // By name: the order of ids tells who used a label first, seen or hidden.
      std::sort(names.begin(), names.end());
    }
  }
  if (wanted == Wanted::kEnds && !links.empty()) {
    std::vector<LinkEnds> ends;
    SKEIN_RETURN_IF_ERROR(reader().GetLinkEnds(viewer(), links, &ends));
    for (size_t i = 0; i < links.size(); ++i) ends_of_[links[i]] = ends[i];
  }
  if (wanted == Wanted::kProperties && !nodes.empty()) {
    std::vector<std::optional<NodeRecord>> records;
    SKEIN_RETURN_IF_ERROR(reader().GetNodes(viewer(), nodes, &records));
    for (size_t i = 0; i < nodes.size(); ++i) {
      node_properties_[nodes[i]] =
          records[i].has_value() ? ToMap(records[i]->properties) : ValueMap();
    }
  }
  if (wanted == Wanted::kProperties && !links.empty()) {
    std::vector<std::optional<LinkRecord>> records;
    SKEIN_RETURN_IF_ERROR(reader().GetLinks(viewer(), links, &records));
    for (size_t i = 0; i < links.size(); ++i) {
      link_properties_[links[i]] =
          records[i].has_value() ? ToMap(records[i]->properties) : ValueMap();
    }
  }
  return absl::OkStatus();
}

void Context::DropPrefetched() {
  labels_of_.clear();
  node_properties_.clear();
  link_properties_.clear();
  ends_of_.clear();
}

absl::StatusOr<std::vector<std::string>> Context::LabelsOf(NodeId node) {
  if (IsDeleted(node)) return DeletedError();
  if (const auto it = labels_of_.find(node); it != labels_of_.end()) return it->second;
  std::vector<std::vector<LabelId>> labels;
  SKEIN_RETURN_IF_ERROR(reader().GetLabels(viewer(), {&node, 1}, &labels));
  std::vector<std::string> names;
  names.reserve(labels[0].size());
  for (const LabelId id : labels[0]) names.emplace_back(reader().catalog().Name(id));
  return names;
}

absl::StatusOr<LinkEnds> Context::LinkEndsOf(LinkId link) {
  if (const auto it = ends_of_.find(link); it != ends_of_.end()) return it->second;
  const Value v = Value::Link(link);
  SKEIN_RETURN_IF_ERROR(Prefetch(Wanted::kEnds, {&v, 1}));
  return ends_of_[link];
}

absl::StatusOr<std::string> Context::TypeNameOf(LinkId link) {
  if (IsDeleted(link)) {
    const auto it = deleted_types_.find(link);
    if (it == deleted_types_.end()) return DeletedError();
    return std::string(reader().catalog().Name(it->second));
  }
  SKEIN_ASSIGN_OR_RETURN(const LinkEnds ends, LinkEndsOf(link));
  if (ends.from == kNoNode) return std::string();
  return std::string(reader().catalog().Name(ends.type));
}

absl::StatusOr<Context::Ends> Context::EndsOf(LinkId link) {
  if (IsDeleted(link)) return DeletedError();
  SKEIN_ASSIGN_OR_RETURN(const LinkEnds ends, LinkEndsOf(link));
  return Ends{ends.from, ends.to};
}

absl::StatusOr<ValueMap> Context::PropertiesOf(NodeId node) {
  if (IsDeleted(node)) return DeletedError();
  if (const auto it = node_properties_.find(node); it != node_properties_.end()) return it->second;
  const Value v = Value::Node(node);
  SKEIN_RETURN_IF_ERROR(Prefetch(Wanted::kProperties, {&v, 1}));
  return node_properties_[node];
}

absl::StatusOr<ValueMap> Context::PropertiesOf(LinkId link) {
  if (IsDeleted(link)) return DeletedError();
  if (const auto it = link_properties_.find(link); it != link_properties_.end()) return it->second;
  const Value v = Value::Link(link);
  SKEIN_RETURN_IF_ERROR(Prefetch(Wanted::kProperties, {&v, 1}));
  return link_properties_[link];
}

absl::StatusOr<Value> Context::PropertyOf(NodeId node, std::string_view key) {
  if (IsDeleted(node)) return DeletedError();
  const auto id = Key(std::string(key));
  if (!id.has_value()) return Value();
  std::vector<Value> out;
  SKEIN_RETURN_IF_ERROR(reader().GetNodeProperty(viewer(), {&node, 1}, *id, &out));
  return std::move(out[0]);
}

absl::StatusOr<Value> Context::PropertyOf(LinkId link, std::string_view key) {
  if (IsDeleted(link)) return DeletedError();
  const auto id = Key(std::string(key));
  if (!id.has_value()) return Value();
  std::vector<Value> out;
  SKEIN_RETURN_IF_ERROR(reader().GetLinkProperty(viewer(), {&link, 1}, *id, &out));
  return std::move(out[0]);
}

absl::StatusOr<ValidTime> Context::ValidOf(NodeId node) {
  std::vector<std::optional<NodeRecord>> records;
  SKEIN_RETURN_IF_ERROR(reader().GetNodes(viewer(), std::span(&node, 1), &records));
  return records[0].has_value() ? records[0]->valid : ValidTime();
}

absl::StatusOr<ValidTime> Context::ValidOf(LinkId link) {
  std::vector<std::optional<LinkRecord>> records;
  SKEIN_RETURN_IF_ERROR(reader().GetLinks(viewer(), std::span(&link, 1), &records));
  return records[0].has_value() ? records[0]->valid : ValidTime();
}

absl::StatusOr<int64_t> Context::DegreeOf(NodeId node, Ways ways, std::string_view type) {
  if (IsDeleted(node)) return DeletedError();
  ExpandOptions options;
  if (ways == Ways::kOut) options.direction = Direction::kOut;
  if (ways == Ways::kIn) options.direction = Direction::kIn;
  if (!type.empty()) {
    const auto id = Type(std::string(type));
    if (!id.has_value()) return 0;
    options.types = {*id};
  }
  std::vector<uint64_t> out;
  SKEIN_RETURN_IF_ERROR(reader().Degrees(viewer(), {&node, 1}, options, budget(), &out));
  return static_cast<int64_t>(out[0]);
}

absl::StatusOr<int64_t> Context::PublicIdOf(NodeId node) { return graph().EncodeElementId(node); }
absl::StatusOr<int64_t> Context::PublicIdOf(LinkId link) { return graph().EncodeElementId(link); }

double Context::Random() {
  // Seeded by the clock: rand() is allowed to differ between runs, and does.
  if (!random_) {
    random_.emplace(static_cast<uint64_t>(absl::ToUnixNanos(options_.statement_time)) ^
                    reinterpret_cast<uintptr_t>(this));
  }
  return std::uniform_real_distribution<double>(0, 1)(*random_);
}

absl::Status Context::Charge(uint64_t bytes) {
  const auto taken = static_cast<int64_t>(std::min<uint64_t>(bytes, INT64_MAX / 2));
  SKEIN_RETURN_IF_ERROR(budget().TakeBytes(taken));
  evaluation_bytes_ += taken;
  return absl::OkStatus();
}

void Context::GiveBackEvaluation() {
  budget().GiveBackBytes(evaluation_bytes_);
  evaluation_bytes_ = 0;
}

absl::Status MemoryCharge::Take(size_t bytes) {
  const auto n = static_cast<int64_t>(bytes);
  SKEIN_RETURN_IF_ERROR(budget_.TakeBytes(n));
  taken_ += n;
  return absl::OkStatus();
}

void MemoryCharge::Release() {
  budget_.GiveBackBytes(taken_);
  taken_ = 0;
}

}  // namespace skein::exec
