"""FinBench through the program: `skein import` with importers/mappings/finbench.yaml, then `skein query` gives the
answers that ../shared/data/SOURCES.md states and that were derived independently of this project."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SKEIN_BIN", str(ROOT / "build" / "release" / "skein"))
DATA = ROOT.parent / "shared" / "data" / "finbench"
HUB = 76561193665298918


@unittest.skipUnless(DATA.is_dir(), f"skipped: {DATA} is not there")
@unittest.skipUnless(os.access(PROGRAM, os.X_OK), f"skipped: {PROGRAM} is not built")
class FinBench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="skein-finbench-"))
        cls.addClassCleanup(shutil.rmtree, cls.dir, ignore_errors=True)
        done = subprocess.run([PROGRAM, "import", "--store", cls.dir / "store", "--sandbox", "--mapping",
                               ROOT / "importers" / "mappings" / "finbench.yaml", "--data", DATA],
                              capture_output=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr.decode()
        cls.summary = json.loads(done.stdout)

    def rows(self, text):
        done = subprocess.run([PROGRAM, "query", "--store", self.dir / "store", "--format", "json", text],
                              capture_output=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode()[:2000])
        return [list(map(self.plain, row.values())) for row in json.loads(done.stdout)]

    @staticmethod
    def plain(value):
        """Integers beyond 2^53 may travel as strings."""
        return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else value

    def assertAnswer(self, text, *row):
        self.assertEqual(self.rows(text), [list(row)], text)

    def test_counts(self):
        self.assertEqual((self.summary["read"], self.summary["rejected"], self.summary["implied"]), (132058, 0, 75))
        for label, count in (("Account", 6200), ("Loan", 3465), ("Medium", 1464), ("Person", 1957 + 42),
                             ("Company", 967 + 33)):
            self.assertAnswer(f"MATCH (n:{label}) RETURN count(n) AS n", count)
        self.assertAnswer("MATCH ()-[t:TRANSFER]->() RETURN count(t) AS n", 37861)
        self.assertAnswer("MATCH (o)-[r:OWN]->(:Account) WHERE o.time IS NULL RETURN count(r) AS n", 173)
        self.assertAnswer("MATCH (a:Account)-[t:TRANSFER]->(a) RETURN count(t) AS n", 1)
        self.assertAnswer("MATCH (p:Person), (c:Company) WHERE p.id = c.id AND p.time IS NOT NULL AND c.time IS NOT NULL "
                          "RETURN count(*) AS n", 37)

    def test_ids_are_exact_and_booleans_are_booleans(self):
        self.assertAnswer("MATCH (a:Account {id: 4613937818241074769}) "
                          "RETURN a.id AS id, a.isBlocked AS b, a.accoutType AS t", 4613937818241074769, False,
                          "foreign currency")

    def test_fan_in(self):
        self.assertAnswer("MATCH (a:Account)-[:TRANSFER]->(b:Account) WITH b.id AS id, count(DISTINCT a) AS n "
                          "RETURN id, n ORDER BY n DESC, id LIMIT 1", HUB, 288)

    def test_hops(self):
        for hops, within in ((1, 2), (2, 13), (3, 82), (4, 406)):
            self.assertAnswer(f"MATCH (a:Account {{id: {HUB}}})-[:TRANSFER*1..{hops}]->(b:Account) WHERE b <> a "
                              "RETURN count(DISTINCT b) AS n", within)

    def test_mutual_pairs_and_triangles(self):
        self.assertAnswer("MATCH (a:Account)-[:TRANSFER]->(b:Account)-[:TRANSFER]->(a) WHERE a.id < b.id "
                          "WITH DISTINCT a, b RETURN count(*) AS n", 120)
        self.assertAnswer("MATCH (a:Account)-[:TRANSFER]->(b:Account)-[:TRANSFER]->(c:Account)-[:TRANSFER]->(a) "
                          "WHERE a.id < b.id AND a.id < c.id AND b <> c WITH DISTINCT a, b, c RETURN count(*) AS n", 101)

    def test_time_ordered_cycles(self):
        cycle = ("MATCH (a:Account)-[t1:TRANSFER]->(b:Account)-[t2:TRANSFER]->(c:Account)-[t3:TRANSFER]->(a) "
                 "WHERE a <> b AND b <> c AND a <> c AND t1.time < t2.time AND t2.time < t3.time ")
        self.assertAnswer(cycle + "RETURN count(*) AS n", 206)
        self.assertAnswer(cycle + "WITH DISTINCT a, b, c RETURN count(*) AS n", 76)

    def test_media(self):
        self.assertAnswer("MATCH (m:Medium {isBlocked: true}) RETURN count(m) AS n", 79)
        self.assertAnswer("MATCH (m:Medium {isBlocked: true})-[:SIGN_IN]->(a:Account) RETURN count(DISTINCT a) AS n", 68)
        self.assertAnswer("MATCH (m:Medium)-[:SIGN_IN]->(:Account)<-[:OWN]-(o) WITH m, count(DISTINCT o) AS owners "
                          "WHERE owners >= 2 RETURN count(m) AS n", 329)

    def test_shortest_path(self):
        self.assertAnswer(f"MATCH p = shortestPath((a:Account {{id: 28710447624489049}})-[:TRANSFER*]->"
                          f"(b:Account {{id: {HUB}}})) RETURN length(p) AS n", 3)

    def test_in_and_out_within_a_day(self):
        self.assertAnswer("MATCH (:Account)-[i:TRANSFER]->(a:Account)-[o:TRANSFER]->(:Account) "
                          "WHERE o.time > i.time AND o.time <= i.time + duration('P1D') "
                          "AND o.amount >= 0.9 * i.amount AND o.amount <= 1.1 * i.amount RETURN count(*) AS n", 81)


if __name__ == "__main__":
    unittest.main()
