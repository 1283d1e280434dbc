// Intersect: the vertices that several bound ones all have a link to, without listing the links of
// any one of them as rows first. What closes triangles and cliques.
//
// Method    The links of every distinct bound vertex of a chunk of rows are listed once, sorted by
//           the other end. A row goes through the shortest of its lists and looks the others up by
//           binary search (the "leapfrog" idea of Veldhuizen, "Leapfrog Triejoin", ICDT 2014, with
//           binary search in place of seeks: lists are in memory). Where one leg's vertices have
//           far more links than what the other legs leave, its links are listed from the
//           candidates' side instead, so that a hub is not enumerated for the sake of a few.
// Bounds    A chunk's lists hold kEntriesMax links, or those of one row; they are charged.
#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "query/exec/links.h"
#include "query/exec/operators.h"
#include "storage/base/status.h"

namespace skein::exec {

namespace {

constexpr uint64_t kEntriesMax = uint64_t{1} << 20;
// Rows of output after which the operator hands up what it has.
constexpr size_t kCheckEvery = 4096;

struct Entry {
  NodeId other{};
  LinkId link = kNoLink;
};

bool Before(const Entry& a, const Entry& b) {
  return a.other != b.other ? a.other < b.other : a.link < b.link;
}

Direction Turned(Direction d) {
  if (d == Direction::kOut) return Direction::kIn;
  return d == Direction::kIn ? Direction::kOut : Direction::kBoth;
}

// Links of some vertices, by vertex, each list sorted by the other end.
class Lists {
 public:
  explicit Lists(Budget& budget) : charge_(budget) {}

  void Clear() {
    places_.clear();
    entries_.clear();
    charge_.Release();
  }

  absl::Status Fill(Context& context, const std::vector<NodeId>& vertices,
                    const ExpandOptions& options) {
    Clear();
    std::vector<std::pair<size_t, size_t>> ranges(vertices.size());
    SKEIN_ASSIGN_OR_RETURN(auto cursor, context.reader().Expand(context.viewer(), vertices, options,
                                                                context.budget()));
    ExpandBatch found;
    uint32_t at = UINT32_MAX;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&found));
      if (!more) break;
      SKEIN_RETURN_IF_ERROR(charge_.Take(found.size() * sizeof(Entry)));
      for (size_t i = 0; i < found.size(); ++i) {
        if (found.source[i] != at) {
          at = found.source[i];
          ranges[at] = {entries_.size(), entries_.size()};
        }
        entries_.push_back({found.neighbour[i], options.links ? found.link[i] : kNoLink});
        ranges[at].second = entries_.size();
      }
      SKEIN_RETURN_IF_ERROR(context.Check());
    }
    for (size_t v = 0; v < vertices.size(); ++v) {
      const auto [begin, end] = ranges[v];
      std::sort(entries_.begin() + static_cast<ptrdiff_t>(begin),
                entries_.begin() + static_cast<ptrdiff_t>(end), Before);
      places_.emplace(vertices[v], ranges[v]);
    }
    return absl::OkStatus();
  }

  std::span<const Entry> Of(NodeId vertex) const {
    const auto it = places_.find(vertex);
    if (it == places_.end()) return {};
    return std::span(entries_).subspan(it->second.first, it->second.second - it->second.first);
  }
  std::span<const Entry> Between(NodeId vertex, NodeId other) const {
    const std::span<const Entry> all = Of(vertex);
    const auto begin = std::partition_point(all.begin(), all.end(),
                                            [other](const Entry& e) { return e.other < other; });
    auto end = begin;
    while (end != all.end() && end->other == other) ++end;
    return {begin, end};
  }

 private:
  MemoryCharge charge_;
  absl::flat_hash_map<NodeId, std::pair<size_t, size_t>> places_;
  std::vector<Entry> entries_;
};

