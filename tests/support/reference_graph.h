// ReferenceGraph: the graph's contract on std::map, short enough to check by eye.
//
// What storage/graph answers, this answers by looking at everything, for one viewer. Copy it to
// remember a version. Errors of misuse (an id that is not there) stop the test.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "storage/base/status.h"
#include "storage/graph/graph.h"

namespace skein {

struct ExpandedRow {
  uint32_t source = 0;
  NodeId neighbour{};
  LinkId link{};
  LinkTypeId type{};
  bool outgoing = false;
  ValidTime valid;
  bool operator==(const ExpandedRow&) const = default;
};

class ReferenceGraph {
 public:
  std::map<NodeId, NodeRecord> nodes;
  std::map<LinkId, LinkRecord> links;

  bool Sees(const Viewer& viewer, NodeId id) const {
    const auto it = nodes.find(id);
    return it != nodes.end() && viewer.Sees(it->second.policy);
  }
  bool Sees(const Viewer& viewer, LinkId id) const {
    const auto it = links.find(id);
    return it != links.end() && viewer.Sees(it->second.policy) && Sees(viewer, it->second.from) &&
           Sees(viewer, it->second.to);
  }
  static bool HasLabel(const NodeRecord& node, LabelId label) {
    return std::find(node.labels.begin(), node.labels.end(), label) != node.labels.end();
  }
  static std::optional<Value> Property(const std::vector<PropertyEntry>& properties, KeyId key) {
    for (const PropertyEntry& entry : properties) {
      if (entry.key == key) return entry.value;
    }
    return std::nullopt;
  }
  // Sets or (null) removes; ascending by key.
  static void SetProperty(std::vector<PropertyEntry>* properties, KeyId key, const Value& value,
                          Provenance source) {
    std::erase_if(*properties, [key](const PropertyEntry& entry) { return entry.key == key; });
    if (!value.is_null()) properties->push_back({key, value, source});
    std::sort(properties->begin(), properties->end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
  }
  bool HasLinks(NodeId id) const {
    return std::any_of(links.begin(), links.end(), [id](const auto& link) {
      return link.second.from == id || link.second.to == id;
    });
  }

  std::vector<uint64_t> ScanNodes(const Viewer& viewer, std::optional<LabelId> label) const {
    std::vector<uint64_t> out;
    for (const auto& [id, node] : nodes) {
      if (Sees(viewer, id) && (!label || HasLabel(node, *label))) out.push_back(Raw(id));
    }
    return out;
  }
  std::vector<uint64_t> ScanLinks(const Viewer& viewer, const std::set<LinkTypeId>& types) const {
    std::vector<uint64_t> out;
    for (const auto& [id, link] : links) {
      if (Sees(viewer, id) && (types.empty() || types.contains(link.type))) out.push_back(Raw(id));
    }
    return out;
  }

  static bool InWindow(const ValidTime& valid, const ValidTime& window, bool by_start) {
    if (by_start) return window.from <= valid.from && valid.from < window.to;
    if (window == ValidTime{}) return true;
    if (valid.from == valid.to) return window.from <= valid.from && valid.from < window.to;
    return valid.from < window.to && window.from < valid.to;
  }

  std::vector<ExpandedRow> Expand(const Viewer& viewer, std::span<const NodeId> frontier,
                                  const ExpandOptions& options) const {
    std::vector<ExpandedRow> out;
    for (uint32_t i = 0; i < frontier.size(); ++i) {
      std::vector<ExpandedRow> rows;
      const ValidTime window = options.windows.empty() ? options.window : options.windows[i];
      for (const auto& [id, link] : links) {
        if (!Sees(viewer, id) || !InWindow(link.valid, window, options.by_start)) continue;
        if (!options.types.empty() && std::find(options.types.begin(), options.types.end(),
                                                link.type) == options.types.end()) {
          continue;
        }
        const bool out_too = options.direction != Direction::kIn && link.from == frontier[i];
        const bool in_too = options.direction != Direction::kOut && link.to == frontier[i] &&
                            !(out_too && options.loops_once);
        if (out_too) rows.push_back({i, link.to, id, link.type, true, link.valid});
        if (in_too) rows.push_back({i, link.from, id, link.type, false, link.valid});
      }
      std::sort(rows.begin(), rows.end(), [](const ExpandedRow& a, const ExpandedRow& b) {
        return std::tuple(!a.outgoing, a.type, a.valid.from, a.link) <
               std::tuple(!b.outgoing, b.type, b.valid.from, b.link);
      });
      out.insert(out.end(), rows.begin(), rows.end());
    }
    return out;
  }

  static bool Within(const Value& value, const IndexRange& range) {
    if (range.low) {
      const auto c = Comparable(value, *range.low);
      if (!c || *c < 0 || (*c == 0 && !range.low_inclusive)) return false;
    }
    if (!range.high) return true;
    const auto c = Comparable(value, *range.high);
    return c && *c <= 0 && (*c < 0 || range.high_inclusive);
  }

  // Nodes of the label whose values pass, by (values, id).
  template <typename Passes>
  std::vector<uint64_t> Seek(const Viewer& viewer, const IndexInfo& index,
                             const Passes& passes) const {
    std::vector<std::pair<std::vector<Value>, uint64_t>> found;
    for (const auto& [id, node] : nodes) {
      if (!Sees(viewer, id) || !HasLabel(node, index.label)) continue;
      std::vector<Value> values;
      for (const KeyId key : index.keys) {
        if (const auto value = Property(node.properties, key)) values.push_back(*value);
      }
      if (values.size() != index.keys.size() || !passes(std::span<const Value>(values))) continue;
      found.emplace_back(std::move(values), Raw(id));
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      for (size_t i = 0; i < a.first.size(); ++i) {
        if (const int c = Compare(a.first[i], b.first[i]); c != 0) return c < 0;
      }
      return a.second < b.second;
    });
    std::vector<uint64_t> out;
    out.reserve(found.size());
    for (const auto& [values, id] : found) out.push_back(id);
    return out;
  }
};

}  // namespace skein
