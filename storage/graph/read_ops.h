// ReadOps: everything a Reader offers, computed from a Source for a viewer.
//
// Visibility is decided here and nowhere else. Snapshot and Transaction derive from
// SourceReader<Snapshot> and SourceReader<Transaction>, which only forward. Internal to
// storage/graph; the contracts are Reader's (reader.h).
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "storage/graph/reader.h"
#include "storage/graph/source.h"

namespace skein::read_ops {

absl::StatusOr<std::unique_ptr<ExpandCursor>> Expand(const Source& source, const Viewer& viewer,
                                                     std::span<const NodeId> frontier,
                                                     const ExpandOptions& options, Budget& budget);
absl::Status Degrees(const Source& source, const Viewer& viewer, std::span<const NodeId> frontier,
                     const ExpandOptions& options, Budget& budget, std::vector<uint64_t>* out);
absl::StatusOr<std::vector<NeighbourCount>> CountNeighbours(const Source& source,
                                                            const Viewer& viewer, NodeId node,
                                                            const ValidTime& window,
                                                            Budget& budget);

// Visible nodes and links, nullptr for others; out is parallel to ids.
absl::Status VisibleNodes(const Source& source, const Viewer& viewer, std::span<const NodeId> ids,
                          std::vector<NodePtr>* out);
absl::Status VisibleLinks(const Source& source, const Viewer& viewer, std::span<const LinkId> ids,
                          std::vector<LinkPtr>* out);

absl::Status GetNodes(const Source& source, const Viewer& viewer, std::span<const NodeId> ids,
                      std::vector<std::optional<NodeRecord>>* out);
absl::Status GetLinks(const Source& source, const Viewer& viewer, std::span<const LinkId> ids,
                      std::vector<std::optional<LinkRecord>>* out);
absl::Status GetNodeProperty(const Source& source, const Viewer& viewer,
                             std::span<const NodeId> ids, KeyId key, std::vector<Value>* out);
absl::Status GetLinkProperty(const Source& source, const Viewer& viewer,
                             std::span<const LinkId> ids, KeyId key, std::vector<Value>* out);
absl::Status GetLabels(const Source& source, const Viewer& viewer, std::span<const NodeId> ids,
                       std::vector<std::vector<LabelId>>* out);
absl::Status FilterLabels(const Source& source, const Viewer& viewer, std::span<const NodeId> ids,
                          std::span<const LabelId> labels, std::vector<uint8_t>* out);
absl::Status GetLinkEnds(const Source& source, const Viewer& viewer, std::span<const LinkId> ids,
                         std::vector<LinkEnds>* out);

std::unique_ptr<IdCursor> ScanNodes(const Source& source, const Viewer& viewer,
                                    std::optional<LabelId> label, Budget& budget);
std::unique_ptr<IdCursor> ScanNodesWithin(const Source& source, const Viewer& viewer,
                                          std::optional<LabelId> label, NodeId from, NodeId to,
                                          Budget& budget);
std::unique_ptr<IdCursor> ScanLinks(const Source& source, const Viewer& viewer,
                                    std::span<const LinkTypeId> types, Budget& budget);
absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndex(const Source& source, const Viewer& viewer,
                                                    const Layout& layout, uint32_t index,
                                                    std::span<const Value> equal, Budget& budget);
absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndexRange(const Source& source, const Viewer& viewer,
                                                         const Layout& layout, uint32_t index,
                                                         const IndexRange& range, Budget& budget);
absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndexArea(const Source& source, const Viewer& viewer,
                                                        const Layout& layout, uint32_t index,
                                                        const PointArea& area, Budget& budget);
absl::StatusOr<std::vector<TextHit>> SearchText(const Source& source, const Viewer& viewer,
                                                std::string_view text, std::optional<LabelId> label,
                                                size_t limit, Budget& budget);
absl::StatusOr<uint64_t> CountNodes(const Source& source, const Viewer& viewer,
                                    std::optional<LabelId> label);
absl::StatusOr<uint64_t> CountLinks(const Source& source, const Viewer& viewer,
                                    std::optional<LinkTypeId> type);

// The property of a record, or nullptr.
const PropertyEntry* FindProperty(const std::vector<PropertyEntry>& properties, KeyId key);
bool HasLabel(const NodeRecord& node, LabelId label);

}  // namespace skein::read_ops

namespace skein {

// A Reader (Base: Snapshot or Transaction) over a Source that the derived class names.
template <typename Base>
class SourceReader : public Base, public FusionReader {
 public:
  virtual const Source& source() const = 0;
  virtual const Layout& layout() const = 0;

  const Catalog& catalog() const override { return source().stored_catalog(); }
  Version version() const override { return source().source_version(); }

