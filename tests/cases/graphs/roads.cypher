CREATE (a:City {n: 'A'}), (b:City {n: 'B'}), (c:City {n: 'C'}), (d:City {n: 'D'}),
       (a)-[:ROAD {km: 10}]->(b), (b)-[:ROAD {km: 5}]->(c), (c)-[:ROAD {km: 7}]->(d),
       (a)-[:ROAD {km: 20}]->(c), (d)-[:ROAD {km: 1}]->(a), (b)-[:RAIL {km: 4}]->(d)
