// The traversal kernel: 3 hops, distinct, by the public Expand, in edges a second of one core.
//
//   skein_bench_expand_kernel STORE [SEEDS] [THREADS]
//
// The store is loaded from the yardstick's data (bench/README.md). All link types but SEEN_AT, both
// directions, loops once; marks of visited vertices are an array, as in ../shared/bench/csr.cpp,
// whose figure "prefetch" on the same data is the one to compare with. Prints each of five rounds
// and their median; the counts of edges and of vertices must not differ between rounds. Of several
// threads each searches all seeds on its own; the rate is the processor's of all, by core, and that
// of all together by the wall clock.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "bench/workload/clock.h"
#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/open.h"

namespace skein {
namespace {

double ThreadSeconds() {
  timespec t = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

struct Counts {
  uint64_t edges = 0, vertices = 0;
  bool operator==(const Counts&) const = default;
};

class Kernel {
 public:
  Kernel(const Reader& reader, size_t vertices) : reader_(reader), seen_(vertices, 0) {
    options_.source = false;
    options_.any_order = true;
    const Catalog& catalog = reader.catalog();
    for (uint32_t t = 0; t < catalog.link_type_count(); ++t) {
      if (!catalog.IsSightingType(LinkTypeId{t})) options_.types.push_back(LinkTypeId{t});
    }
  }

  absl::Status ThreeHops(NodeId seed, Counts* counts) {
    ++mark_;
    seen_[Raw(seed)] = mark_;
    frontier_.assign(1, seed);
    for (int hop = 0; hop < 3; ++hop) {
      next_.clear();
      Budget budget;
      SKEIN_ASSIGN_OR_RETURN(const auto cursor,
                             reader_.Expand(viewer_, frontier_, options_, budget));
      for (;;) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&batch_));
        if (!more) break;
        counts->edges += batch_.size();
        const size_t n = batch_.neighbour.size();
        for (size_t i = 0; i < n; ++i) {
          if (i + 16 < n) __builtin_prefetch(&seen_[Raw(batch_.neighbour[i + 16])]);
          uint32_t& mark = seen_[Raw(batch_.neighbour[i])];
          if (mark == mark_) continue;
          mark = mark_;
          next_.push_back(batch_.neighbour[i]);
        }
      }
      counts->vertices += next_.size();
      frontier_.swap(next_);
    }
    return absl::OkStatus();
  }

 private:
  const Reader& reader_;
  const Viewer viewer_ = Viewer::All();
  ExpandOptions options_;
  std::vector<uint32_t> seen_;
  uint32_t mark_ = 0;
  std::vector<NodeId> frontier_, next_;
  ExpandBatch batch_;
};

absl::Status Main(int argc, char** argv) {
  if (argc < 2) return InvalidArgument("usage: ", argv[0], " STORE [SEEDS] [THREADS]");
  SKEIN_ASSIGN_OR_RETURN(const OpenedStore opened, OpenStore(argv[1], {}));
  SKEIN_ASSIGN_OR_RETURN(const auto graph, Graph::Open(*opened.store, {}));
  SKEIN_ASSIGN_OR_RETURN(const auto snapshot, graph->Latest());
  SKEIN_ASSIGN_OR_RETURN(const uint64_t vertices,
                         snapshot->CountNodes(Viewer::All(), std::nullopt));
  const size_t seeds = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 300;
  const size_t threads = argc > 3 ? std::max(1UL, std::strtoul(argv[3], nullptr, 10)) : 1;
  std::vector<std::unique_ptr<Kernel>> kernels;
  for (size_t t = 0; t < threads; ++t) {
    // Ids may have gaps where an import was cut off.
    kernels.push_back(std::make_unique<Kernel>(*snapshot, vertices + 65'536));
  }
  std::vector<double> rates;
  Counts first;
  for (int round = 0; round < 6; ++round) {  // the first one fills the memory
    std::vector<Counts> counts(threads);
    std::vector<double> seconds(threads);
    std::vector<absl::Status> statuses(threads);
    const auto search = [&](size_t t) {
      std::mt19937_64 dice(5);
      const double start = ThreadSeconds();
      for (size_t i = 0; i < seeds && statuses[t].ok(); ++i) {
        statuses[t] = kernels[t]->ThreeHops(NodeId{dice() % (vertices / 2)}, &counts[t]);
      }
      seconds[t] = ThreadSeconds() - start;
    };
    const double begun = bench::Seconds();
    std::vector<std::thread> helpers;
    for (size_t t = 1; t < threads; ++t) helpers.emplace_back(search, t);
    search(0);
    for (std::thread& helper : helpers) helper.join();
    const double wall = bench::Seconds() - begun;
    double cpu = 0;
    for (size_t t = 0; t < threads; ++t) {
      SKEIN_RETURN_IF_ERROR(statuses[t]);
      if (!(counts[t] == counts[0])) return Internal("threads differ");
      cpu += seconds[t];
    }
    const double edges = static_cast<double>(counts[0].edges) * static_cast<double>(threads) / 1e6;
    if (round == 0) {
      first = counts[0];
      continue;
    }
    if (!(counts[0] == first)) return Internal("rounds differ");
    std::printf("round %d: %.1f M edges/s a core, %.1f in all\n", round, edges / cpu, edges / wall);
    rates.push_back(edges / cpu);
  }
  std::sort(rates.begin(), rates.end());
  std::printf("median %.1f M edges/s a core, %.0f edges and %.0f vertices a seed\n",
              rates[rates.size() / 2],
              static_cast<double>(first.edges) / static_cast<double>(seeds),
              static_cast<double>(first.vertices) / static_cast<double>(seeds));
  return absl::OkStatus();
}

}  // namespace
}  // namespace skein

int main(int argc, char** argv) {
  const absl::Status status = skein::Main(argc, argv);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(skein::Message(status)).c_str());
  return 1;
}
