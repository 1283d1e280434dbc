// trace.together: who was at the same places at the same times as somebody.
//
// Method    The entity's links by time; then one Expand of their places, 1,024 at a time, each
// within
//           its own window. A companion counts once for each link of the entity.
#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "query/procedures/groups.h"
#include "query/procedures/options.h"
#include "query/procedures/visible_names.h"
#include "query/procedures/work.h"
#include "storage/base/status.h"

namespace skein::procedures {

using functions::Type;

namespace {

struct Visit {
  NodeId place{};
  TimeUs time = 0;
  LinkId link{};
};

struct Company {
  int64_t meetings = 0;
  TimeUs first = 0;
  TimeUs last = 0;
  size_t counted = SIZE_MAX;  // the entity's visit that was counted last
  std::vector<NodeId> places;
};

class Together {
 public:
  Together(ProcedureContext& context, Spending& spending, const ExpandOptions& options,
           int64_t within)
      : context_(context), spending_(spending), options_(options), within_(within) {}

  absl::Status Run(NodeId entity) {
    constexpr size_t kVisits = 1024;
    SKEIN_RETURN_IF_ERROR(ReadVisits(entity));
    for (size_t begin = 0; begin < visits_.size(); begin += kVisits) {
      SKEIN_RETURN_IF_ERROR(Meet(entity, begin, std::min(begin + kVisits, visits_.size())));
    }
    return absl::OkStatus();
  }

  absl::Status Emit(int64_t least, RowSink& out) {
    std::vector<std::pair<NodeId, Company*>> all;
    for (auto& [node, company] : companies_) {
      if (company.meetings >= least) all.emplace_back(node, &company);
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
      return a.second->meetings != b.second->meetings ? a.second->meetings > b.second->meetings
                                                      : a.first < b.first;
    });
    for (auto& [node, company] : all) {
      auto& places = company->places;
      std::sort(places.begin(), places.end());
      places.erase(std::unique(places.begin(), places.end()), places.end());
      const Value row[] = {Value::Node(node), Value::Integer(company->meetings),
                           Value::Integer(static_cast<int64_t>(places.size())), At(company->first),
                           At(company->last)};
      SKEIN_RETURN_IF_ERROR(out.Emit(row));
    }
    return absl::OkStatus();
  }

 private:
  static Value At(TimeUs us) {
    const int64_t seconds = us / 1'000'000 - (us % 1'000'000 < 0 ? 1 : 0);
    return Value::Of(ZonedDateTime{.seconds = seconds,
                                   .nanos = static_cast<int32_t>(us - seconds * 1'000'000) * 1000,
                                   .offset_seconds = 0,
                                   .zone = ""});
  }