  absl::StatusOr<std::unique_ptr<ExpandCursor>> Expand(const Viewer& viewer,
                                                       std::span<const NodeId> frontier,
                                                       const ExpandOptions& options,
                                                       Budget& budget) const override {
    return read_ops::Expand(source(), viewer, frontier, options, budget);
  }
  absl::Status Degrees(const Viewer& viewer, std::span<const NodeId> frontier,
                       const ExpandOptions& options, Budget& budget,
                       std::vector<uint64_t>* out) const override {
    return read_ops::Degrees(source(), viewer, frontier, options, budget, out);
  }
  absl::StatusOr<std::vector<NeighbourCount>> CountNeighbours(const Viewer& viewer, NodeId node,
                                                              const ValidTime& window,
                                                              Budget& budget) const override {
    return read_ops::CountNeighbours(source(), viewer, node, window, budget);
  }
  absl::Status GetNodes(const Viewer& viewer, std::span<const NodeId> ids,
                        std::vector<std::optional<NodeRecord>>* out) const override {
    return read_ops::GetNodes(source(), viewer, ids, out);
  }
  absl::Status GetLinks(const Viewer& viewer, std::span<const LinkId> ids,
                        std::vector<std::optional<LinkRecord>>* out) const override {
    return read_ops::GetLinks(source(), viewer, ids, out);
  }
  absl::Status GetNodeProperty(const Viewer& viewer, std::span<const NodeId> ids, KeyId key,
                               std::vector<Value>* out) const override {
    return read_ops::GetNodeProperty(source(), viewer, ids, key, out);
  }
  absl::Status GetLinkProperty(const Viewer& viewer, std::span<const LinkId> ids, KeyId key,
                               std::vector<Value>* out) const override {
    return read_ops::GetLinkProperty(source(), viewer, ids, key, out);
  }
  absl::Status GetLabels(const Viewer& viewer, std::span<const NodeId> ids,
                         std::vector<std::vector<LabelId>>* out) const override {
    return read_ops::GetLabels(source(), viewer, ids, out);
  }
  absl::Status FilterLabels(const Viewer& viewer, std::span<const NodeId> ids,
                            std::span<const LabelId> labels,
                            std::vector<uint8_t>* out) const override {
    return read_ops::FilterLabels(source(), viewer, ids, labels, out);
  }
  absl::Status GetLinkEnds(const Viewer& viewer, std::span<const LinkId> ids,
                           std::vector<LinkEnds>* out) const override {
    return read_ops::GetLinkEnds(source(), viewer, ids, out);
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> ScanNodes(const Viewer& viewer,
                                                      std::optional<LabelId> label,
                                                      Budget& budget) const override {
    return read_ops::ScanNodes(source(), viewer, label, budget);
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> ScanLinks(const Viewer& viewer,
                                                      std::span<const LinkTypeId> types,
                                                      Budget& budget) const override {
    return read_ops::ScanLinks(source(), viewer, types, budget);
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndex(const Viewer& viewer, uint32_t index,
                                                      std::span<const Value> equal,
                                                      Budget& budget) const override {
    return read_ops::SeekIndex(source(), viewer, layout(), index, equal, budget);
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndexRange(const Viewer& viewer, uint32_t index,
                                                           const IndexRange& range,
                                                           Budget& budget) const override {
    return read_ops::SeekIndexRange(source(), viewer, layout(), index, range, budget);
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndexArea(const Viewer& viewer, uint32_t index,
                                                          const PointArea& area,
                                                          Budget& budget) const override {
    return read_ops::SeekIndexArea(source(), viewer, layout(), index, area, budget);
  }
  absl::StatusOr<std::vector<TextHit>> SearchText(const Viewer& viewer, std::string_view text,
                                                  std::optional<LabelId> label, size_t limit,
                                                  Budget& budget) const override {
    return read_ops::SearchText(source(), viewer, text, label, limit, budget);
  }
  absl::Status FusionRows(std::span<const NodeId> ids,
                          std::vector<std::vector<FusionRow>>* out) const override {
    return source().FusionRows(ids, out);
  }
  FusedNodes& fused_nodes() const override { return source().fused_nodes(); }
  absl::StatusOr<std::string> FusionToken() const override { return source().FusionToken(); }
  absl::StatusOr<uint64_t> CountNodes(const Viewer& viewer,
                                      std::optional<LabelId> label) const override {
    return read_ops::CountNodes(source(), viewer, label);
  }
  absl::StatusOr<uint64_t> CountLinks(const Viewer& viewer,
                                      std::optional<LinkTypeId> type) const override {
    return read_ops::CountLinks(source(), viewer, type);
  }
};

}  // namespace skein
