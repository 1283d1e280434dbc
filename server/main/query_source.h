// QuerySource: where `skein query` and `skein shell` send their statements — a store that this
// process opens, or a running server (--server).
//
// Use       One source a process. Log() before each statement; a server logs by itself.
// Errors    Of a server: the answer's code as a Status, its message with the caret where there is
//           one; UNAVAILABLE where nobody answers.
// Threads   One. Lifetime: connections end before their source.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "query/engine/engine.h"
#include "server/api/json.h"
#include "server/main/local_store.h"

namespace skein {

// What the command line says of the source; --store or --server, never both.
struct SourceFlags {
  std::string store;
  bool create = false, sandbox = false;
  std::string server;         // https://HOST:PORT, or http:// on loopback
  std::string user;           // of a governed server
  std::string password_file;  // its first line; without one the terminal is asked
  std::string ca_file;        // whom to trust instead of the system's authorities
  PurposeFlags purpose;
  size_t memory_mib = 0;                           // LocalStoreOptions::memory_mib
  absl::Duration time = absl::InfiniteDuration();  // of one statement
  void AddTo(CLI::App& app);
};

class QuerySource {
 public:
  static absl::StatusOr<std::unique_ptr<QuerySource>> Open(const SourceFlags& flags);
  virtual ~QuerySource() = default;
  virtual absl::StatusOr<std::unique_ptr<Connection>> Connect() = 0;
  virtual absl::StatusOr<Engine::Names> Names() = 0;
  // The entry of one statement in a governed store's log, durable; nothing on a sandbox.
  virtual absl::Status Log(std::string_view action, std::string_view text,
                           const ValueMap& parameters) = 0;
  virtual bool sandbox() const = 0;
  // From a signal handler: gives up what waits for an answer.
  virtual void Interrupt() = 0;
};

// A server's API, signed in to; for subcommands that are no queries.
class RemoteApi {
 public:
  // No purpose is needed, or stated where the flags have none.
  static absl::StatusOr<std::unique_ptr<RemoteApi>> Open(const SourceFlags& flags);
  virtual ~RemoteApi() = default;
  // One exchange; bodies are JSON, an empty answer is an empty object.
  virtual absl::StatusOr<Json> Call(const std::string& method, const std::string& path,
                                    std::string body) = 0;
};

// Of SourceFlags::server; declared here for Open alone.
absl::StatusOr<std::unique_ptr<QuerySource>> OpenRemoteSource(const SourceFlags& flags);

}  // namespace skein
