// Growth under load: links between random nodes, as fast as asked, on top of a store, and a reader.
//
//   skein_bench_churn --store STORE [--seconds N] [--rate N] [--batch N] [--idle N]
//
// First the reader alone (2 hops from a random node, by the public Expand), then beside the writer.
// Prints links a second, commit times, the longest stall, the reader's quantiles beside idle ones,
// bytes written to the device for each link (/proc/self/io), and the store's growth. The store
// grows: use a copy.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "bench/workload/clock.h"
#include "storage/base/status.h"
#include "storage/graph/graph.h"
#include "storage/kv/open.h"

namespace skein::bench {
namespace {

struct Options {
  std::string store;
  double seconds = 600, idle = 20;
  uint64_t rate = 50'000, batch = 2'000;
};

uint64_t WrittenBytes() {
  std::ifstream in("/proc/self/io");
  std::string name;
  uint64_t value = 0;
  while (in >> name >> value) {
    if (name == "write_bytes:") return value;
  }
  return 0;
}

uint64_t SizeOf(const std::string& dir) {
  uint64_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir, ignored)) {
    if (entry.is_regular_file(ignored)) bytes += entry.file_size(ignored);
  }
  return bytes;
}

struct Quantiles {
  double median = 0, p99 = 0, worst = 0;
  size_t n = 0;
};
Quantiles Of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values[values.size() * 99 / 100], values.back(),
          values.size()};
}

// Two hops from random nodes until told to stop; ms of each.
class ReaderThread {
 public:
  ReaderThread(Graph& graph, uint64_t nodes) : graph_(graph), nodes_(nodes) {}
  absl::StatusOr<std::vector<double>> Run(const std::atomic<bool>& stop) {
    std::vector<double> ms;
    const Viewer all = Viewer::All();
    ExpandBatch batch;
    while (!stop) {
      const double start = Seconds();
      SKEIN_ASSIGN_OR_RETURN(const auto snapshot, graph_.Latest());
      std::vector<NodeId> frontier{NodeId{dice_() % nodes_}}, next;
      for (int hop = 0; hop < 2; ++hop) {
        next.clear();
        Budget budget;
        SKEIN_ASSIGN_OR_RETURN(const auto cursor, snapshot->Expand(all, frontier, {}, budget));
        for (;;) {
          SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&batch));
          if (!more) break;
          next.insert(next.end(), batch.neighbour.begin(), batch.neighbour.end());
        }
        std::sort(next.begin(), next.end());
        next.erase(std::unique(next.begin(), next.end()), next.end());
        frontier.swap(next);
      }
      ms.push_back((Seconds() - start) * 1e3);
    }
    return ms;
  }

 private:
  Graph& graph_;
  uint64_t nodes_;
  std::mt19937_64 dice_{5};
};

struct Written {
  uint64_t links = 0;
  std::vector<double> commit_ms;
};

