// What charts ask: search, elements, neighbour counts, expansion, trajectories.
#include "server/http/api_server.h"
#include "server/http/arguments.h"
#include "server/http/render.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

constexpr size_t kIdsBody = size_t{512} << 10;

// from_us and to_us of a query string; missing ends are open.
absl::StatusOr<ValidTime> QueryWindow(const Request& request) {
  ValidTime window;
  SKEIN_ASSIGN_OR_RETURN(window.from, QueryInteger(request, "from_us", {}, kTimeMin));
  SKEIN_ASSIGN_OR_RETURN(window.to, QueryInteger(request, "to_us", {}, kTimeMax));
  if (window.from >= window.to) return BadParameter("to_us", "is not after from_us");
  return window;
}

absl::StatusOr<std::string> Search(Reading& reading) {
  const Request& r = reading.request();
  SKEIN_ASSIGN_OR_RETURN(const std::string text, QueryText(r, "q", {1, 256}));
  SKEIN_ASSIGN_OR_RETURN(const int64_t limit, QueryInteger(r, "limit", {1, 200}, 20));
  const std::string* label = r.Query("label");
  SKEIN_ASSIGN_OR_RETURN(Explorer* const explorer, reading.Explore());
  SKEIN_ASSIGN_OR_RETURN(
      const SearchHits hits,
      explorer->Search(text,
                       label == nullptr || label->empty() ? std::nullopt : std::optional(*label),
                       static_cast<size_t>(limit)));
  const ElementIds ids = IdsOf(reading.engine());
  JsonWriter out;
  out.BeginObject().Key("hits").BeginArray();
  for (const SearchHit& hit : hits.hits) {
    out.BeginObject().Key("node");
    Write(hit.node, ids, &out);
    out.Member("key", hit.key).Key("value");
    WriteValue(hit.value, ids, &out);
    out.EndObject();
  }
  out.EndArray().Member("truncated", hits.truncated).EndObject();
  reading.Disclose(hits.hits.size());
  return out.Take();
}

absl::StatusOr<std::string> GetElement(Reading& reading) {
  SKEIN_ASSIGN_OR_RETURN(const IdArgument id, ReadId(reading.request().parameters["id"]));
  SKEIN_ASSIGN_OR_RETURN(Explorer* const explorer, reading.Explore());
  SKEIN_ASSIGN_OR_RETURN(const ElementFacts facts, id.kind == 'n' ? explorer->GetNode(id.number)
                                                                  : explorer->GetLink(id.number));
  JsonWriter out;
  Write(facts, IdsOf(reading.engine()), &out);
  reading.Disclose(1);
  return out.Take();
}

