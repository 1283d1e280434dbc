#include "server/main/stats.h"

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "server/api/json.h"
#include "server/auth/audit.h"
#include "server/main/local_store.h"
#include "server/main/query_source.h"
#include "storage/base/status.h"
#include "storage/care/space_use.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

struct Flags {
  std::string store;
  // stats
  SourceFlags server;
  bool json = false;
  // compact
  std::string forget_before;
  PurposeFlags purpose;
};

// Bytes of the files in the store's directory, by what they are.
std::map<std::string, uint64_t> FilesOf(const std::string& dir) {
  std::map<std::string, uint64_t> bytes;
  std::error_code error;
  for (fs::recursive_directory_iterator it(dir, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;
    if (!it->is_regular_file(gone)) continue;
    const uint64_t size = it->file_size(gone);
    if (gone) continue;
    const bool log = it->path().parent_path().filename() == "log";
    bytes[log ? "log" : it->path().extension() == ".sst" ? "tables" : "other"] += size;
  }
  return bytes;
}

void PrintJson(const Flags& flags, const StoreProfile& profile, const SpaceUse& use) {
  JsonWriter out;
  out.BeginObject().Member("store", flags.store).Member("sandbox", profile.sandbox);
  out.Member("format", static_cast<int64_t>(profile.format));
  out.Member("version", static_cast<int64_t>(Raw(use.version)));
  out.Member("nodes", static_cast<int64_t>(use.nodes));
  out.Member("links", static_cast<int64_t>(use.links));
  out.Member("sightings", static_cast<int64_t>(use.sightings));
  out.Member("link_chunks", static_cast<int64_t>(use.link_chunks));
  out.Member("adjacency_chunks", static_cast<int64_t>(use.adjacency_chunks));
  out.Member("bytes", static_cast<int64_t>(use.bytes)).Key("kinds").BeginArray();
  for (const KindUse& kind : use.kinds) {
    out.BeginObject().Member("kind", kind.kind);
    out.Member("records", static_cast<int64_t>(kind.records));
    out.Member("bytes", static_cast<int64_t>(kind.bytes));
    out.Key("bytes_each").Float(kind.each()).EndObject();
  }
  out.EndArray().Key("files").BeginObject();
  for (const auto& [what, bytes] : FilesOf(flags.store)) {
    out.Member(what, static_cast<int64_t>(bytes));
  }
  out.EndObject().EndObject();
  std::printf("%s\n", out.Take().c_str());
}

void PrintText(const Flags& flags, const StoreProfile& profile, const SpaceUse& use) {
  const auto number = [](uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf("%s: format %u, %s, version %llu\n", flags.store.c_str(), profile.format,
              profile.sandbox ? "sandbox" : "governed", number(Raw(use.version)));
  std::printf("%-20s %14s %16s %10s\n", "kind", "records", "bytes", "each");
  for (const KindUse& kind : use.kinds) {
    std::printf("%-20s %14llu %16llu %10.1f\n", kind.kind.c_str(), number(kind.records),
                number(kind.bytes), kind.each());
  }
  std::printf("%-20s %14s %16llu\n", "all", "", number(use.bytes));
  std::printf("chunks: %llu of links, %llu of adjacency\n", number(use.link_chunks),
              number(use.adjacency_chunks));
  for (const auto& [what, bytes] : FilesOf(flags.store)) {
    std::printf("files: %s %llu bytes\n", what.c_str(), number(bytes));
  }
}

// Who holds what in a running server.
absl::Status RunRemote(const Flags& flags) {
  SKEIN_ASSIGN_OR_RETURN(const auto api, RemoteApi::Open(flags.server));
  SKEIN_ASSIGN_OR_RETURN(const Json memory, api->Call("GET", "/api/v1/memory", ""));
  const Json* limit = memory.Find("limit");
  const Json* holders = memory.Find("holders");
  if (limit == nullptr || !limit->is_integer() || holders == nullptr || !holders->is_array()) {
    return Unavailable("the server's answer is not one of this program");
  }
  JsonWriter out;
  out.BeginObject().Member("limit", limit->integer()).Key("holders").BeginObject();
  if (!flags.json) std::printf("%-20s %16s\n", "memory", "bytes");
  for (const Json& holder : holders->array()) {
    const Json* name = holder.Find("name");
    const Json* bytes = holder.Find("bytes");
    if (name == nullptr || !name->is_string() || bytes == nullptr || !bytes->is_integer()) continue;
    out.Member(name->string(), bytes->integer());
    if (flags.json) continue;
    std::printf("%-20s %16lld\n", name->string().c_str(), static_cast<long long>(bytes->integer()));
  }
  out.EndObject().EndObject();
  if (flags.json) {
    std::printf("%s\n", out.Take().c_str());
  } else {
    std::printf("%-20s %16lld\n", "limit", static_cast<long long>(limit->integer()));
  }
  return absl::OkStatus();
}

absl::Status RunStats(const Flags& flags) {
  if (!flags.server.server.empty()) return RunRemote(flags);
  if (flags.store.empty()) return InvalidArgument("--store DIR or --server URL is needed");
  SKEIN_ASSIGN_OR_RETURN(const OpenedStore opened, OpenStore(flags.store, {}));
  SKEIN_ASSIGN_OR_RETURN(const SpaceUse use, MeasureSpace(*opened.store));
  flags.json ? PrintJson(flags, opened.profile, use) : PrintText(flags, opened.profile, use);
  return absl::OkStatus();
}

// What AS OF could read of the time before, it cannot any more.
absl::Status Forget(const Flags& flags, const LocalStore& local) {
  absl::Time before;
  std::string why;
  if (!absl::ParseTime(absl::RFC3339_full, flags.forget_before, &before, &why)) {
    return InvalidArgument("--forget-before '", flags.forget_before,
                           "' is no time such as 2026-03-01T00:00:00Z: ", why);
  }
  SKEIN_ASSIGN_OR_RETURN(const std::optional<Purpose> purpose,
                         OfflinePurpose(local, flags.purpose));
  if (purpose) {
    SKEIN_RETURN_IF_ERROR(auth::LogOffline(*local.opened.store, OfflinePerson(), *purpose, "forget",
                                           "history before " + flags.forget_before));
  }
  return local.users->Forget(Version{static_cast<uint64_t>(absl::ToUnixMicros(before))});
}

absl::Status RunCompact(const Flags& flags) {
  SKEIN_ASSIGN_OR_RETURN(const auto local, OpenLocalStore(flags.store, {}));
  if (!flags.forget_before.empty()) SKEIN_RETURN_IF_ERROR(Forget(flags, *local));
  SKEIN_ASSIGN_OR_RETURN(const SpaceUse before, MeasureSpace(*local->opened.store, 1));
  SKEIN_RETURN_IF_ERROR(local->users->Compact());
  SKEIN_RETURN_IF_ERROR(local->system->Compact());
  SKEIN_ASSIGN_OR_RETURN(const SpaceUse after, MeasureSpace(*local->opened.store, 1));
  std::printf("%s: %llu bytes in tables and buffers, %llu before\n", flags.store.c_str(),
              static_cast<unsigned long long>(after.bytes),
              static_cast<unsigned long long>(before.bytes));
  return absl::OkStatus();
}

}  // namespace

void AddStatsCommand(CLI::App& app, int* exit_code) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "stats",
      "Bytes and records by kind, of a store that no process holds; or who holds what memory in a "
      "running server");
  flags->server.AddTo(*command);
  command->add_flag("--json", flags->json, "One JSON object instead of text");
  command->callback([flags, exit_code] {
    flags->store = flags->server.store;
    *exit_code = Report("stats", RunStats(*flags));
  });
}

void AddCompactCommand(CLI::App& app, int* exit_code) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "compact", "Rewrite a store that no process holds as small and quick to read as it can be");
  command->add_option("--store", flags->store, "Directory of the store")->required();
  command->add_option(
      "--forget-before", flags->forget_before,
      "End the history before this time (RFC 3339), for ever: AS OF reaches back to "
      "it from then on");
  flags->purpose.AddTo(*command);
  command->callback([flags, exit_code] { *exit_code = Report("compact", RunCompact(*flags)); });
}

}  // namespace skein
