"""Every query of docs/guides/tutorial.md gives the answer that stands below it."""

import pathlib
import re
import shutil
import tempfile
import unittest

from program import ROOT, run

GUIDE = ROOT / "docs" / "guides" / "tutorial.md"


def blocks():
    """(query, csv or None) in the order of the page."""
    found = re.findall(r"^```(cypher|csv)\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), flags=re.M | re.S)
    out = []
    for kind, text in found:
        if kind == "cypher":
            out.append([text.strip(), None])
        else:
            out[-1][1] = text.strip()
    return out


class Tutorial(unittest.TestCase):
    def test_every_answer(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="skein-tutorial-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        store = folder / "store"
        made = run("shell", "--store", store, "--create", "--sandbox", data=b"RETURN 1;\n")
        self.assertEqual(made.code, 0, made)
        pages = blocks()
        self.assertGreaterEqual(len(pages), 8)
        for query, expected in pages:
            answer = run("query", "--store", store, "--format", "csv", query)
            self.assertEqual(answer.code, 0, answer)
            if expected is not None:
                self.assertEqual(answer.out.replace("\r\n", "\n").strip(), expected, query)


if __name__ == "__main__":
    unittest.main()
