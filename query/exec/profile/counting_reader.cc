#include "query/exec/profile/counting_reader.h"

#include <optional>
#include <span>
#include <string_view>

#include "storage/fusion/fused_reader.h"
#include "storage/schema/catalog.h"

namespace skein::exec {

namespace {

class CountingReader final : public Reader, public ReaderView {
 public:
  CountingReader(const Reader& reader, uint64_t* calls) : reader_(reader), calls_(*calls) {}

  // Who looks below is not counted.
  const Reader& below() const override { return reader_; }

  const Catalog& catalog() const override { return reader_.catalog(); }

  Version version() const override { return reader_.version(); }
  absl::StatusOr<std::unique_ptr<ExpandCursor>> Expand(const Viewer& viewer,
                                                       std::span<const NodeId> frontier,
                                                       const ExpandOptions& options,
                                                       Budget& budget) const override {
    ++calls_;
    return reader_.Expand(viewer, frontier, options, budget);
  }
  absl::Status Degrees(const Viewer& viewer, std::span<const NodeId> frontier,
                       const ExpandOptions& options, Budget& budget,
                       std::vector<uint64_t>* out) const override {
    ++calls_;
    return reader_.Degrees(viewer, frontier, options, budget, out);
  }
  absl::StatusOr<std::vector<NeighbourCount>> CountNeighbours(const Viewer& viewer, NodeId node,
                                                              const ValidTime& window,
                                                              Budget& budget) const override {
    ++calls_;
    return reader_.CountNeighbours(viewer, node, window, budget);
  }
  absl::Status GetNodes(const Viewer& viewer, std::span<const NodeId> ids,
                        std::vector<std::optional<NodeRecord>>* out) const override {
    ++calls_;
    return reader_.GetNodes(viewer, ids, out);
  }
  absl::Status GetLinks(const Viewer& viewer, std::span<const LinkId> ids,
                        std::vector<std::optional<LinkRecord>>* out) const override {
    ++calls_;
    return reader_.GetLinks(viewer, ids, out);
  }
  absl::Status GetNodeProperty(const Viewer& viewer, std::span<const NodeId> ids, KeyId key,
                               std::vector<Value>* out) const override {
    ++calls_;
    return reader_.GetNodeProperty(viewer, ids, key, out);
  }
  absl::Status GetLinkProperty(const Viewer& viewer, std::span<const LinkId> ids, KeyId key,
                               std::vector<Value>* out) const override {
    ++calls_;
    return reader_.GetLinkProperty(viewer, ids, key, out);
  }
  absl::Status GetLabels(const Viewer& viewer, std::span<const NodeId> ids,
                         std::vector<std::vector<LabelId>>* out) const override {
    ++calls_;
    return reader_.GetLabels(viewer, ids, out);
  }
  absl::Status FilterLabels(const Viewer& viewer, std::span<const NodeId> ids,
                            std::span<const LabelId> labels,
                            std::vector<uint8_t>* out) const override {
    ++calls_;
    return reader_.FilterLabels(viewer, ids, labels, out);
  }
  absl::Status GetLinkEnds(const Viewer& viewer, std::span<const LinkId> ids,
                           std::vector<LinkEnds>* out) const override {
    ++calls_;
    return reader_.GetLinkEnds(viewer, ids, out);
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> ScanNodes(const Viewer& viewer,
                                                      std::optional<LabelId> label,
                                                      Budget& budget) const override {
    ++calls_;
    return reader_.ScanNodes(viewer, label, budget);
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> ScanLinks(const Viewer& viewer,
                                                      std::span<const LinkTypeId> types,
                                                      Budget& budget) const override {
    ++calls_;
    return reader_.ScanLinks(viewer, types, budget);
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndex(const Viewer& viewer, uint32_t index,
                                                      std::span<const Value> equal,
                                                      Budget& budget) const override {
    ++calls_;
    return reader_.SeekIndex(viewer, index, equal, budget);
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndexRange(const Viewer& viewer, uint32_t index,
                                                           const IndexRange& range,
                                                           Budget& budget) const override {
    ++calls_;
    return reader_.SeekIndexRange(viewer, index, range, budget);
  }
  absl::StatusOr<std::unique_ptr<IdCursor>> SeekIndexArea(const Viewer& viewer, uint32_t index,
                                                          const PointArea& area,
                                                          Budget& budget) const override {
    ++calls_;
    return reader_.SeekIndexArea(viewer, index, area, budget);
  }
  absl::StatusOr<std::vector<TextHit>> SearchText(const Viewer& viewer, std::string_view text,
                                                  std::optional<LabelId> label, size_t limit,
                                                  Budget& budget) const override {
    ++calls_;
    return reader_.SearchText(viewer, text, label, limit, budget);
  }
  absl::StatusOr<uint64_t> CountNodes(const Viewer& viewer,
                                      std::optional<LabelId> label) const override {
    ++calls_;
    return reader_.CountNodes(viewer, label);
  }
  absl::StatusOr<uint64_t> CountLinks(const Viewer& viewer,
                                      std::optional<LinkTypeId> type) const override {
    ++calls_;
    return reader_.CountLinks(viewer, type);
  }

 private:
  const Reader& reader_;
  uint64_t& calls_;
};

}  // namespace

std::unique_ptr<Reader> MakeCountingReader(const Reader& reader, uint64_t* calls) {
  return std::make_unique<CountingReader>(reader, calls);
}

}  // namespace skein::exec
