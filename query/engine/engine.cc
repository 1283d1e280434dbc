#include "query/engine/engine.h"

#include <algorithm>
#include <utility>

#include "query/engine/connection.h"
#include "query/engine/plan_cache.h"
#include "query/exec/parallel/workers.h"
#include "query/functions/function.h"
#include "query/procedures/procedure.h"
#include "storage/base/status.h"

namespace skein {

namespace {

class EngineImpl final : public Engine {
 public:
  EngineImpl(Graph& users, Graph& system, const EngineOptions& options)
      : users_(users),
        system_(system),
        clock_(*options.clock),
        workers_(static_cast<size_t>(std::max(options.threads, 0))),
        user_plans_(options.plans_cached_max),
        system_plans_(options.plans_cached_max) {}

  absl::StatusOr<std::unique_ptr<Connection>> Connect(const ConnectionOptions& options) override {
    if (!options.sandbox && !(options.purpose.has_value() && options.purpose->complete())) {
      return PermissionDenied("a governed store is read only with a case, a basis and a reason");
    }
    return MakeConnection(users_, user_plans_, user_keys_, running_, workers_, clock_, options);
  }

  absl::StatusOr<std::unique_ptr<Connection>> ConnectSystem() override {
    ConnectionOptions options;
    options.sandbox = true;
    options.source = "system";
    return MakeConnection(system_, system_plans_, system_keys_, system_running_, workers_, clock_,
                          options);
  }

  Graph& users() override { return users_; }

  absl::StatusOr<Names> CompletionNames(const ConnectionOptions& options) override {
    SKEIN_ASSIGN_OR_RETURN(const auto reader, users_.Latest());
    const Catalog& catalog = reader->catalog();
    Names out;
    for (uint32_t i = 0; i < catalog.label_count(); ++i) {
      SKEIN_ASSIGN_OR_RETURN(const uint64_t n, reader->CountNodes(options.viewer, LabelId{i}));
      if (n > 0) out.labels.emplace_back(catalog.Name(LabelId{i}));
    }
    for (uint32_t i = 0; i < catalog.link_type_count(); ++i) {
      SKEIN_ASSIGN_OR_RETURN(const uint64_t n, reader->CountLinks(options.viewer, LinkTypeId{i}));
      if (n > 0) out.link_types.emplace_back(catalog.Name(LinkTypeId{i}));
    }
    SKEIN_ASSIGN_OR_RETURN(const auto keys, user_keys_.Get(*reader, options.viewer));
    for (const KeyId key : *keys) out.keys.emplace_back(catalog.Name(key));
    for (const auto& def : functions::AllFunctions().all()) out.functions.emplace_back(def->name);
    for (const auto& def : procedures::AllProcedures().all()) {
      out.procedures.emplace_back(def->name);
    }
    for (auto* list : {&out.labels, &out.link_types, &out.keys, &out.functions, &out.procedures}) {
      std::sort(list->begin(), list->end());
    }
    return out;
  }

 private:
  Graph& users_;
  Graph& system_;
  Clock& clock_;
  exec::Workers workers_;
  PlanCache user_plans_;
  PlanCache system_plans_;
  procedures::VisibleKeyCache user_keys_;
  procedures::VisibleKeyCache system_keys_;
  procedures::RunningQueries running_;
  procedures::RunningQueries system_running_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(Graph& users, Graph& system,
                                                       const EngineOptions& options) {
  if (options.clock == nullptr) return InvalidArgument("the engine needs a clock");
  return std::unique_ptr<Engine>(std::make_unique<EngineImpl>(users, system, options));
}

}  // namespace skein