class IntersectOperator final : public UnaryOperator {
 public:
  IntersectOperator(const plan::Node& node, Context& context, OperatorPtr input)
      : UnaryOperator(node, context, std::move(input)), charge_(context.budget()) {
    for (size_t i = 0; i < node.legs.size(); ++i) {
      legs_.push_back(std::make_unique<Leg>(context.budget()));
    }
  }

  absl::Status Open() override {
    batch_.Clear();
    row_ = 0;
    ClearOutput();
    return input_->Open();
  }

 protected:
  absl::StatusOr<bool> DoNext(Batch* out) override {
    while (next_ >= out_rows_.size()) {
      ClearOutput();
      if (row_ >= batch_.rows) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, input_->Next(&batch_));
        if (!more) return false;
        row_ = 0;
        SKEIN_RETURN_IF_ERROR(StartBatch());
      }
      SKEIN_RETURN_IF_ERROR(NextChunk());
    }
    const size_t n = std::min<size_t>(context_.batch_rows(), out_rows_.size() - next_);
    const auto from = static_cast<ptrdiff_t>(next_);
    const auto to = static_cast<ptrdiff_t>(next_ + n);
    out->Gather(batch_, std::span(out_rows_).subspan(next_, n), live());
    if (IsLive(node_.to)) {
      out->at(node_.to) = Column::Nodes({out_nodes_.begin() + from, out_nodes_.begin() + to});
    }
    for (size_t l = 0; l < legs_.size(); ++l) {
      const Slot slot = node_.legs[l].link;
      if (slot == kNoSlot || !IsLive(slot)) continue;
      const std::vector<LinkId>& links = legs_[l]->out;
      out->at(slot) = Column::Links({links.begin() + from, links.begin() + to});
    }
    next_ += n;
    return true;
  }

 private:
  struct Leg {
    explicit Leg(Budget& budget) : lists(budget) {}
    ExpandOptions options;
    bool none = false;
    std::vector<NodeId> from;        // by row of the batch
    DistinctLinks distinct;          // links of the row
    std::vector<size_t> other_legs;  // before this one, that it must differ from
    bool by_candidate = false;       // lists are those of the other ends
    Lists lists;
    std::vector<LinkId> out;
  };

  void ClearOutput() {
    next_ = 0;
    out_rows_.clear();
    out_nodes_.clear();
    for (auto& leg : legs_) leg->out.clear();
    charge_.Release();
    charged_ = 0;
  }

  absl::Status StartBatch() {
    for (size_t l = 0; l < legs_.size(); ++l) {
      Leg& leg = *legs_[l];
      const plan::Leg& plan = node_.legs[l];
      leg.options = ExpandOptions();
      leg.options.direction = ToDirection(plan.direction);
      leg.options.types = context_.Types(plan.types, &leg.none);
      SKEIN_ASSIGN_OR_RETURN(leg.from, AsNodes(batch_.at(plan.from)));
      std::vector<Slot> bound;
      leg.other_legs.clear();
      for (const Slot slot : plan.distinct_links) {
        const auto same = [slot](const plan::Leg& other) { return other.link == slot; };
        const auto it = std::find_if(node_.legs.begin(), node_.legs.end(), same);
        if (it == node_.legs.end()) {
          bound.push_back(slot);
        } else {
          leg.other_legs.push_back(static_cast<size_t>(it - node_.legs.begin()));
        }
      }
      leg.distinct.Reset(batch_, bound);
    }
    for (size_t l = 0; l < legs_.size(); ++l) {
      const Slot slot = node_.legs[l].link;
      const bool told_apart = std::any_of(legs_.begin(), legs_.end(), [l](const auto& leg) {
        return std::find(leg->other_legs.begin(), leg->other_legs.end(), l) !=
               leg->other_legs.end();
      });
      legs_[l]->options.links = (slot != kNoSlot && IsLive(slot)) || told_apart ||
                                !legs_[l]->distinct.empty() || !legs_[l]->other_legs.empty();
    }
    return absl::OkStatus();
  }

  // Vertices of a leg in rows [row_, end), each once, in order of appearance.
  std::vector<NodeId> Vertices(const Leg& leg, size_t end) const {
    std::vector<NodeId> out;
    absl::flat_hash_map<NodeId, bool> seen;
    for (size_t row = row_; row < end; ++row) {
      if (leg.from[row] != kNoNode && seen.try_emplace(leg.from[row], true).second) {
        out.push_back(leg.from[row]);
      }
    }
    return out;
  }

  absl::StatusOr<std::vector<uint64_t>> DegreesOf(const std::vector<NodeId>& vertices,
                                                  const ExpandOptions& options) const {
    std::vector<uint64_t> out;
    SKEIN_RETURN_IF_ERROR(
        context_.reader().Degrees(context_.viewer(), vertices, options, context_.budget(), &out));
    return out;
  }

  // As many rows as kEntriesMax allows of the leg with the fewest links: the others are listed
  // from their side, or from that of the candidates, which are no more than this leg's links.
  absl::Status NextChunk() {
    if (std::any_of(legs_.begin(), legs_.end(), [](const auto& leg) { return leg->none; })) {
      row_ = batch_.rows;
      return absl::OkStatus();
    }
    std::vector<absl::flat_hash_map<NodeId, uint64_t>> degrees(legs_.size());
    for (size_t l = 0; l < legs_.size(); ++l) {
      const std::vector<NodeId> vertices = Vertices(*legs_[l], batch_.rows);
      SKEIN_ASSIGN_OR_RETURN(const std::vector<uint64_t> found,
                             DegreesOf(vertices, legs_[l]->options));
      for (size_t i = 0; i < vertices.size(); ++i) degrees[l].emplace(vertices[i], found[i]);
    }
    size_t end = row_;
    std::vector<uint64_t> sums(legs_.size(), 0);
    std::vector<absl::flat_hash_map<NodeId, bool>> seen(legs_.size());
    while (end < batch_.rows) {
      for (size_t l = 0; l < legs_.size(); ++l) {
        const NodeId v = legs_[l]->from[end];
        if (v != kNoNode && seen[l].try_emplace(v, true).second) sums[l] += degrees[l].at(v);
      }
      ++end;
      if (*std::min_element(sums.begin(), sums.end()) > kEntriesMax) break;
    }
    SKEIN_RETURN_IF_ERROR(List(end, sums));
    SKEIN_RETURN_IF_ERROR(FindRows(end));
    row_ = end;
    return absl::OkStatus();
  }

  absl::Status List(size_t end, const std::vector<uint64_t>& sums) {
    const auto first =
        static_cast<size_t>(std::min_element(sums.begin(), sums.end()) - sums.begin());
    Leg& driver = *legs_[first];
    driver.by_candidate = false;
    const std::vector<NodeId> vertices = Vertices(driver, end);
    SKEIN_RETURN_IF_ERROR(driver.lists.Fill(context_, vertices, driver.options));
    std::vector<NodeId> candidates;
    for (size_t l = 0; l < legs_.size(); ++l) {
      if (l == first) continue;
      Leg& leg = *legs_[l];
      leg.by_candidate = false;
      ExpandOptions turned = leg.options;
      turned.direction = Turned(turned.direction);
      if (sums[l] > 4 * sums[first] + 64) {
        if (candidates.empty()) candidates = CandidatesOf(driver, vertices);
        SKEIN_ASSIGN_OR_RETURN(const std::vector<uint64_t> degrees, DegreesOf(candidates, turned));
        uint64_t sum = 0;
        for (const uint64_t degree : degrees) sum += degree;
        leg.by_candidate = sum < sums[l];
      }
      SKEIN_RETURN_IF_ERROR(leg.by_candidate
                                ? leg.lists.Fill(context_, candidates, turned)
                                : leg.lists.Fill(context_, Vertices(leg, end), leg.options));
    }
    return absl::OkStatus();
  }

  static std::vector<NodeId> CandidatesOf(const Leg& leg, const std::vector<NodeId>& vertices) {
    std::vector<NodeId> out;
    for (const NodeId v : vertices) {
      for (const Entry& entry : leg.lists.Of(v)) out.push_back(entry.other);
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  absl::Status FindRows(size_t end) {
    std::vector<std::span<const Entry>> links(legs_.size());
    size_t steps = 0;
    for (size_t row = row_; row < end; ++row) {
      size_t shortest = SIZE_MAX;
      std::span<const Entry> list;
      bool complete = true;
      for (size_t l = 0; l < legs_.size(); ++l) {
        complete &= legs_[l]->from[row] != kNoNode;
        if (legs_[l]->by_candidate) continue;
        const std::span<const Entry> own = legs_[l]->lists.Of(legs_[l]->from[row]);
        if (shortest == SIZE_MAX || own.size() < list.size()) {
          shortest = l;
          list = own;
        }
      }
      if (!complete) continue;
      for (size_t i = 0; i < list.size();) {
        size_t j = i;
        while (j < list.size() && list[j].other == list[i].other) ++j;
        links[shortest] = list.subspan(i, j - i);
        if (FindOthers(row, list[i].other, shortest, &links)) {
          Emit(static_cast<uint32_t>(row), list[i].other, links);
        }
        i = j;
        if (++steps % kCheckEvery == 0) SKEIN_RETURN_IF_ERROR(context_.Check());
      }
      SKEIN_RETURN_IF_ERROR(ChargeOutput());
    }
    return absl::OkStatus();
  }

  bool FindOthers(size_t row, NodeId candidate, size_t known,
                  std::vector<std::span<const Entry>>* links) const {
    for (size_t l = 0; l < legs_.size(); ++l) {
      if (l == known) continue;
      const Leg& leg = *legs_[l];
      (*links)[l] = leg.by_candidate ? leg.lists.Between(candidate, leg.from[row])
                                     : leg.lists.Between(leg.from[row], candidate);
      if ((*links)[l].empty()) return false;
    }
    return true;
  }

  // Every way to take one link a leg.
  void Emit(uint32_t row, NodeId candidate, const std::vector<std::span<const Entry>>& links) {
    std::vector<size_t> at(legs_.size(), 0);
    for (;;) {
      if (Allowed(row, links, at)) {
        out_rows_.push_back(row);
        out_nodes_.push_back(candidate);
        for (size_t l = 0; l < legs_.size(); ++l) legs_[l]->out.push_back(links[l][at[l]].link);
      }
      size_t l = legs_.size();
      while (l > 0 && ++at[l - 1] == links[l - 1].size()) at[--l] = 0;
      if (l == 0) return;
    }
  }

  bool Allowed(uint32_t row, const std::vector<std::span<const Entry>>& links,
               const std::vector<size_t>& at) const {
    for (size_t l = 0; l < legs_.size(); ++l) {
      const LinkId link = links[l][at[l]].link;
      if (!legs_[l]->distinct.empty() && !legs_[l]->distinct.Allows(row, link)) return false;
      for (const size_t other : legs_[l]->other_legs) {
        if (links[other][at[other]].link == link) return false;
      }
    }
    return true;
  }

  absl::Status ChargeOutput() {
    const size_t bytes =
        out_rows_.capacity() * (sizeof(uint32_t) + sizeof(NodeId) + legs_.size() * sizeof(LinkId));
    if (bytes <= charged_) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(charge_.Take(bytes - charged_));
    charged_ = bytes;
    return absl::OkStatus();
  }

  std::vector<std::unique_ptr<Leg>> legs_;
  Batch batch_;
  size_t row_ = 0;
  MemoryCharge charge_;
  size_t charged_ = 0;
  std::vector<uint32_t> out_rows_;
  std::vector<NodeId> out_nodes_;
  size_t next_ = 0;
};

}  // namespace

absl::StatusOr<OperatorPtr> MakeIntersect(const plan::Node& node, OperatorPtr input, Context& c) {
  return OperatorPtr(std::make_unique<IntersectOperator>(node, c, std::move(input)));
}

}  // namespace skein::exec
