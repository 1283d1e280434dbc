"""Care of a store from outside: `skein verify`."""

import json
import pathlib
import unittest

from program import Case, run


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


if __name__ == "__main__":
    unittest.main()
