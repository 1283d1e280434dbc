"""Stores of every format that is kept: opened, verified, asked, written to, and sound after it."""

import json
import pathlib
import sys
import tarfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))
from program import Case, run  # noqa: E402


class Kept(Case):
    def unpacked(self, number):
        with tarfile.open(HERE / f"format-{number}.tar.xz") as tar:
            tar.extractall(self.dir, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(self.dir)
        return self.dir / "store"

    def ask(self, number):
        for asked in json.loads((HERE / f"format-{number}.json").read_text()):
            done = run("query", "--store", self.store, "--format", "csv", asked["query"])
            with self.subTest(asked["query"]):
                self.assertEqual((done.code, done.out), (0, asked["csv"]), done)

    def sound(self):
        done = run("verify", "--store", self.store, "--json")
        self.assertEqual(done.code, 0, done)
        told = json.loads(done.out)
        self.assertTrue(told["sound"] and told["complete"], told)

    def kept(self, number):
        self.store = self.unpacked(number)
        self.ask(number)
        self.sound()
        self.assertEqual(run("compact", "--store", self.store).code, 0)
        self.ask(number)
        wrote = "MATCH (p:Person {id: 3}) CREATE (p)-[:CALLED {at: datetime()}]->(:Person {id: 99}) RETURN p.id"
        self.assertEqual(run("query", "--store", self.store, wrote).code, 0)
        counted = run("query", "--store", self.store, "--format", "csv", "MATCH (:Person {id: 3})-[r:CALLED]->(q {id: 99}) RETURN count(r)")
        self.assertEqual(counted.out, "count(r)\r\n1\r\n")
        self.sound()

    def test_format_1(self):
        self.kept(1)


if __name__ == "__main__":
    unittest.main()
