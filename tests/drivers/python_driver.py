"""What a user of the Python driver does; prints ok. Argument: the server's bolt:// address."""

import datetime
import sys

import neo4j
from neo4j.exceptions import ClientError


def check(driver):
    driver.verify_connectivity()
    assert driver.get_server_info().agent.startswith("Neo4j/5.")
    values = [None, True, 1, 4613937818241074769, 1.5, "héllo 四五六", b"\0\xff", [1, "a", None], {"a": {"b": [True]}},
              neo4j.time.Date(2024, 2, 29), neo4j.time.Time(23, 59, 59, 999999999),
              neo4j.time.DateTime(2024, 5, 1, 8, 0, 0, 0), neo4j.time.Duration(months=1, days=-2, seconds=3)]
    for x in values:
        back = driver.execute_query("RETURN $x AS x", x=x).records[0]["x"]
        assert back == x and type(back) is type(x), (x, back)
    moment = neo4j.time.DateTime(2024, 5, 1, 8, 0, 0, 0, datetime.timezone(datetime.timedelta(hours=8)))
    back = driver.execute_query("RETURN $x AS x", x=moment).records[0]["x"]
    assert back == moment, back

    with driver.session() as session:
        session.run("MATCH (n) DETACH DELETE n").consume()
        summary = session.run("CREATE (:Person {name: 'Ann'})-[:OWNS]->(:Vehicle {plate: 'X1'})").consume()
        assert summary.counters.nodes_created == 2, summary.counters
        path = session.run("MATCH p = (:Person)-[:OWNS]->(:Vehicle) RETURN p").single()["p"]
        assert [set(n.labels) for n in path.nodes] == [{"Person"}, {"Vehicle"}]
        found = session.run("MATCH (n) WHERE elementId(n) = $id RETURN n.name AS name",
                            id=path.start_node.element_id).single()["name"]
        assert found == "Ann", found

        def count(tx):
            return tx.run("MATCH (n) RETURN count(n) AS n").single()["n"]

        assert session.execute_read(count) == 2
        with session.begin_transaction() as tx:
            tx.run("CREATE (:Gone)")
            assert count(tx) == 3
            tx.rollback()
        assert session.execute_read(count) == 2
        try:
            session.run("RETURN x").consume()
            raise AssertionError("no error")
        except ClientError as error:
            assert error.code == "Neo.ClientError.Statement.SyntaxError", error.code

    with driver.session(fetch_size=100) as session:
        assert sum(r["i"] for r in session.run("UNWIND range(1, 20000) AS i RETURN i")) == 200010000


def main():
    address = sys.argv[1]
    with neo4j.GraphDatabase.driver(address, auth=("anyone", "anything")) as driver:
        check(driver)
    with neo4j.GraphDatabase.driver(address.replace("bolt:", "neo4j:"), auth=("a", "b")) as driver:
        assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1
    print("ok")


main()
