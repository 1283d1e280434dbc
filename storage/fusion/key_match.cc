#include "storage/fusion/key_match.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "storage/base/status.h"
#include "storage/fusion/assertion.h"

namespace skein {
namespace {

constexpr size_t kBatch = 4096;
constexpr size_t kAssertionsPerCommit = 5000;
constexpr int kConflictRetries = 5;

struct Keyed {
  uint64_t hash = 0;
  NodeId node{};
  bool operator<(const Keyed& other) const {
    return hash != other.hash ? hash < other.hash : node < other.node;
  }
};

// Blank texts are no document numbers.
bool CanMatch(const Value& value) {
  if (value.kind() != ValueKind::kString) return !value.is_null();
  return value.string().find_first_not_of(" \t\r\n") != std::string::npos;
}

uint64_t AssertionId(const KeyRule& rule, const Value& value, NodeId a, NodeId b) {
  const std::string text = rule.property + '\0' + ToLiteral(value) + '\0' + std::to_string(Raw(a)) +
                           '\0' + std::to_string(Raw(b));
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  uint64_t id = 0;
  std::memcpy(&id, digest, sizeof(id));
  return id == 0 ? 1 : id;
}

// Every node with one of the labels and the property, by the hash of its value.
absl::StatusOr<std::vector<Keyed>> Collect(const Reader& reader, const KeyRule& rule, KeyId key) {
  std::vector<Keyed> all;
  Budget budget;
  for (const std::string& name : rule.labels) {
    const auto label = reader.catalog().FindLabel(name);
    if (!label.has_value()) continue;
    const Viewer everyone = Viewer::All();  // the cursor borrows it
    SKEIN_ASSIGN_OR_RETURN(auto cursor, reader.ScanNodes(everyone, *label, budget));
    std::vector<uint64_t> ids;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(kBatch, &ids));
      if (!more) break;
      std::vector<NodeId> nodes;
      nodes.reserve(ids.size());
      for (const uint64_t id : ids) nodes.push_back(NodeId{id});
      std::vector<Value> values;
      SKEIN_RETURN_IF_ERROR(reader.GetNodeProperty(Viewer::All(), nodes, key, &values));
      for (size_t i = 0; i < nodes.size(); ++i) {
        if (CanMatch(values[i])) all.push_back({HashValue(values[i]), nodes[i]});
      }
    }
  }
  std::sort(all.begin(), all.end());
  // A node with two of the labels came twice.
  all.erase(std::unique(all.begin(), all.end(),
                        [](const Keyed& a, const Keyed& b) {
                          return a.hash == b.hash && a.node == b.node;
                        }),
            all.end());
  return all;
}

struct Match {
  NodeId a{};
  NodeId b{};
  uint64_t id = 0;
};

// Pairs of neighbours among nodes whose values are equal, not only their hashes.
absl::Status MatchGroup(const Reader& reader, const KeyRule& rule, KeyId key,
                        std::span<const Keyed> group, std::vector<Match>* out, KeyMatches* counts) {
  std::vector<NodeId> nodes;
  for (const Keyed& one : group) nodes.push_back(one.node);
  std::vector<Value> values;
  SKEIN_RETURN_IF_ERROR(reader.GetNodeProperty(Viewer::All(), nodes, key, &values));
  std::vector<uint8_t> taken(nodes.size(), 0);
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (taken[i] != 0) continue;
    std::vector<NodeId> equal = {nodes[i]};
    for (size_t j = i + 1; j < nodes.size(); ++j) {
      if (taken[j] != 0 || !SameValue(values[i], values[j])) continue;
      taken[j] = 1;
      equal.push_back(nodes[j]);
    }
    if (equal.size() > rule.most) {
      ++counts->too_common;
      continue;
    }
    for (size_t j = 0; j + 1 < equal.size(); ++j) {
      out->push_back(
          {equal[j], equal[j + 1], AssertionId(rule, values[i], equal[j], equal[j + 1])});
    }
  }
  return absl::OkStatus();
}

absl::Status Write(Graph& graph, const KeyRule& rule, const WriteContext& context, TimeUs now_us,
                   std::span<const Match> matches, KeyMatches* counts) {
  std::string labels;
  for (const std::string& label : rule.labels) labels += (labels.empty() ? "" : "|") + label;
  for (int attempt = 0;; ++attempt) {
    SKEIN_ASSIGN_OR_RETURN(auto transaction, graph.Begin(Viewer::All(), context));
    std::vector<NodeId> nodes;
    for (const Match& match : matches) nodes.push_back(match.a);
    std::vector<std::vector<FusionRow>> rows;
    const Reader& before = *transaction;
    SKEIN_RETURN_IF_ERROR(FusionOf(before).FusionRows(nodes, &rows));
    uint64_t made = 0;
    for (size_t i = 0; i < matches.size(); ++i) {
      const Match& match = matches[i];
      if (std::any_of(rows[i].begin(), rows[i].end(), [&match](const FusionRow& row) {
            return row.other == match.b && row.id == match.id;
          })) {
        continue;
      }
      SKEIN_RETURN_IF_ERROR(Assert(*transaction, Viewer::All(),
                                   {.a = match.a,
                                    .b = match.b,
                                    .grade = rule.grade,
                                    .basis = "key " + labels + "." + rule.property,
                                    .id = match.id},
                                   now_us)
                                .status());
      ++made;
    }
    const absl::StatusOr<Version> done = transaction->Commit();
    if (absl::IsAborted(done.status()) && attempt < kConflictRetries) continue;
    SKEIN_RETURN_IF_ERROR(done.status());
    counts->asserted += made;
    counts->unchanged += matches.size() - made;
    return absl::OkStatus();
  }
}

}  // namespace

absl::StatusOr<KeyMatches> AssertByKey(Graph& graph, const KeyRule& rule,
                                       const WriteContext& context, TimeUs now_us) {
  KeyMatches counts;
  SKEIN_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> reader, graph.Latest());
  const auto key = reader->catalog().FindKey(rule.property);
  if (!key.has_value()) return counts;
  SKEIN_ASSIGN_OR_RETURN(const std::vector<Keyed> all, Collect(*reader, rule, *key));
  std::vector<Match> matches;
  const auto write = [&] {
    absl::Status status = Write(graph, rule, context, now_us, matches, &counts);
    matches.clear();
    return status;
  };
  // Groups of equal hashes; a group far above `most` is one common value, and is not compared.
  for (size_t begin = 0; begin < all.size();) {
    size_t end = begin + 1;
    while (end < all.size() && all[end].hash == all[begin].hash) ++end;
    const size_t size = end - begin;
    if (size > 2 * rule.most) {
      ++counts.too_common;
    } else if (size > 1) {
      SKEIN_RETURN_IF_ERROR(
          MatchGroup(*reader, rule, *key, {all.data() + begin, size}, &matches, &counts));
    }
    if (matches.size() >= kAssertionsPerCommit) SKEIN_RETURN_IF_ERROR(write());
    begin = end;
  }
  if (!matches.empty()) SKEIN_RETURN_IF_ERROR(write());
  return counts;
}

}  // namespace skein
