"""truth.json checked from the departments' files alone, without store or query: every story is in them, and only once."""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest
from collections import defaultdict
from datetime import datetime, timedelta

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from files import City, at  # noqa: E402
from program import PROGRAM, run  # noqa: E402


class TruthFromFiles(unittest.TestCase):
    seed = "1"

    @classmethod
    def setUpClass(cls):
        if not os.access(PROGRAM, os.X_OK):
            raise unittest.SkipTest(f"{PROGRAM} is not built")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="skein-city-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        made = run("generate", "city", "--out", folder / "city", "--seed", cls.seed)
        assert made.code == 0, made
        cls.city = City(folder / "city")

    def test_every_piece_of_evidence_is_there(self):
        for story in self.city.truth["stories"]:
            self.assertGreaterEqual(len(story["distractors"]), 2, story["id"])
            for piece in story["evidence"]:
                column, _, value = piece["where"].partition(" = ")
                text = (self.city.folder / piece["file"]).read_text(encoding="utf-8-sig")
                self.assertIn(column.rsplit("/", 1)[-1], text, piece)
                if not value.startswith("each "):
                    self.assertIn(value, text, piece)

    def test_fugitive(self):
        city, finds = self.city, self.city.finds["fugitive"]
        wanted = {r["人员证件号"] for r in city.case_people if r["角色"] == "05"}
        self.assertEqual(len(wanted), 6)
        handsets = defaultdict(set)
        for number, _, imei, _, _ in city.uses:
            handsets[imei].add(number)
        found = set()
        for person in city.residents:
            if person["公民身份号码"] not in wanted:
                continue
            parents = {person["父亲身份号码"], person["母亲身份号码"]}
            home = {r["公民身份号码"] for r in city.residents if r["地址编码"] == person["地址编码"]}
            family = parents | {r["公民身份号码"] for r in city.residents if parents & {r["父亲身份号码"], r["母亲身份号码"]} - {""}}
            numbers = {n for p in family for n in city.phones[p]}
            for users in handsets.values():
                if not users & numbers:
                    continue
                for number in users - numbers:
                    owner = city.phone_owner[number]
                    called = {city.phone_owner[b] for a, b, _ in city.calls if a == number} & parents
                    if len(called) == 2 and owner not in home:
                        found.add((person["公民身份号码"], owner, number))
        self.assertEqual(found, {(finds["wanted"]["idNumber"], finds["livesAs"]["idNumber"], finds["phone"])})

    def scenes(self):
        """Phone number → motorcycle thefts at whose scene it was."""
        city = self.city
        by_cell = defaultdict(list)
        for number, cell, time in city.cells:
            by_cell[cell].append((number, time))
        out = defaultdict(set)
        for case in city.cases:
            if case["案件类别"] != "盗窃摩托车":
                continue
            begin, end = (at(case[c], "%Y-%m-%d %H:%M:%S") for c in ("发案时间起", "发案时间止"))
            for number, time in by_cell[city.scene_cell[case["案件编号"]]]:
                if begin <= time <= end:
                    out[number].add(case["案件编号"])
        return out

    def test_thefts(self):
        city, finds = self.city, self.city.finds["motorcycle-thefts"]
        scenes = self.scenes()
        group = {number for number, cases in scenes.items() if len(cases) >= 8}
        self.assertEqual(group, {m["phone"] for m in finds["group"]})
        shared = [c for c in set().union(*scenes.values()) if sum(c in scenes[n] for n in group) >= 2]
        self.assertEqual(sorted(shared), finds["cases"])
        self.assertEqual(len(shared), 22)
        innocent = {n for n, cases in scenes.items() if 3 <= len(cases) < 8}
        self.assertGreaterEqual(len(innocent), 2)  # watchman and taxi driver: the distractors do distract
        payers = defaultdict(set)
        for _, payer, receiver, _, _ in city.transfers:
            if city.account_owner[receiver] in {m["idNumber"] for m in finds["group"]}:
                payers[payer].add(receiver)
        self.assertEqual([p for p, members in payers.items() if len(members) == 4], [finds["buyerAccount"]])

    def conflicts(self, confidence, faulty):
        city = self.city
        by_plate = defaultdict(list)
        for p in city.passages:
            if p["confidence"] >= confidence and (faulty or city.cameras[p["camera"]][2] == "正常"):
                by_plate[p["plate"]].append((datetime.fromisoformat(p["ts"]), p["camera"]))
        out = defaultdict(int)
        for plate, seen in by_plate.items():
            for time, camera in seen:
                for time2, camera2 in seen:
                    seconds = (time2 - time).total_seconds()
                    km = city.kilometres(camera, camera2) if 0 < seconds < 7200 else 0
                    if km > 2 and km * 3600 > 200 * seconds:
                        out[plate] += 1
        return out

    def test_cloned_plate(self):
        sure = self.conflicts(0.8, False)
        self.assertEqual([p for p, n in sure.items() if n >= 2], [self.city.finds["cloned-plate"]["plate"]])
        self.assertGreater(len(self.conflicts(0, True)), len(sure) + 2)  # misreadings and the wrong clock

    def test_convoy(self):
        city = self.city
        by_camera = defaultdict(list)
        for p in city.passages:
            time = datetime.fromisoformat(p["ts"])
            if time.hour < 5:
                by_camera[p["camera"]].append((time, p["plate"]))
        met = defaultdict(set)
        for camera, seen in by_camera.items():
            for time, plate in seen:
                for time2, plate2 in seen:
                    if plate < plate2 and abs(time2 - time) <= timedelta(seconds=120):
                        met[plate, plate2].add((camera, time.date()))
        spouses = {(r["公民身份号码"], r["配偶身份号码"]) for r in city.residents}
        often = {pair for pair, where in met.items() if len({c for c, _ in where}) >= 4 and len({d for _, d in where}) >= 3}
        owners = city.vehicle_owner
        together = {(a, b) for a, b in often if owners[a] != owners[b] and (owners[a], owners[b]) not in spouses
                    and (owners[b], owners[a]) not in spouses}
        plates = city.finds["convoy"]["plates"]
        self.assertEqual(together, {(a, b) for a in plates for b in plates if a < b})
        self.assertEqual(len(often), 7)  # and the couple, and three pairs of vans

    def test_sim_swap(self):
        city, finds = self.city, self.city.finds["sim-swap"]
        hits = []
        for number, imsi, imei, begin, _ in city.uses:
            before = [u for u in city.uses if u[0] == number and u[4] and u[4] <= begin and u[1] != imsi]
            others = {u[0] for u in city.uses if u[2] == imei and u[0] != number and u[3] < begin}
            paid = [t for t in city.transfers if city.account_owner[t[1]] == city.phone_owner[number]
                    and begin <= t[0] <= begin + timedelta(hours=3)] if before and others else []
            if len(paid) >= 3:
                hits.append((number, imsi, imei, others, sum(t[3] for t in paid)))
        self.assertEqual(hits, [(finds["phone"], finds["newImsi"], finds["imei"], {finds["attackerPhone"]},
                                 float(finds["takenYuan"]))])

    def test_document(self):
        holders = defaultdict(list)
        for r in self.city.table("01_household/documents.csv"):
            if r["证件种类"] == "P":
                holders[r["证件号码"]].append((r["持证人身份号码"], r["签发日期"], r["有效期至"]))
        twice = {n: h for n, h in holders.items() if len({p for p, _, _ in h}) > 1}
        overlap = [n for n, ((_, a, b), (_, c, d)) in twice.items() if a < d and c < b]
        self.assertEqual(overlap, [self.city.finds["two-on-one-document"]["document"]])
        self.assertEqual(len(twice), 4)  # and three that were issued anew

    def test_missing(self):
        city, finds = self.city, self.city.finds["missing-elderly"]
        requests = [r for r in city.table("10_assistance/requests.csv", ";") if r["Type"] == "走失老人"]
        self.assertEqual([r["PersonId"] for r in requests if r["State"] == "open"], [finds["missing"]["idNumber"]])
        self.assertGreater(len(requests), 1)
        reads = [r for r in city.table("07_public_order/tag_reads.tsv", "\t") if r["标签"] == finds["tag"]]
        last = max(reads, key=lambda r: at(r["时间"], "%Y/%m/%d %H:%M"))
        self.assertEqual(last["基站编码"], finds["lastStation"])
        self.assertEqual(at(last["时间"], "%Y/%m/%d %H:%M").isoformat(), finds["lastSeenAt"])
        phone = max(t for n, _, t in city.cells if n == finds["phone"])
        self.assertGreater(phone.isoformat(), finds["lastSeenAt"])  # at home, and misleading


class TruthFromFilesOfAnotherSeed(TruthFromFiles):
    seed = "20260302"


if __name__ == "__main__":
    unittest.main()
