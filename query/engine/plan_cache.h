// PlanCache: statements made ready, by text and by whose eyes they are for.
//
// Key       Text, viewer (what it sees decides statistics and so the plan), rewrites that are off,
//           and the number of schema changes so far. A plan is made anew when the graph has grown
//           or shrunk so much that its statistics no longer hold (looked at again for a version a
//           second younger), and when a time key has come or gone, or one that it rests on is
//           younger than the reader.
// Bounds    `max` plans and kBytesMax of text; when full, the half that was used least recently
//           goes.
// Threads   Safe from any thread; what is handed out is immutable and shared.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "query/engine/engine.h"
#include "query/plan/node.h"
#include "query/syntax/ast.h"
#include "storage/graph/reader.h"

namespace skein {

// A statement ready to run. For a schema command `plan` is empty and `syntax` says what to do.
struct Prepared {
  syntax::Statement syntax;
  plan::Plan plan;
  std::vector<std::string> columns;  // that it returns
  std::vector<bind::NameUse> names;
  std::vector<Notice> notices;  // of the plan
  double graph_size = 0;        // nodes and links when the plan was made
  double estimated_work = 0;    // see QuerySummary
  uint64_t time_key_epoch = 0;

  // Whether all of `names` were in use a moment before the version: to look at what stands behind
  // each, every time, costs more than many a query.
  bool NamesKnown(Version version) const;
  void NoteNamesKnown(Version version) const { known_.store(Raw(version)); }

 private:
  mutable std::atomic<uint64_t> known_{0};  // a version; 0: none
};

class PlanCache {
 public:
  static constexpr size_t kBytesMax = size_t{64} << 20;

  explicit PlanCache(size_t max) : max_(max) {}

  // From the cache, or parsed, bound and planned; errors are not remembered.
  absl::StatusOr<std::shared_ptr<const Prepared>> Get(std::string_view text, size_t text_bytes_max,
                                                      const Reader& reader, const Viewer& viewer,
                                                      const std::vector<std::string>& off);
  // Plans made before an index came or went are not used again.
  void SchemaChanged();

 private:
  struct Entry {
    std::shared_ptr<const Prepared> prepared;
    uint64_t used = 0;
    Version checked{};  // of the statistics
  };
  // Looked up without being made.
  struct KeyView {
    std::string_view text, viewer;
    const std::vector<std::string>* off = nullptr;
    uint64_t schema = 0;
  };
  struct Key {
    explicit Key(const KeyView& view)
        : text(view.text), viewer(view.viewer), off(*view.off), schema(view.schema) {}
    operator KeyView() const { return {text, viewer, &off, schema}; }  // NOLINT

    std::string text, viewer;
    std::vector<std::string> off;
    uint64_t schema = 0;
  };
  struct HashKey {
    using is_transparent = void;
    size_t operator()(const KeyView& key) const;
  };
  struct SameKey {
    using is_transparent = void;
    bool operator()(const KeyView& a, const KeyView& b) const;
  };
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const size_t max_;
  absl::Mutex mu_;
  absl::flat_hash_map<Key, Entry, HashKey, SameKey> entries_ ABSL_GUARDED_BY(mu_);
  size_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t clock_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t schema_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace skein
