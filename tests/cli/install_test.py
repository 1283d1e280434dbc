"""`cmake --install` gives a tree that works by itself: the program finds its workbench, the mappings load the city."""

import os
import subprocess
import urllib.request

import program
from program import ROOT, Case, Served, run

BUILD = os.path.dirname(os.path.abspath(program.PROGRAM))


class Install(Case):
    def setUp(self):
        super().setUp()
        if not (ROOT / "workbench" / "dist" / "index.html").exists():
            self.skipTest("workbench/dist is not built (./run build)")
        self.prefix = self.dir / "usr"
        done = subprocess.run(["cmake", "--install", BUILD, "--prefix", str(self.prefix)], capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        built, program.PROGRAM = program.PROGRAM, str(self.prefix / "bin" / "skein")
        self.addCleanup(setattr, program, "PROGRAM", built)

    def test_the_installed_tree_works_alone(self):
        share = self.prefix / "share"
        for path in ("doc/skein/copyright", "doc/skein/README.md", "doc/skein/docs/architecture.md", "skein/mappings/finbench.yaml"):
            self.assertTrue((share / path).is_file(), path)
        city = self.dir / "city"
        self.assertEqual(run("generate", "city", "--out", city).code, 0)
        mappings = [word for path in sorted((share / "skein" / "mappings" / "city").glob("*.yaml")) for word in ("--mapping", path)]
        self.assertEqual(len(mappings), 20)
        done = run("import", "--store", self.store, "--sandbox", *mappings, "--data", city)
        self.assertEqual(done.code, 0, done)
        with Served(self.store) as server:
            with urllib.request.urlopen(server.url() + "/", timeout=60) as page:
                self.assertIn(b'<div id="root">', page.read())


if __name__ == "__main__":
    import unittest
    unittest.main()
