"""Care of a store from outside: `skein verify`, `backup`, `restore`."""

import json
import pathlib
import unittest

from program import Case, Served, run


class Verify(Case):
    def test_a_sound_store(self):
        self.loaded()
        done = run("verify", "--store", self.store, "--json")
        self.assertEqual(done.code, 0, done)
        told = json.loads(done.out)
        self.assertTrue(told["sound"] and told["complete"])
        self.assertEqual(told["found"], {})
        self.assertEqual(told["checked"]["adjacency_entries"], 2 * told["checked"]["links"])
        text = run("verify", "--store", self.store, "--quiet")
        self.assertEqual((text.code, text.err), (0, ""))
        self.assertIn("sound", text.out)

    def test_flipped_bytes_are_damage_that_no_repair_touches(self):
        self.loaded()
        self.assertEqual(run("verify", "--store", self.store, "--repair", "--quiet").code, 0)
        files = sorted(pathlib.Path(self.store).glob("db/*.sst"), key=lambda f: f.stat().st_size)
        self.assertTrue(files)
        data = bytearray(files[-1].read_bytes())
        data[len(data) // 4] ^= 0x40
        files[-1].write_bytes(bytes(data))
        for extra in ([], ["--repair"]):
            done = run("verify", "--store", self.store, "--json", *extra)
            self.assertIn(done.code, (1, 3), done)

    def test_no_store_is_an_error(self):
        done = run("verify", "--store", str(pathlib.Path(self.store) / "nothing"))
        self.assertEqual((done.code, done.out), (1, ""), done)


class Backup(Case):
    QUERY = "MATCH (p:Person) OPTIONAL MATCH (p)-[c:CALLED]->(q) RETURN p.id AS p, c.at AS at, q.id AS q ORDER BY p, at, q"

    def place(self, name):
        return str(pathlib.Path(self.store).parent / name)

    def answers(self, store):
        done = self.query(self.QUERY, "--format", "json", store=store)
        self.assertEqual(done.code, 0, done)
        return json.loads(done.out)

    def test_backup_restore_and_the_same_answers(self):
        self.loaded()
        to = self.place("backups")
        self.assertEqual(run("backup", "--store", self.store, "--to", to).code, 0)
        first = self.answers(self.store)
        self.assertEqual(self.query("CREATE (:Person {id: 1000, name: 'New'})").code, 0)
        self.assertEqual(run("backup", "--store", self.store, "--to", to).code, 0)
        listed = run("backup", "--to", to, "--list")
        self.assertEqual(len(listed.out.splitlines()), 2, listed)
        self.assertEqual(run("backup", "--to", to, "--check").code, 0)
        for number, answers in ((1, first), (0, self.answers(self.store))):
            restored = self.place(f"restored-{number}")
            done = run("restore", "--from", to, "--store", restored, "--number", number)
            self.assertEqual(done.code, 0, done)
            self.assertIn("verified", done.out)
            self.assertEqual(self.answers(restored), answers)
        self.assertRefused(run("restore", "--from", to, "--store", self.store), "nothing is overwritten")

    def test_a_damaged_backup_is_named_and_not_restored(self):
        self.loaded()
        to = self.place("backups")
        self.assertEqual(run("backup", "--store", self.store, "--to", to).code, 0)
        file = max(pathlib.Path(to).glob("files/*/*"), key=lambda f: f.stat().st_size)
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(bytes(data))
        done = run("backup", "--to", to, "--check")
        self.assertEqual(done.code, 3, done)
        self.assertIn(file.name, done.out)
        self.assertRefused(run("restore", "--from", to, "--store", self.place("restored")), file.name)
        self.assertFalse(pathlib.Path(self.place("restored")).exists())

    def test_while_it_serves(self):
        self.loaded()
        to = self.place("backups")
        expected = self.answers(self.store)
        with Served(self.store, "--backup-folder", to) as served:
            done = run("backup", "--server", served.url())
            self.assertEqual(done.code, 0, done)
            self.assertIn("backup 1", done.out)
            self.assertEqual(run("backup", "--server", served.url(), "--list").out, done.out)
        self.assertEqual(run("restore", "--from", to, "--store", self.place("restored")).code, 0)
        self.assertEqual(self.answers(self.place("restored")), expected)


class Stats(Case):
    def count_as_of(self, time):
        return run("query", "--store", self.store, "--format", "csv", f"AS OF datetime('{time}') MATCH (n) RETURN count(n) AS n")

    def test_stats_and_compact(self):
        self.loaded()
        done = run("stats", "--store", self.store, "--json")
        self.assertEqual(done.code, 0, done)
        told = json.loads(done.out)
        self.assertEqual((told["nodes"], told["links"]), (4, 3))
        self.assertEqual(sum(kind["bytes"] for kind in told["kinds"]), told["bytes"])
        text = run("stats", "--store", self.store)
        self.assertEqual(text.code, 0, text)
        for kind in told["kinds"]:
            self.assertIn(kind["kind"], text.out)
        self.assertEqual(run("compact", "--store", self.store).code, 0)
        self.assertEqual(self.count_as_of("2001-01-01T00:00:00Z").out, "n\r\n0\r\n")
        bad = run("compact", "--store", self.store, "--forget-before", "yesterday")
        self.assertEqual(bad.code, 1)
        self.assertIn("yesterday", bad.err)
        late = run("compact", "--store", self.store, "--forget-before", "2999-01-01T00:00:00Z")
        self.assertEqual(late.code, 1)
        self.assertIn("future", late.err)
        self.assertEqual(run("compact", "--store", self.store, "--forget-before", "2002-01-01T00:00:00Z").code, 0)
        refused = self.count_as_of("2001-01-01T00:00:00Z")
        self.assertEqual(refused.code, 1)
        self.assertIn("no longer kept", refused.err)
        self.assertEqual(self.count_as_of("2003-01-01T00:00:00Z").out, "n\r\n0\r\n")
        self.assertEqual(run("verify", "--store", self.store, "--quiet").code, 0)


if __name__ == "__main__":
    unittest.main()
