"""`skein fusion`: two records are said to be one, shown, taken back; and a mapping's keys say so by themselves."""

import json
import unittest

from program import Case, run

SAME = """\
same:
  - {labels: Person, property: name, grade: 0.8}
files:
"""


class Fusion(Case):
    def fusion(self, *args):
        done = run("fusion", args[0], "--store", self.store, "--format", "json", *args[1:])
        self.assertEqual(done.code, 0, done)
        return json.loads(done.out)

    def test_assert_show_retract(self):
        self.loaded()
        said = self.fusion("assert", "Person:id=1", "Person:id=2", "--grade", "0.7", "--why", "one phone")[0]["id"]
        clusters = self.fusion("show")
        self.assertEqual([c["size"] for c in clusters], [2])
        a, b = clusters[0]["members"]
        shown = self.fusion("show", a)
        self.assertEqual([(s["id"], s["grade"], s["basis"], s["same"], s["retracted"]) for s in shown],
                         [(said, 0.7, "one phone", True, False)])
        self.fusion("retract", a, b, said, "--why", "two people")
        self.assertEqual(self.fusion("show"), [])
        self.assertEqual([(s["retracted"], s["retractedBasis"]) for s in self.fusion("show", "Person:id=1")],
                         [(True, "two people")])

    def test_what_is_wrong_is_said(self):
        self.loaded()
        for args, word in ((["assert", "Person:id=1", "Person:id=1"], "itself"),
                           (["assert", "Person:id=1", "Person:id=77"], "no node"),
                           (["assert", "Person:id=1", "nobody"], "neither"),
                           (["assert", "Person:id=1", "Person:id=2", "--grade", "2"], "grade"),
                           (["retract", "Person:id=1", "Person:id=2", "00000000000000ff"], "no such assertion"),
                           (["show", "n12345"], "")):
            self.assertRefused(run("fusion", args[0], "--store", self.store, *args[1:]), word)

    def test_keys_of_a_mapping(self):
        self.mapping.write_text(self.mapping.read_text().replace("files:\n", SAME))
        self.write("data/people.csv", "id,name,born\n1,Ann,1980-01-31\n2,Bo,1990-02-28\n3,Ann,\n4,Ann,\n")
        first = self.loaded()
        self.assertEqual((first["same"], first["same_unchanged"]), (2, 0))
        self.assertEqual([c["size"] for c in self.fusion("show")], [3])
        again = self.loaded()
        self.assertEqual((again["same"], again["same_unchanged"]), (0, 2))
        self.assertEqual(self.rows("MATCH (p:Person {id: 4}) RETURN size(fusion.cluster(p)) AS n"), [{"n": 3}])


if __name__ == "__main__":
    unittest.main()
