#include "bench/workload/yardstick.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "simdjson.h"
#include "storage/base/status.h"

namespace skein::bench {

namespace {

struct Latencies {
  double median = 0, p95 = 0, mean = 0, max = 0;
};

Latencies Describe(std::vector<double> all) {
  Latencies out;
  if (all.empty()) return out;
  out.mean = std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
  std::sort(all.begin(), all.end());
  const auto at = [&all](double q) {
    const auto i = static_cast<size_t>(q * static_cast<double>(all.size()));
    return all[std::min(i, all.size() - 1)];
  };
  out.median = at(.5);
  out.p95 = at(.95);
  out.max = all.back();
  return out;
}

// Peak resident memory of this process; 0 where the system does not tell.
int64_t PeakRssMb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::atoll(line.c_str() + 6) / 1024;
  }
  return 0;
}

absl::Status Annotated(const absl::Status& status, std::string_view name, const Seed& seed) {
  std::string text(name);
  for (const int64_t argument : seed) absl::StrAppend(&text, " ", argument);
  return Annotate(status, text);
}

absl::StatusOr<std::string> RunClass(const Subject& subject, std::string_view name,
                                     const std::vector<Seed>& seeds,
                                     const YardstickOptions& options) {
  const double cap_ms = options.cap_ms;
  for (int pass = 0; pass < options.warm_passes; ++pass) {
    const double warm_start = NowMs();
    for (const Seed& seed : seeds) {
      const auto answer = subject.answer(name, seed);
      if (!answer.ok()) return Annotated(answer.status(), name, seed);
      if (NowMs() - warm_start > cap_ms / 3) break;
    }
  }
  std::vector<double> latencies;
  std::string answers;
  int64_t sum = 0;
  const double start = NowMs();
  for (const Seed& seed : seeds) {
    const double before = NowMs();
    const auto answer = subject.answer(name, seed);
    latencies.push_back(NowMs() - before);
    if (!answer.ok()) return Annotated(answer.status(), name, seed);
    absl::StrAppend(&answers, answers.empty() ? "" : ",", *answer);
    sum += *answer;
    if (NowMs() - start > cap_ms || latencies.size() >= options.first) break;
  }
  const Latencies l = Describe(latencies);
  absl::FPrintF(stderr, "%s %s n=%d med=%.4fms p95=%.4f qps=%.1f sum=%d\n", subject.name,
                std::string(name), latencies.size(), l.median, l.p95, 1000 / l.mean, sum);
  return absl::StrFormat(
      R"("%s":{"n":%d,"med":%.6f,"p95":%.6f,"mean":%.6f,"max":%.6f,"qps":%.3f,"res":[%s]})",
      std::string(name), latencies.size(), l.median, l.p95, l.mean, l.max, 1000 / l.mean, answers);
}

}  // namespace

uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

bool Chosen(uint64_t x, uint64_t salt, double percent) {
  return static_cast<double>(Mix(x ^ salt << 40) % 10'000) < percent * 100;
}

double NowMs() {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  return Milliseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

absl::StatusOr<Seeds> ReadSeeds(const std::string& data_dir) {
  const std::string path = data_dir + "/queries.json";
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (const auto error = parser.load(path).get_object().get(object); error) {
    return NotFound(path, ": ", simdjson::error_message(error));
  }
  Seeds out;
  for (const std::string_view name : kClasses) {
    simdjson::dom::array list;
    if (object[name].get_array().get(list)) return InvalidArgument(path, " has no list ", name);
    std::vector<Seed>& seeds = out[std::string(name)];
    for (const simdjson::dom::element element : list) {
      Seed& seed = seeds.emplace_back();
      simdjson::dom::array arguments;
      if (element.get_array().get(arguments)) {
        seed.push_back(element.get_int64().value());
        continue;
      }
      for (const simdjson::dom::element argument : arguments) {
        seed.push_back(argument.get_int64().value());
      }
    }
  }
  return out;
}

absl::StatusOr<std::string> RunYardstick(const Subject& subject, const Seeds& seeds,
                                         const YardstickOptions& options) {
  std::string classes;
  for (const std::string_view name : kClasses) {
    const bool wanted = options.only.empty() || std::find(options.only.begin(), options.only.end(),
                                                          name) != options.only.end();
    const auto found = seeds.find(name);
    if (!wanted || found == seeds.end()) continue;
    SKEIN_ASSIGN_OR_RETURN(const std::string part, RunClass(subject, name, found->second, options));
    absl::StrAppend(&classes, classes.empty() ? "" : ",\n", part);
  }
  return absl::StrFormat(
      "{\"peer\":\"%s\",\"version\":\"%s\",\"mode\":\"bench\",\"cold\":{},"
      "\"open_ms\":%.3f,\"q\":{\n%s\n},\"rss_mb\":%d}\n",
      subject.name, subject.version, subject.open_ms, classes, PeakRssMb());
}

absl::Status WriteFile(const std::string& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  return out.good() ? absl::OkStatus() : Unavailable("cannot write ", path);
}

}  // namespace skein::bench
