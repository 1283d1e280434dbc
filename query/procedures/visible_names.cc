#include "query/procedures/visible_names.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "storage/base/status.h"
#include "storage/fusion/fused_reader.h"
#include "storage/schema/catalog.h"

namespace skein::procedures {

namespace {

class Sampler {
 public:
  Sampler(const Reader& reader, const Viewer& viewer, Budget& budget)
      : reader_(reader), viewer_(viewer), budget_(budget) {}

  absl::StatusOr<KeySet> Run() {
    SKEIN_RETURN_IF_ERROR(AddNodes(std::nullopt));
    const uint32_t labels = reader_.catalog().label_count();
    for (uint32_t i = 0; i < labels; ++i) {
      SKEIN_ASSIGN_OR_RETURN(const uint64_t n, reader_.CountNodes(viewer_, LabelId{i}));
      if (n > 0) SKEIN_RETURN_IF_ERROR(AddNodes(LabelId{i}));
    }
    const std::vector<NodeId> nodes(nodes_.begin(), nodes_.end());
    std::vector<std::optional<NodeRecord>> records;
    SKEIN_RETURN_IF_ERROR(reader_.GetNodes(viewer_, nodes, &records));
    for (const auto& record : records) {
      if (record.has_value()) Note(record->properties);
    }
    SKEIN_RETURN_IF_ERROR(AddLinks(nodes));
    return std::move(keys_);
  }

 private:
  void Note(const std::vector<PropertyEntry>& properties) {
    for (const PropertyEntry& entry : properties) keys_.insert(entry.key);
  }

  absl::Status AddNodes(std::optional<LabelId> label) {
    SKEIN_ASSIGN_OR_RETURN(const auto cursor, reader_.ScanNodes(viewer_, label, budget_));
    std::vector<uint64_t> ids;
    for (size_t left = kNodesSampled; left > 0; left -= ids.size()) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(left, &ids));
      if (!more) break;
      for (const uint64_t id : ids) nodes_.insert(NodeId{id});
    }
    return absl::OkStatus();
  }

  absl::Status AddLinks(const std::vector<NodeId>& nodes) {
    // Whole vertices, so that which links are seen does not depend on the order of their types.
    constexpr size_t kFrontier = 64;
    ExpandOptions options;
    options.links = options.type = true;
    std::map<LinkTypeId, std::set<LinkId>> links;
    size_t rows = 0;
    for (size_t at = 0; at < nodes.size() && rows < kRowsSampled; at += kFrontier) {
      const std::span<const NodeId> frontier(nodes.data() + at,
                                             std::min(kFrontier, nodes.size() - at));
      SKEIN_ASSIGN_OR_RETURN(const auto cursor,
                             reader_.Expand(viewer_, frontier, options, budget_));
      ExpandBatch batch;
      for (;;) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&batch));
        if (!more) break;
        rows += batch.size();
        for (size_t i = 0; i < batch.size(); ++i) {
          std::set<LinkId>& of_type = links[batch.type[i]];
          if (of_type.size() < kLinksSampled) of_type.insert(batch.link[i]);
        }
      }
    }
    std::vector<LinkId> ids;
    for (const auto& [type, of_type] : links) ids.insert(ids.end(), of_type.begin(), of_type.end());
    std::sort(ids.begin(), ids.end());
    std::vector<std::optional<LinkRecord>> records;
    SKEIN_RETURN_IF_ERROR(reader_.GetLinks(viewer_, ids, &records));
    for (const auto& record : records) {
      if (record.has_value()) Note(record->properties);
    }
    return absl::OkStatus();
  }

  const Reader& reader_;
  const Viewer& viewer_;
  Budget& budget_;
  std::set<NodeId> nodes_;
  KeySet keys_;
};

}  // namespace

absl::StatusOr<bool> IsVisible(const Reader& reader, const Viewer& viewer, LabelId label) {
  SKEIN_ASSIGN_OR_RETURN(const uint64_t count, Unfused(reader).CountNodes(viewer, label));
  return count > 0;
}

