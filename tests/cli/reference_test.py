"""The reference pages of functions and procedures in docs/reference are those the program prints."""

import unittest

from program import ROOT, run


class Reference(unittest.TestCase):
    def assertPage(self, name):
        done = run("reference", name)
        self.assertEqual(done.code, 0, done)
        path = ROOT / "docs" / "reference" / f"{name}.md"
        self.assertTrue(path.read_text(encoding="utf-8") == done.out,
                        f"{path.relative_to(ROOT)} is not up to date: build/release/skein reference {name} > {path.relative_to(ROOT)}")

    def test_functions(self):
        self.assertPage("functions")

    def test_procedures(self):
        self.assertPage("procedures")


if __name__ == "__main__":
    unittest.main()