  absl::Status ReadVisits(NodeId entity) {
    ExpandOptions options = options_;
    options.direction = Direction::kOut;
    const NodeId frontier[] = {entity};
    SKEIN_ASSIGN_OR_RETURN(
        auto cursor, context_.reader.Expand(context_.viewer, frontier, options, context_.budget));
    ExpandBatch batch;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&batch));
      if (!more) break;
      SKEIN_RETURN_IF_ERROR(spending_.Take(batch.size() * sizeof(Visit)));
      for (size_t i = 0; i < batch.size(); ++i) {
        if (batch.valid[i].from == kTimeMin) continue;
        visits_.push_back({batch.neighbour[i], batch.valid[i].from, batch.link[i]});
      }
      SKEIN_RETURN_IF_ERROR(spending_.Check());
    }
    std::sort(visits_.begin(), visits_.end(), [](const Visit& a, const Visit& b) {
      if (a.time != b.time) return a.time < b.time;
      return a.place != b.place ? a.place < b.place : a.link < b.link;
    });
    return absl::OkStatus();
  }

  absl::Status Meet(NodeId entity, size_t begin, size_t end) {
    std::vector<NodeId> places;
    std::vector<ValidTime> windows;
    for (size_t i = begin; i < end; ++i) {
      places.push_back(visits_[i].place);
      windows.push_back({visits_[i].time - within_, visits_[i].time + within_ + 1});
    }
    ExpandOptions options = options_;
    options.direction = Direction::kIn;
    options.links = false;
    options.valid = false;
    options.windows = windows;
    options.by_start = true;
    SKEIN_ASSIGN_OR_RETURN(
        auto cursor, context_.reader.Expand(context_.viewer, places, options, context_.budget));
    ExpandBatch batch;
    for (;;) {
      SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&batch));
      if (!more) return absl::OkStatus();
      for (size_t i = 0; i < batch.size(); ++i) {
        if (batch.neighbour[i] == entity) continue;
        SKEIN_RETURN_IF_ERROR(Count(batch.neighbour[i], begin + batch.source[i]));
      }
      SKEIN_RETURN_IF_ERROR(spending_.Check());
    }
  }

  absl::Status Count(NodeId who, size_t visit) {
    const auto [it, added] = companies_.try_emplace(who);
    Company& company = it->second;
    if (!added && company.counted == visit) return absl::OkStatus();
    SKEIN_RETURN_IF_ERROR(spending_.Take(added ? sizeof(Company) + 64 : sizeof(NodeId)));
    company.counted = visit;
    if (company.meetings++ == 0) company.first = visits_[visit].time;
    company.last = visits_[visit].time;
    company.places.push_back(visits_[visit].place);
    return absl::OkStatus();
  }

  ProcedureContext& context_;
  Spending& spending_;
  const ExpandOptions options_;
  const int64_t within_;
  std::vector<Visit> visits_;  // by time
  absl::flat_hash_map<NodeId, Company> companies_;
};

absl::Status Eval(std::span<const Value> args, ProcedureContext& context, RowSink& out) {
  if (args[0].is_null()) return absl::OkStatus();
  Options options(args[1]);
  ExpandOptions expand;
  const std::vector<std::string> types = options.Texts("types");
  for (const std::string& name : types) {
    const auto type = FindVisibleType(context.reader, context.viewer, name);
    if (type.has_value()) expand.types.push_back(*type);
  }
  expand.links = true;
  expand.valid = true;
  if (const auto at = options.Moment("from")) expand.window.from = *at;
  if (const auto at = options.Moment("until")) expand.window.to = *at;
  const int64_t within = options.Span("within").value_or(60'000'000);
  const int64_t least = options.Integer("least", 2, 1, INT64_MAX);
  SKEIN_RETURN_IF_ERROR(options.Finish());
  if (!types.empty() && expand.types.empty()) return absl::OkStatus();
  Spending spending(context);
  Together together(context, spending, expand, within);
  SKEIN_RETURN_IF_ERROR(together.Run(args[0].node()));
  return together.Emit(least, out);
}

}  // namespace

void AddTraceTogether(ProcedureRegistry& out) {
  out.Add({.name = "trace.together",
           .args = {{"entity", Type::kNode}, {"options", Type::kMap, Value::Map({})}},
           .columns = {{"node", Type::kNode},
                       {"meetings", Type::kInteger},
                       {"places", Type::kInteger},
                       {"first", Type::kDateTime},
                       {"last", Type::kDateTime}},
           .doc = "Who was where `entity` was, about when it was there: others with links to the "
                  "same nodes at about the same valid time, most meetings first. A visit of the "
                  "entity counts once for each of them. Options: `types` (from entities to "
                  "places, such as sightings), `within` (a DURATION or seconds, 60 s), `least` "
                  "(2 meetings), `from` and `until` (of the entity's visits).",
           .example = "MATCH (v:Vehicle {plate: 'T-100'}) "
                      "CALL trace.together(v, {types: 'SEEN_AT', within: duration('PT5M')}) "
                      "YIELD node, meetings, places RETURN node.plate, meetings, places",
           .eval = &Eval});
}

}  // namespace skein::procedures