absl::StatusOr<bool> IsVisible(const Reader& reader, const Viewer& viewer, LinkTypeId type) {
  SKEIN_ASSIGN_OR_RETURN(const uint64_t count, Unfused(reader).CountLinks(viewer, type));
  return count > 0;
}

std::optional<LabelId> FindVisibleLabel(const Reader& reader, const Viewer& viewer,
                                        std::string_view name) {
  const auto id = reader.catalog().FindLabel(name);
  if (!id.has_value() || viewer.sees_all()) return id;
  const auto visible = IsVisible(reader, viewer, *id);
  return visible.ok() && !*visible ? std::nullopt : id;
}

std::optional<LinkTypeId> FindVisibleType(const Reader& reader, const Viewer& viewer,
                                          std::string_view name) {
  const auto id = reader.catalog().FindLinkType(name);
  if (!id.has_value() || viewer.sees_all()) return id;
  const auto visible = IsVisible(reader, viewer, *id);
  return visible.ok() && !*visible ? std::nullopt : id;
}

namespace {

// No name is given it, and it does not stand for all names either.
constexpr uint32_t kNobodys = UINT32_MAX - 1;

}  // namespace

std::optional<LabelId> FindLabelFor(const Reader& reader, const Viewer& viewer,
                                    std::string_view name) {
  const auto id = reader.catalog().FindLabel(name);
  if (!id.has_value() && !viewer.sees_all()) return LabelId{kNobodys};
  return id;
}

std::optional<LinkTypeId> FindTypeFor(const Reader& reader, const Viewer& viewer,
                                      std::string_view name) {
  const auto id = reader.catalog().FindLinkType(name);
  if (!id.has_value() && !viewer.sees_all()) return LinkTypeId{kNobodys};
  return id;
}

std::optional<KeyId> FindKeyFor(const Reader& reader, const Viewer& viewer, std::string_view name) {
  const auto id = reader.catalog().FindKey(name);
  if (!id.has_value() && !viewer.sees_all()) return KeyId{kNobodys};
  return id;
}

absl::StatusOr<KeySet> VisibleKeys(const Reader& reader, const Viewer& viewer, Budget& budget) {
  if (!viewer.sees_all()) return Sampler(Unfused(reader), viewer, budget).Run();
  KeySet all;
  const uint32_t count = reader.catalog().key_count();
  for (uint32_t i = 0; i < count; ++i) all.insert(KeyId{i});
  return all;
}

absl::StatusOr<std::shared_ptr<const KeySet>> VisibleKeyCache::Get(const Reader& reader,
                                                                   const Viewer& viewer) {
  return Younger(reader, viewer, kMissingFor);
}

absl::StatusOr<bool> VisibleKeyCache::Has(const Reader& reader, const Viewer& viewer, KeyId key) {
  SKEIN_ASSIGN_OR_RETURN(std::shared_ptr<const KeySet> keys, Younger(reader, viewer, kFreshFor));
  if (keys->contains(key)) return true;
  SKEIN_ASSIGN_OR_RETURN(keys, Younger(reader, viewer, kMissingFor));
  return keys->contains(key);
}

absl::StatusOr<std::shared_ptr<const KeySet>> VisibleKeyCache::Younger(const Reader& reader,
                                                                       const Viewer& viewer,
                                                                       uint64_t age) {
  const uint64_t version = Raw(reader.version());
  const std::string who(viewer.CacheKey());
  {
    absl::MutexLock lock(&mu_);
    const auto it = entries_.find(who);
    // A reader of an older version takes a sample of its own, and leaves it to the next.
    if (it != entries_.end() && it->second.version <= version &&
        version - it->second.version < age) {
      return it->second.keys;
    }
  }
  Budget budget;
  SKEIN_ASSIGN_OR_RETURN(KeySet keys, VisibleKeys(reader, viewer, budget));
  auto made = std::make_shared<const KeySet>(std::move(keys));
  absl::MutexLock lock(&mu_);
  if (entries_.size() >= kViewersMax) entries_.clear();
  entries_[who] = {made, version};
  return made;
}

}  // namespace skein::procedures
