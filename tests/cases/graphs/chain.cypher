CREATE (a:C {i: 0})-[:NEXT {w: 1}]->(b:C {i: 1})-[:NEXT {w: 2}]->(c:C {i: 2})-[:NEXT {w: 3}]->(d:C {i: 3})-[:NEXT {w: 4}]->(e:C {i: 4}),
       (a)-[:SKIP]->(c), (c)-[:SKIP]->(e)
