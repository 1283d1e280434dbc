// Names as a viewer knows them: labels and types that something visible carries; property keys as
// db.propertyKeys, completion and notices go by.
//
// Keys      The catalogue names every key that anybody has ever used, and a key that only hidden
//           elements carry must not show. Nothing counts elements by key, so who does not see
//           everything is told what a sample of the visible shows.
// Sample    The first kNodesSampled visible nodes of each label and of all, and of the links of
//           these up to kLinksSampled of each type; nodes are expanded until kRowsSampled links
//           have been seen. It rests on nothing that is hidden.
// Threads   Pure; VisibleKeyCache from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "storage/graph/reader.h"

namespace skein::procedures {

// Does anything visible carry it? Not counted among a statement's reads: how many names there are
// is nobody's business.
absl::StatusOr<bool> IsVisible(const Reader& reader, const Viewer& viewer, LabelId label);
absl::StatusOr<bool> IsVisible(const Reader& reader, const Viewer& viewer, LinkTypeId type);

// The label (type) of that name; nullopt where nothing visible carries it: then all that follows,
// reads of the store that PROFILE counts among it, is as if the name were in no use.
std::optional<LabelId> FindVisibleLabel(const Reader& reader, const Viewer& viewer,
                                        std::string_view name);
std::optional<LinkTypeId> FindVisibleType(const Reader& reader, const Viewer& viewer,
                                          std::string_view name);
// The label (type, key) of that name. Where it is in no use: nullopt for who sees everything, else
// one that nothing has, so that a name of hidden elements makes no difference: both are looked for,
// and nothing is found. Cost: a look-up in the catalogue, where the two above go through the
// counters of every policy.
std::optional<LabelId> FindLabelFor(const Reader& reader, const Viewer& viewer,
                                    std::string_view name);
std::optional<LinkTypeId> FindTypeFor(const Reader& reader, const Viewer& viewer,
                                      std::string_view name);
std::optional<KeyId> FindKeyFor(const Reader& reader, const Viewer& viewer, std::string_view name);

inline constexpr size_t kNodesSampled = 300;
inline constexpr size_t kLinksSampled = 200;
inline constexpr size_t kRowsSampled = 50'000;

using KeySet = std::set<KeyId>;

// All keys where the viewer sees everything. Cost: some ten thousand elements, else.
absl::StatusOr<KeySet> VisibleKeys(const Reader& reader, const Viewer& viewer, Budget& budget);

// Samples by viewer, so that not every statement takes one.
//
// Bounds    kViewersMax viewers; when full, all go. What was taken is used for kFreshFor of
//           versions, and for kMissingFor where it lacks the key that is asked for.
class VisibleKeyCache {
 public:
  static constexpr size_t kViewersMax = 256;
  static constexpr uint64_t kFreshFor = 60'000'000;  // versions are microseconds
  static constexpr uint64_t kMissingFor = 1'000'000;

  absl::StatusOr<std::shared_ptr<const KeySet>> Get(const Reader& reader, const Viewer& viewer);
  // Is the key in the sample?
  absl::StatusOr<bool> Has(const Reader& reader, const Viewer& viewer, KeyId key);

 private:
  struct Entry {
    std::shared_ptr<const KeySet> keys;
    uint64_t version = 0;
  };
  absl::StatusOr<std::shared_ptr<const KeySet>> Younger(const Reader& reader, const Viewer& viewer,
                                                        uint64_t age);

  absl::Mutex mu_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace skein::procedures
