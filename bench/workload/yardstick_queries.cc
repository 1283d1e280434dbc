#include "bench/workload/yardstick_queries.h"

#include <memory>

#include "storage/base/status.h"

namespace skein::bench {

#define SKEIN_WHO ":Person|Vehicle|Phone"
#define SKEIN_LINKS ":CALLED|TRANSFERRED|ASSOCIATED|OWNS|USES"

const std::map<std::string, YardstickQuery, std::less<>>& YardstickQueries() {
  static const auto& all = *new std::map<std::string, YardstickQuery, std::less<>>{
      {"point",
       {"MATCH (n" SKEIN_WHO " {id: $id}) RETURN labels(n)[0] AS kind, n.name AS name, n.region AS "
        "region",
        {"id"}}},
      {"hop1",
       {"MATCH (a" SKEIN_WHO " {id: $id})-[" SKEIN_LINKS
        "]-(b) WHERE b <> a RETURN count(DISTINCT b)",
        {"id"}}},
      {"hop2",
       {"MATCH (a" SKEIN_WHO " {id: $id})-[" SKEIN_LINKS
        "*1..2]-(b) WHERE b <> a RETURN count(DISTINCT b)",
        {"id"}}},
      {"hop3",
       {"MATCH (a" SKEIN_WHO " {id: $id})-[" SKEIN_LINKS
        "*1..3]-(b) WHERE b <> a RETURN count(DISTINCT b)",
        {"id"}}},
      {"tw2",
       {"MATCH (a" SKEIN_WHO " {id: $id})-[r" SKEIN_LINKS
        "*1..2 WHERE r.ts >= $from AND r.ts < $to]-(b) WHERE b <> a RETURN count(DISTINCT b)",
        {"id", "from", "to"}}},
      {"coloc",
       {"MATCH (v" SKEIN_WHO " {id: $id})-[s1:SEEN_AT]->(l)<-[s2:SEEN_AT]-(o) "
        "WHERE s1.ts >= $from AND s1.ts < $to AND s2.ts >= s1.ts - 600 AND s2.ts <= s1.ts + 600 "
        "AND o <> v WITH o, count(DISTINCT l) AS places WHERE places >= 3 RETURN count(*)",
        {"id", "from", "to"}}},
      {"sp",
       {"MATCH (a" SKEIN_WHO " {id: $a}), (b" SKEIN_WHO " {id: $b}) "
        "MATCH p = shortestPath((a)-[" SKEIN_LINKS "*0..6]-(b)) RETURN length(p)",
        {"a", "b"}}},
  };
  return all;
}

absl::StatusOr<int64_t> AnswerYardstick(Connection& connection, std::string_view name,
                                        const Seed& seed) {
  const YardstickQuery& query = YardstickQueries().find(name)->second;
  if (seed.size() != query.parameters.size()) {
    return InvalidArgument("a seed of ", seed.size(), " numbers; the class takes ",
                           query.parameters.size());
  }
  ValueMap parameters;
  for (size_t i = 0; i < seed.size(); ++i) {
    parameters.emplace_back(query.parameters[i], Value::Integer(seed[i]));
  }
  SKEIN_ASSIGN_OR_RETURN(const auto cursor, connection.Run(query.text, parameters));
  std::vector<std::vector<Value>> rows;
  SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(1000, &rows));
  if (name == "point") return static_cast<int64_t>(rows.size());
  if (!more) return name == "sp" ? -1 : 0;
  if (rows[0][0].kind() != ValueKind::kInteger) return Internal("the answer is no integer");
  return rows[0][0].integer();
}

}  // namespace skein::bench