absl::StatusOr<std::string> GetElements(Reading& reading) {
  SKEIN_ASSIGN_OR_RETURN(const Json body, ReadBody(reading.request()));
  SKEIN_ASSIGN_OR_RETURN(const std::vector<std::string> texts, Texts(body, "ids", 10'000));
  std::vector<int64_t> nodes;
  std::vector<int64_t> links;
  for (const std::string& text : texts) {
    SKEIN_ASSIGN_OR_RETURN(const IdArgument id, ReadId(text));
    (id.kind == 'n' ? nodes : links).push_back(id.number);
  }
  SKEIN_ASSIGN_OR_RETURN(Explorer* const explorer, reading.Explore());
  SKEIN_ASSIGN_OR_RETURN(const Cards cards, explorer->GetCards(nodes, links));
  JsonWriter out;
  out.BeginObject();
  WriteMembers(cards, IdsOf(reading.engine()), &out);
  out.EndObject();
  reading.Disclose(cards.nodes.size() + cards.links.size());
  return out.Take();
}

absl::StatusOr<std::string> CountNeighbours(Reading& reading) {
  SKEIN_ASSIGN_OR_RETURN(const IdArgument id, ReadId(reading.request().parameters["id"], 'n'));
  SKEIN_ASSIGN_OR_RETURN(const ValidTime window, QueryWindow(reading.request()));
  SKEIN_ASSIGN_OR_RETURN(Explorer* const explorer, reading.Explore());
  SKEIN_ASSIGN_OR_RETURN(const std::vector<NeighbourKind> kinds,
                         explorer->CountNeighbours(id.number, window));
  uint64_t total = 0;
  JsonWriter out;
  out.BeginObject().Member("id", NodeText(id.number)).Key("counts").BeginArray();
  for (const NeighbourKind& kind : kinds) {
    out.BeginObject().Member("type", kind.type).Member("direction", kind.outgoing ? "out" : "in");
    out.Key("label");
    kind.label ? out.String(*kind.label) : out.Null();
    out.Member("count", static_cast<int64_t>(kind.count)).Member("sighting", kind.sighting);
    out.EndObject();
    total += kind.count;
  }
  out.EndArray().Member("total", static_cast<int64_t>(total)).EndObject();
  reading.Disclose(kinds.size());
  return out.Take();
}

absl::StatusOr<std::string> Expand(Reading& reading) {
  SKEIN_ASSIGN_OR_RETURN(const Json body, ReadBody(reading.request()));
  ExpandRequest request;
  SKEIN_ASSIGN_OR_RETURN(const std::vector<std::string> texts, Texts(body, "ids", 1000));
  if (texts.empty()) return BadParameter("ids", "is empty");
  for (const std::string& text : texts) {
    SKEIN_ASSIGN_OR_RETURN(const IdArgument id, ReadId(text, 'n'));
    request.nodes.push_back(id.number);
  }
  SKEIN_ASSIGN_OR_RETURN(const std::string direction, Text(body, "direction", {1, 4}, "both"));
  if (direction != "out" && direction != "in" && direction != "both") {
    return BadParameter("direction", "is none of out, in, both");
  }
  request.direction = direction == "out"  ? Direction::kOut
                      : direction == "in" ? Direction::kIn
                                          : Direction::kBoth;
  SKEIN_ASSIGN_OR_RETURN(request.types, Texts(body, "types", 256));
  SKEIN_ASSIGN_OR_RETURN(request.labels, Texts(body, "labels", 256));
  SKEIN_ASSIGN_OR_RETURN(request.window, BodyWindow(body));
  SKEIN_ASSIGN_OR_RETURN(const int64_t limit, Integer(body, "limit", {1, 10'000}, 500));
  request.limit = static_cast<size_t>(limit);
  SKEIN_ASSIGN_OR_RETURN(Explorer* const explorer, reading.Explore());
  SKEIN_ASSIGN_OR_RETURN(const ExpandAnswer answer, explorer->Expand(request));
  JsonWriter out;
  Write(answer, IdsOf(reading.engine()), &out);
  reading.Disclose(answer.cards.nodes.size() + answer.cards.links.size());
  return out.Take();
}

absl::StatusOr<std::string> Trajectory(Reading& reading) {
  SKEIN_ASSIGN_OR_RETURN(const IdArgument id, ReadId(reading.request().parameters["id"], 'n'));
  SKEIN_ASSIGN_OR_RETURN(const ValidTime window, QueryWindow(reading.request()));
  SKEIN_ASSIGN_OR_RETURN(const int64_t limit,
                         QueryInteger(reading.request(), "limit", {1, 20'000}, 2000));
  SKEIN_ASSIGN_OR_RETURN(Explorer* const explorer, reading.Explore());
  SKEIN_ASSIGN_OR_RETURN(const TrajectoryAnswer answer,
                         explorer->Trajectory(id.number, window, static_cast<size_t>(limit)));
  const ElementIds ids = IdsOf(reading.engine());
  JsonWriter out;
  out.BeginObject().Member("id", NodeText(id.number)).Key("sightings").BeginArray();
  for (const SightingCard& sighting : answer.sightings) Write(sighting, ids, &out);
  out.EndArray().Member("total", static_cast<int64_t>(answer.total));
  out.Member("truncated", answer.sightings.size() < answer.total).EndObject();
  reading.Disclose(answer.sightings.size());
  return out.Take();
}

}  // namespace

void ApiServer::AddExploreRoutes(Router* router) {
  const auto add = [&](std::string method, std::string pattern, std::string action, auto* f,
                       size_t body) {
    router->Add({.method = std::move(method),
                 .pattern = std::move(pattern),
                 .handler = [this, action = std::move(action),
                             f](Request& r) { return Read(r, action, f); },
                 .body_bytes_max = body});
  };
  add("GET", "/api/v1/search", "search", &Search, 0);
  add("GET", "/api/v1/elements/{id}", "element", &GetElement, 0);
  add("POST", "/api/v1/elements", "elements", &GetElements, kIdsBody);
  add("GET", "/api/v1/elements/{id}/neighbours", "neighbours", &CountNeighbours, 0);
  add("GET", "/api/v1/elements/{id}/trajectory", "trajectory", &Trajectory, 0);
  add("POST", "/api/v1/expand", "expand", &Expand, kIdsBody);
}

}  // namespace skein::http
