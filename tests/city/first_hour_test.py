"""The ten queries of docs/guides/first-hour.md against truth.json of the city they are asked about."""

import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import PROGRAM, ROOT, run  # noqa: E402

GUIDE = ROOT / "docs" / "guides" / "first-hour.md"
MAPPINGS = sorted((ROOT / "importers" / "mappings" / "city").glob("*.yaml"))
SEED = os.environ.get("SKEIN_CITY_SEED", "1")


def guide_queries():
    """Number of the heading → its first cypher block."""
    text = GUIDE.read_text(encoding="utf-8")
    parts = re.split(r"^## (\d+)\. ", text, flags=re.M)[1:]
    found = {}
    for number, body in zip(parts[::2], parts[1::2]):
        blocks = re.findall(r"^```cypher\n(.*?)^```", body, flags=re.M | re.S)
        found[int(number)] = blocks[0].strip()
    return found


class FirstHour(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.access(PROGRAM, os.X_OK):
            raise unittest.SkipTest(f"{PROGRAM} is not built")
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="skein-city-"))
        cls.addClassCleanup(shutil.rmtree, cls.dir, ignore_errors=True)
        cls.city, cls.store = cls.dir / "city", cls.dir / "store"
        made = run("generate", "city", "--out", cls.city, "--seed", SEED)
        assert made.code == 0, made
        cls.manifest = json.loads((cls.city / "manifest.json").read_text(encoding="utf-8"))
        truth = json.loads((cls.city / "truth.json").read_text(encoding="utf-8"))
        cls.truth = {story["id"]: story["finds"] for story in truth["stories"]}
        cls.queries = guide_queries()
        cls.summaries = {}
        for mapping in MAPPINGS:
            done = run("import", "--store", cls.store, "--sandbox", "--mapping", mapping,
                       "--data", cls.city, "--quarantine", cls.dir / "quarantine.jsonl", timeout=600)
            assert done.code == 0, (mapping.name, done)
            cls.summaries[mapping.name] = json.loads(done.out)

    def ask(self, query):
        done = run("query", "--store", self.store, "--format", "json", query, timeout=300)
        self.assertEqual(done.code, 0, done)
        return json.loads(done.out)

    def guide(self, number):
        return self.ask(self.queries[number])

    def test_the_guide_has_ten_queries_that_name_no_answer(self):
        self.assertEqual(sorted(self.queries), list(range(1, 11)))
        def keys(value):
            if isinstance(value, dict):
                return [k for v in value.values() for k in keys(v)]
            if isinstance(value, list):
                return [k for v in value for k in keys(v)]
            return [value] if isinstance(value, str) and len(value) > 5 else []
        answers = set(keys(self.truth))
        for number, query in self.queries.items():
            for literal in re.findall(r"'([^']*)'", query):
                self.assertNotIn(literal, answers, f"query {number}")

    def test_every_record_is_loaded(self):
        read = 0
        for name, summary in self.summaries.items():
            self.assertTrue(summary["finished"], name)
            self.assertEqual(summary["rejected"], 0, name)
            self.assertEqual(summary["read"], summary["accepted"], name)
            read += summary["read"]
        self.assertEqual(read, self.manifest["records"])

    def test_a_second_import_changes_nothing(self):
        count = "MATCH (n) OPTIONAL MATCH (n)-[r]->() RETURN count(DISTINCT n) AS nodes, count(r) AS links"
        before = self.ask(count)
        for mapping in MAPPINGS:
            done = run("import", "--store", self.store, "--sandbox", "--mapping", mapping,
                       "--data", self.city, "--quarantine", self.dir / "quarantine.jsonl", timeout=600)
            self.assertEqual(done.code, 0, done)
        self.assertEqual(self.ask(count), before)

    def test_positions_of_every_datum_meet_in_the_city(self):
        # Sensors of GCJ-02 and BD-09 stand within 100 m of crossings; shifted datums would be 400 m off.
        roads = json.loads((self.city / "map" / "roads.geojson").read_text(encoding="utf-8"))["features"]
        lons = {f["geometry"]["coordinates"][0][0] for f in roads if f["properties"]["kind"] == "avenue"}
        lats = {f["geometry"]["coordinates"][0][1] for f in roads if f["properties"]["kind"] == "road"}
        for label in ("Camera", "BaseStation", "AccessPoint", "TagStation"):
            rows = self.ask(f"MATCH (s:{label}) WHERE s.lon > 123.7 RETURN s.lat AS lat, s.lon AS lon")
            self.assertGreater(len(rows), 15, label)
            for row in rows:
                self.assertLess(min(abs(row["lat"] - lat) for lat in lats), 0.0007, (label, row))
                self.assertLess(min(abs(row["lon"] - lon) for lon in lons), 0.0008, (label, row))

    def test_01_the_fugitive(self):
        finds = self.truth["fugitive"]
        rows = self.guide(1)
        self.assertEqual([(r["caseNumber"], r["wantedId"], r["livesAsId"], r["livesAs"], r["phone"], r["imei"]) for r in rows],
                         [(finds["case"], finds["wanted"]["idNumber"], finds["livesAs"]["idNumber"],
                           finds["livesAs"]["name"], finds["phone"], finds["sharedImei"])])

    def test_02_the_money_to_his_mother(self):
        finds = self.truth["fugitive"]
        rows = self.guide(2)
        self.assertEqual([(r["alias"], r["payerId"], r["payments"]) for r in rows],
                         [(finds["alias"], finds["livesAs"]["idNumber"], 2)])

    def test_03_the_group(self):
        group = {(m["idNumber"], m["phone"]) for m in self.truth["motorcycle-thefts"]["group"]}
        rows = self.guide(3)
        self.assertEqual({(r["idNumber"], r["phone"]) for r in rows}, group)
        self.assertEqual(len(rows), 4)

    def test_04_the_thefts(self):
        self.assertEqual(sorted(r["caseNumber"] for r in self.guide(4)), self.truth["motorcycle-thefts"]["cases"])

    def test_05_the_buyer(self):
        finds = self.truth["motorcycle-thefts"]
        self.assertEqual([(r["payerId"], r["account"]) for r in self.guide(5)],
                         [(finds["buyer"]["idNumber"], finds["buyerAccount"])])

    def test_06_the_cloned_plate(self):
        finds = self.truth["cloned-plate"]
        rows = self.guide(6)
        self.assertEqual([(r["plate"], r["ownerId"], r["registered"]) for r in rows],
                         [(finds["plate"], finds["owner"]["idNumber"], finds["registeredColour"])])
        self.assertGreaterEqual(rows[0]["conflicts"], len(finds["twoPlaces"]))
        self.assertIn(finds["cloneColour"], rows[0]["colours"])

    def test_07_the_convoy(self):
        plates = self.truth["convoy"]["plates"]
        pairs = sorted((a, b) for a in plates for b in plates if a < b)
        self.assertEqual(sorted((r["first"], r["second"]) for r in self.guide(7)), pairs)

    def test_08_the_sim_swap(self):
        finds = self.truth["sim-swap"]
        rows = self.guide(8)
        self.assertEqual([(r["victimId"], r["phone"], r["imei"], r["handsetOfId"], r["account"], r["payments"],
                           r["amount"], sorted(r["receivers"])) for r in rows],
                         [(finds["victim"]["idNumber"], finds["phone"], finds["imei"],
                           finds["attacker"]["idNumber"], finds["account"], finds["payments"],
                           finds["takenYuan"], sorted(finds["muleAccounts"]))])

    def test_09_the_document(self):
        finds = self.truth["two-on-one-document"]
        rows = self.guide(9)
        self.assertEqual([(r["document"], {r["firstId"], r["secondId"]}) for r in rows],
                         [(finds["document"], {finds["first"]["idNumber"], finds["second"]["idNumber"]})])
        self.assertEqual(len(rows[0]["shown"]), 2)
        self.assertTrue(any(finds["train"] in text for text in rows[0]["shown"]))

    def test_10_the_missing_woman(self):
        finds = self.truth["missing-elderly"]
        rows = self.guide(10)
        self.assertEqual({(r["request"], r["idNumber"], r["tag"]) for r in rows},
                         {(finds["request"], finds["missing"]["idNumber"], finds["tag"])})
        self.assertEqual(rows[0]["station"], finds["lastStation"])
        self.assertTrue(rows[0]["time"].startswith(finds["lastSeenAt"][:16]), rows[0])


if __name__ == "__main__":
    unittest.main()
