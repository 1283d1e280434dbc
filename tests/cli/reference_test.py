"""The reference pages of the language, functions and procedures in docs/reference are those the program prints."""

import os
import tempfile
import unittest

from program import ROOT, run


class Reference(unittest.TestCase):
    def assertPage(self, name):
        done = run("reference", name)
        self.assertEqual(done.code, 0, done)
        path = ROOT / "docs" / "reference" / f"{name}.md"
        self.assertTrue(path.read_text(encoding="utf-8") == done.out,
                        f"{path.relative_to(ROOT)} is not up to date: build/release/skein reference {name} > {path.relative_to(ROOT)}")

    def test_language(self):
        self.assertPage("language")

    def test_functions(self):
        self.assertPage("functions")

    def test_procedures(self):
        self.assertPage("procedures")

    def test_the_shell_shows_entries(self):
        with tempfile.TemporaryDirectory(prefix="skein-reference-") as folder:
            store = os.path.join(folder, "store")
            typed = b":help unwind\n:help toUpper\n:help algo.bfs\n:help elephant\n"
            done = run("shell", "--store", store, "--create", "--sandbox", data=typed)
            for shown in ("UNWIND list AS name", "toUpper(STRING) :: STRING", "algo.bfs("):
                self.assertIn(shown, done.out)
            self.assertIn("elephant", done.err)


if __name__ == "__main__":
    unittest.main()
