"""Hostile files (reliability.md B8, row 17, scaled down): the import never dies, lists each bad row with its
number and reason, stays below 256 MB, and the same file again changes nothing."""

import gzip
import json
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import unittest

DRIVER = os.environ["SKEIN_IMPORT_DRIVER"]
SCALE = 16 if os.environ.get("SKEIN_NIGHTLY") else 1
RSS_MAX_KB = 256 * 1024

MAPPING = """\
skein-mapping: 1
name: hostile
source: {name: hostile}
files:
  - name: FILE
    columns: {id: string, born: {type: date}}
    nodes:
      - {label: P, key: {id: id}, properties: {born: born}, others: true}
"""


class Hostile(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="skein-hostile-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def load(self, chunks, name="f.csv"):
        """Writes the file, imports it twice; the summary of the first and its quarantine."""
        data = self.dir / "data"
        data.mkdir(exist_ok=True)
        with (gzip.open(data / name, "wb") if name.endswith(".gz") else open(data / name, "wb")) as out:
            for chunk in chunks:
                out.write(chunk)
        mapping = self.dir / "m.yaml"
        mapping.write_text(MAPPING.replace("FILE", name))
        store = self.dir / "store"
        # A limit on address space would hit allocators' reserves; the peak is measured instead.
        done = subprocess.run(["/usr/bin/env", DRIVER, "import", store, data, "10000", "0", mapping],
                              capture_output=True, timeout=300, check=False)
        self.assertIn(done.returncode, (0, 1), done)
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, RSS_MAX_KB)
        if done.returncode == 1:
            self.assertEqual(done.stderr.count(b"\n"), 1)
            return done.stderr.decode(), []
        summary = json.loads(done.stdout)
        self.assertEqual(summary["read"], summary["accepted"] + summary["rejected"])
        quarantine = pathlib.Path(str(store) + ".quarantine.jsonl")
        bad = [json.loads(line) for line in quarantine.read_text().splitlines()] if quarantine.exists() else []
        self.assertEqual(len(bad), summary["rejected"])
        again = json.loads(subprocess.run([DRIVER, "import", store, data, "10000", "0", mapping],
                                          capture_output=True, timeout=300, check=True).stdout)
        self.assertEqual((again["created"], again["updated"]), (0, 0))
        return summary, bad

    def test_one_huge_line(self):
        summary, bad = self.load([b"id,born\n1,2000-01-01\n"] + [b"x" * (1 << 20)] * 64 * SCALE + [b"\n2,\n"])
        self.assertEqual((summary["accepted"], summary["rejected"]), (2, 1))
        self.assertIn("longer than", bad[0]["reason"])
        self.assertEqual(bad[0]["line"], 3)

    def test_a_quote_that_never_closes(self):
        rows = b"".join(b"%d,2000-01-01\n" % i for i in range(20000))
        summary, bad = self.load([b'id,born\n"open,\n'] + [rows] * 3 * SCALE)
        self.assertEqual(summary["rejected"], 1)
        self.assertEqual(summary["accepted"], 60000 * SCALE)
        self.assertIn("opened at line 2 column 1", bad[0]["reason"])

    def test_bytes_that_are_no_text(self):
        summary, bad = self.load([b"id,born\n\x00,\n\xff\xfe,\na\xed\xa0\x80,\nok,\n"])
        self.assertEqual((summary["accepted"], summary["rejected"], summary["damaged"]), (1, 3, 3))
        self.assertEqual([b["line"] for b in bad], [2, 3, 4])

    def test_utf_16(self):
        message, _ = self.load(["id,born\n1,\n".encode("utf-16")])
        self.assertIn("UTF-16", message)

    def test_very_many_columns(self):
        message, _ = self.load([b"id,born," + b",".join(b"c%d" % i for i in range(100000)) + b"\n"])
        self.assertIn("100002 columns, the limit is", message)

    def test_very_many_empty_lines(self):
        summary, _ = self.load([b"id,born\n"] + [b"\r\n\n" * 50000] * 10 * SCALE + [b"1,\n"])
        self.assertEqual((summary["read"], summary["accepted"]), (1, 1))

    def test_text_that_means_something_elsewhere(self):
        cells = ["=1+1", "@SUM(A1)", "<script>alert(1)</script>", "Аnn", "\u202eevil", "'; DROP", "-2+3", "{a}"]
        summary, _ = self.load([b"id,born\n"] + [f'"{cell}",\n'.encode() for cell in cells])
        self.assertEqual(summary["created"], len(cells))

    def test_dates_that_are_none(self):
        dates = ["0000-00-00", "9999-12-31", "202-01-01", "2023-02-29", "1999-12-31T25:00", "２０２０-01-01"]
        summary, bad = self.load([b"id,born\n"] + [f"{i},{d}\n".encode() for i, d in enumerate(dates)])
        self.assertEqual((summary["accepted"], summary["rejected"]), (1, 5))
        self.assertEqual({b["column"] for b in bad}, {"born"})

    def test_leading_zeros_stay(self):
        summary, _ = self.load([b"id,born\n0138,\n138,\n"])
        self.assertEqual(summary["created"], 2)

    def test_a_gzip_bomb(self):
        summary, bad = self.load([b"id,born\n1,\n"] + [b"0" * (1 << 20)] * 256 * SCALE, name="f.csv.gz")
        self.assertEqual((summary["accepted"], summary["rejected"]), (1, 1))


if __name__ == "__main__":
    unittest.main()