// Batches at the rate asked for, or as fast as they go when behind.
absl::StatusOr<Written> Write(Graph& graph, uint64_t nodes, const Options& options) {
  Catalog& catalog = graph.catalog();
  SKEIN_ASSIGN_OR_RETURN(const LinkTypeId type, catalog.InternLinkType("CHURN"));
  Batch origin;
  origin.source = "churn";
  SKEIN_ASSIGN_OR_RETURN(const BatchId batch, graph.OpenBatch(origin));
  std::mt19937_64 dice(99);
  Written written;
  const double start = Seconds();
  while (Seconds() - start < options.seconds) {
    const double due =
        start + static_cast<double>(written.links) / static_cast<double>(options.rate);
    if (due > Seconds()) {
      std::this_thread::sleep_for(std::chrono::duration<double>(due - Seconds()));
    }
    const double begun = Seconds();
    SKEIN_ASSIGN_OR_RETURN(const auto t, graph.Begin(Viewer::All(), {kOpenPolicy, batch}));
    for (uint64_t i = 0; i < options.batch; ++i) {
      NewLink link;
      link.type = type;
      link.from = NodeId{dice() % nodes};
      link.to = NodeId{dice() % nodes};
      const auto us = static_cast<TimeUs>(1'700'000'000'000'000 + dice() % 10'000'000'000'000);
      link.valid = {us, us};
      const auto made = t->CreateLink(link);
      if (absl::IsNotFound(made.status())) continue;  // a gap in the ids
      SKEIN_RETURN_IF_ERROR(made.status());
      ++written.links;
    }
    SKEIN_RETURN_IF_ERROR(t->Commit().status());
    written.commit_ms.push_back((Seconds() - begun) * 1e3);
  }
  return written;
}

absl::StatusOr<std::vector<double>> ReadWhile(Graph& graph, uint64_t nodes,
                                              const std::function<absl::Status()>& work) {
  std::atomic<bool> stop{false};
  absl::StatusOr<std::vector<double>> read = std::vector<double>();
  std::thread reader([&] { read = ReaderThread(graph, nodes).Run(stop); });
  const absl::Status worked = work();
  stop = true;
  reader.join();
  SKEIN_RETURN_IF_ERROR(worked);
  return read;
}

absl::Status Main(const Options& options) {
  const double opening = Seconds();
  SKEIN_ASSIGN_OR_RETURN(const OpenedStore opened, OpenStore(options.store, {}));
  const auto background = MakeThreadExecutor(1);  // as the program has
  GraphOptions graph_options;
  graph_options.executor = background.get();
  SKEIN_ASSIGN_OR_RETURN(const auto graph, Graph::Open(*opened.store, graph_options));
  std::printf("open %.2f s\n", Seconds() - opening);
  SKEIN_ASSIGN_OR_RETURN(auto snapshot, graph->Latest());
  SKEIN_ASSIGN_OR_RETURN(const uint64_t nodes, snapshot->CountNodes(Viewer::All(), std::nullopt));
  SKEIN_ASSIGN_OR_RETURN(const uint64_t links, snapshot->CountLinks(Viewer::All(), std::nullopt));
  snapshot.reset();
  SKEIN_ASSIGN_OR_RETURN(const auto idle, ReadWhile(*graph, nodes, [&] {
                           std::this_thread::sleep_for(std::chrono::duration<double>(options.idle));
                           return absl::OkStatus();
                         }));
  const uint64_t bytes = WrittenBytes(), size = SizeOf(options.store);
  Written written;
  const double start = Seconds();
  SKEIN_ASSIGN_OR_RETURN(const auto busy, ReadWhile(*graph, nodes, [&]() -> absl::Status {
                           SKEIN_ASSIGN_OR_RETURN(written, Write(*graph, nodes, options));
                           return absl::OkStatus();
                         }));
  const double seconds = Seconds() - start;
  SKEIN_ASSIGN_OR_RETURN(snapshot, graph->Latest());
  SKEIN_ASSIGN_OR_RETURN(const uint64_t now, snapshot->CountLinks(Viewer::All(), std::nullopt));
  if (now != links + written.links)
    return Internal("links: ", now, ", not ", links + written.links);
  const Quantiles commits = Of(written.commit_ms), before = Of(idle), during = Of(busy);
  const auto each = [&](uint64_t total) {
    return static_cast<double>(total) / static_cast<double>(written.links);
  };
  std::printf("%llu links on top of %llu in %.0f s: %.0f links/s\n",
              static_cast<unsigned long long>(written.links),
              static_cast<unsigned long long>(links), seconds,
              static_cast<double>(written.links) / seconds);
  std::printf("transaction of %llu: median %.1f ms, p99 %.1f ms, longest stall %.0f ms\n",
              static_cast<unsigned long long>(options.batch), commits.median, commits.p99,
              commits.worst);
  std::printf(
      "2 hops: idle median %.3f p99 %.3f ms (%zu), beside the writer median %.3f p99 %.3f "
      "longest %.1f ms (%zu): p99 %.2fx\n",
      before.median, before.p99, before.n, during.median, during.p99, during.worst, during.n,
      before.p99 > 0 ? during.p99 / before.p99 : 0.0);
  std::printf("device: %.0f bytes a link; the store grew by %.0f a link\n",
              each(WrittenBytes() - bytes), each(SizeOf(options.store) - size));
  return absl::OkStatus();
}

}  // namespace
}  // namespace skein::bench

int main(int argc, char** argv) {
  // As the program: Debian's library looks for deadlocks at every lock otherwise.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  skein::bench::Options options;
  CLI::App app("Links as fast as asked on top of a store, and a reader beside them");
  app.add_option("--store", options.store, "A copy: it grows")->required();
  app.add_option("--seconds", options.seconds);
  app.add_option("--rate", options.rate, "Links a second at most");
  app.add_option("--batch", options.batch, "Links a transaction");
  app.add_option("--idle", options.idle, "Seconds of reading alone before");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = skein::bench::Main(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
