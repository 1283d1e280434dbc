// Runs: what one commit said of links, one row of table adjacency, until it is folded into pages.
// Internal to storage/graph and storage/care.
//
// Shape     A commit's links in order of their ids, each once: both its ends' lists follow from it.
//           While some runs are folded, page by page, the mark says which and how far: of those,
//           what concerns pages below its bound is in the pages already.
// Errors    Decoding gives nullopt for anything malformed.
// Source    docs/formats/graph.md
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/graph/adjacency_page.h"
#include "storage/keys/layout.h"
#include "storage/kv/store.h"

namespace skein {

struct RunLink {
  LinkId id{};
  LinkTypeId type{};
  NodeId from{}, to{};
  ValidTime valid;
  PolicyId policy{}, from_policy{}, to_policy{};
  bool was = false;  // what earlier chunks and runs say of it is void
  bool is = false;   // it is there now
};
// Of the link as it is, or (gone) as it was.
RunLink RunLinkOf(const StoredLink& link, bool was, bool is);

// One statement about one end's list.
struct RecentHalf {
  Version at{};
  AdjacencyEntry entry;
  PolicyId policy{};   // of the vertex
  uint8_t vertex = 0;  // within its page
};
// What the link says of the list of its beginning (outgoing) or its end: a void one before a new
// one.
void AppendHalves(const RunLink& link, bool outgoing, Version at, std::vector<RecentHalf>* out);
// One chunk of a page, from statements in order of writing; at least one.
std::string ChunkOfHalves(uint64_t page, std::span<const RecentHalf> halves);

struct LinkRun {
  Version at{};
  uint64_t number = 0;
  std::vector<RunLink> links;
};
// The stamp lies at kStampAt.
std::string EncodeRun(std::span<const RunLink> links, Stamp stamp);
std::optional<LinkRun> DecodeRun(uint64_t number, std::string_view bytes);

// The mark: of these runs, pages below `bound` are folded.
struct RunsFolded {
  uint64_t bound = 0;
  std::vector<uint64_t> numbers;  // ascending
  bool Has(uint64_t number) const;
};
std::string EncodeRunsFolded(const RunsFolded& folded);
std::optional<RunsFolded> DecodeRunsFolded(std::string_view bytes);

// All runs of a view, in order of their numbers.
struct StoredRuns {
  std::vector<LinkRun> runs;
  std::optional<RunsFolded> folded;
  std::vector<std::string> damaged;  // keys of rows that do not decode
  // What no page has yet, by page.
  std::map<uint64_t, std::vector<RecentHalf>> Halves() const;
};
absl::StatusOr<StoredRuns> ReadRuns(Store& store, const View& view, const Layout& layout);

// Folds all runs that decode into pages and drops the others, without a graph; for repairs. Nobody
// else uses the store.
absl::Status FoldStoredRuns(Store& store, const Layout& layout);

}  // namespace skein
