CREATE (ann:Person {name: 'Ann', age: 31, city: 'Harbin'}), (bo:Person {name: 'Bo', age: 45}),
       (cem:Person:Suspect {name: 'Cem', age: 27, city: 'Linz'}), (dee:Person {name: 'Dee', age: 45, city: 'Harbin'}),
       (van:Vehicle {plate: 'T-100', colour: 'red'}), (bike:Vehicle {plate: 'T-200'}),
       (p1:Phone {number: '555001'}), (p2:Phone {number: '555002'}),
       (ann)-[:OWNS {since: 2019}]->(van), (bo)-[:OWNS {since: 2021}]->(bike), (cem)-[:OWNS {since: 2022}]->(bike),
       (ann)-[:USES]->(p1), (cem)-[:USES]->(p2), (dee)-[:USES]->(p2),
       (p1)-[:CALLED {at: 10, length: 60}]->(p2), (p1)-[:CALLED {at: 20, length: 30}]->(p2),
       (p2)-[:CALLED {at: 15, length: 5}]->(p1),
       (ann)-[:KNOWS]->(bo), (bo)-[:KNOWS]->(cem), (cem)-[:KNOWS]->(cem)
