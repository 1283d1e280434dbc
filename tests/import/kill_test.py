"""Imports killed with SIGKILL, after every commit and at random moments: the next start opens, and a
repeat ends with exactly the graph of an undisturbed import. And FinBench's files, counted."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVER = os.environ["SKEIN_IMPORT_DRIVER"]
FINBENCH = ROOT.parent / "shared" / "data" / "finbench"
CYCLES = 200 if os.environ.get("SKEIN_NIGHTLY") else 12

MAPPING = """\
skein-mapping: 1
name: killed
source: {name: killed, zone: Asia/Shanghai}
files:
  - name: calls.csv
    columns: {from: integer, to: integer, at: datetime}
    links:
      - type: CALLED
        from: {label: Person, key: {id: from}}
        to: {label: Person, key: {id: to}}
        properties: {at: at}
    sightings:
      - {type: SEEN_AT, from: {label: Person, key: {id: from}}, to: {label: Cell, key: {id: cell}}, time: at}
  - name: people.csv
    columns: {id: integer}
    nodes: [{label: Person, key: {id: id}, properties: {name: name, city: city}}]
"""


def run(*args, check=True):
    done = subprocess.run([DRIVER, *map(str, args)], capture_output=True, timeout=300, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{args}: {done.returncode} {done.stderr.decode()}")
    return done


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="skein-kill-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    CHUNK = "200"

    def load(self, store, data, mappings, chunk=None, kill_after=0, check=True):
        return run("import", store, data, chunk or self.CHUNK, kill_after, *mappings, check=check)


class Killed(Case):
    def setUp(self):
        super().setUp()
        dice = random.Random(7)
        self.data = self.dir / "data"
        self.data.mkdir()
        self.mapping = self.dir / "mapping.yaml"
        self.mapping.write_text(MAPPING)
        calls = ["from,to,at,cell"]
        for _ in range(3000):  # few distinct values, so that rows repeat
            calls.append(f"{dice.randrange(60)},{dice.randrange(60)},2024-05-0{dice.randrange(1, 4)}T08:00:00,c{dice.randrange(5)}")
        calls += dice.sample(calls[1:], 500)
        (self.data / "calls.csv").write_text("\n".join(calls) + "\n")
        people = ["id,name,city"] + [f"{i},name {i},city {i % 9}" for i in range(0, 600, 2)]
        people += [f"{i},newer name {i},city {i % 9}" for i in range(0, 60, 4)]  # keys that disagree
        (self.data / "people.csv").write_text("\n".join(people) + "\n")
        whole = self.dir / "whole"
        done = self.load(whole, self.data, [self.mapping])
        self.summary = json.loads(done.stdout)
        self.commits = int(done.stderr.split()[-1])
        self.expected = run("export", whole).stdout

    def finish(self, store, why):
        again = json.loads(self.load(store, self.data, [self.mapping]).stdout)
        self.assertTrue(again["finished"])
        self.assertEqual(run("export", store).stdout, self.expected, why)
        once_more = json.loads(self.load(store, self.data, [self.mapping]).stdout)
        for count in ("created", "updated", "implied", "links", "links_updated", "sightings"):
            self.assertEqual(once_more[count], 0, (why, count, once_more))

    def test_after_every_commit(self):
        self.assertGreater(self.commits, 15)
        for n in range(1, self.commits + 1):
            store = self.dir / f"after{n}"
            done = self.load(store, self.data, [self.mapping], kill_after=n, check=False)
            self.assertEqual(done.returncode, -signal.SIGKILL)
            self.finish(store, f"killed after commit {n}")
            shutil.rmtree(store)

    def test_at_random_moments(self):
        dice = random.Random(os.environ.get("SKEIN_SEED", "1"))
        start = time.monotonic()
        self.load(self.dir / "timed", self.data, [self.mapping])
        length = time.monotonic() - start
        for cycle in range(CYCLES):
            store = self.dir / f"random{cycle}"
            for _ in range(dice.randrange(1, 4)):  # killed again while it recovers
                process = subprocess.Popen([DRIVER, "import", store, self.data, self.CHUNK, "0", self.mapping],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(dice.uniform(0, length))  # the moment of the kill is what is tested
                process.kill()
                process.wait(timeout=60)
            self.finish(store, f"cycle {cycle}")
            shutil.rmtree(store)

    def test_shuffled_files_give_the_same_graph(self):
        text = MAPPING.replace("files:\n", "")
        head, calls, people = text.partition("  - name: calls.csv")[0], None, None
        calls, _, people = text[len(head):].partition("  - name: people.csv")
        self.mapping.write_text(head + "files:\n  - name: people.csv" + people + calls)
        store = self.dir / "shuffled"
        self.load(store, self.data, [self.mapping], chunk=self.CHUNK.replace("200", "77"))
        self.assertEqual(run("export", store).stdout, self.expected)

    def test_a_held_store_is_refused_in_one_line(self):
        store = self.dir / "held"
        first = subprocess.Popen([DRIVER, "import", store, self.data, "1", "0", self.mapping],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 30
            while not (store / "LOCK").exists() or not (store / "LOCK").read_text().strip():
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)
            done = self.load(store, self.data, [self.mapping], check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(str(first.pid), done.stderr.decode())
            self.assertEqual(done.stderr.decode().count("\n"), 1)
        finally:
            first.kill()
            first.wait(timeout=60)
        self.finish(store, "killed while another waited")


@unittest.skipUnless(FINBENCH.is_dir(), f"{FINBENCH} is not there")
class KilledInBulk(Killed):
    """The same with every link without a key, and every sighting, loaded in bulk, 32 KiB at a time."""

    CHUNK = "200b"


@unittest.skipUnless(FINBENCH.is_dir(), f"{FINBENCH} is not there")
class FinBench(Case):
    def test_all_files(self):
        mapping = ROOT / "importers" / "mappings" / "finbench.yaml"
        store = self.dir / "store"
        summary = json.loads(self.load(store, FINBENCH, [mapping], chunk=10000).stdout)
        rows = {path.name: path.read_text().count("\n") - 1 for path in FINBENCH.glob("*.csv")}
        self.assertEqual(len(rows), 18)
        self.assertEqual({f["file"]: f["accepted"] for f in summary["files"]}, rows)
        self.assertEqual(summary["rejected"], 0)
        self.assertEqual(summary["implied"], 75)
        self.assertEqual(summary["created"], 6200 + 967 + 3465 + 1464 + 1957)
        self.assertEqual(summary["links"], sum(n for name, n in rows.items() if name.count("Account") + name.count(
            "Person") + name.count("Company") + name.count("Loan") > 1 or name.startswith("MediumS")))
        first = run("export", store).stdout
        again = json.loads(self.load(store, FINBENCH, [mapping], chunk=10000).stdout)
        self.assertEqual((again["created"], again["updated"], again["links"], again["implied"]), (0, 0, 0, 0))
        self.assertEqual(again["links_unchanged"], summary["links"])
        self.assertEqual(run("export", store).stdout, first)
        text = first.decode()
        self.assertIn("(:Account {accoutType: STRING 'foreign currency', id: INTEGER 4613937818241074769, isBlocked: "
                      "BOOLEAN false, time: LOCAL DATETIME localdatetime('2020-01-09T18:08:45.162'), })", text)


if __name__ == "__main__":
    unittest.main()
