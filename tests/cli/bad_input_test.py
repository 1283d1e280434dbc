"""Bad input: each gives one clear line and a non-zero status, loses nothing, crashes nothing."""

import json
import os
import subprocess
import unittest
import urllib.error
import urllib.request

from program import PROGRAM, Case, Served, run


class BadInput(Case):
    def assertNothingLost(self):
        self.assertEqual(self.rows("MATCH (p:Person) RETURN count(p) AS n"), [{"n": 4}])
        self.assertEqual(self.rows("MATCH ()-[r:CALLED]->() RETURN count(r) AS n"), [{"n": 3}])

    def test_missing_files(self):
        self.loaded()
        self.assertOneLine(run("import", "--store", self.store, "--mapping", self.dir / "no.yaml", "--data",
                               self.data), "no.yaml")
        self.assertOneLine(run("import", "--store", self.store, "--mapping", self.mapping, "--data",
                               self.dir / "nodir"), "nodir")
        self.assertOneLine(run("query", "--store", self.dir / "nostore", "RETURN 1"), "nostore")
        (self.data / "calls.csv").unlink()
        self.assertOneLine(self.load(), "calls.csv")
        self.assertNothingLost()

    def test_wrong_column(self):
        self.loaded()
        self.write("data/people.csv", "id,title,born\n1,Ann,1980-01-31\n")
        self.assertOneLine(self.load(), "people.csv", "name")
        self.assertNothingLost()

    def test_mapping_errors_have_a_place(self):
        self.write("mapping.yaml", self.mapping.read_text().replace("label: Person", "lable: Person", 1))
        self.assertOneLine(self.load(), "mapping.yaml:", "lable")
        self.write("mapping.yaml", "skein-mapping: 1\nfiles: [")
        self.assertOneLine(self.load(), "mapping.yaml:")

    def test_unknown_time_zone(self):
        self.write("mapping.yaml", self.mapping.read_text().replace("Asia/Shanghai", "Asia/Shangai"))
        self.assertOneLine(self.load(), "Asia/Shangai")

    def test_bad_rows_are_quarantined_with_their_place(self):
        self.write("data/people.csv", "id,name,born\n1,Ann,1980-01-31\nx7,Bob,1990-01-01\n"
                   "3,Eve,1990-02-30\n")
        done = self.load()
        self.assertEqual(done.code, 0, done)
        summary = json.loads(done.out)
        self.assertEqual(summary["rejected"], 2, summary)
        self.assertEqual(summary["read"], summary["accepted"] + summary["rejected"])
        rows = []
        for path in self.dir.rglob("*quarantine*"):
            for file in ([path] if path.is_file() else path.rglob("*")):
                if file.is_file():
                    rows += [json.loads(line) for line in file.read_text().splitlines()]
        self.assertEqual(sorted((r["line"], r["column"], r["value"]) for r in rows),
                         [(3, "id", "x7"), (4, "born", "1990-02-30")])
        self.assertTrue(all(r["reason"] and r["file"] for r in rows))

    def test_broken_quotes_and_bytes(self):
        for content in (b'id,name,born\n1,"Ann,1980-01-31\n2,Bob,1990-01-01\n',
                        b"id,name,born\n1,A\xff\xfen,1980-01-31\n", b"id,name,born\n1,A\x00n,1980-01-31\n",
                        "id,name,born\n1,Ann,1980-01-31\n".encode("utf-16")):
            self.write("data/people.csv", content)
            done = self.load()
            if done.out:  # it went through the file: every row is accounted for
                self.assertIn(done.code, (0, 3), done)
                summary = json.loads(done.out)
                self.assertGreaterEqual(summary["rejected"], 1, summary)
                self.assertEqual(summary["read"], summary["accepted"] + summary["rejected"])
                self.assertEqual(len(done.err.strip().splitlines()), 1, done)
            else:
                self.assertOneLine(done, "people.csv")

    def test_a_held_store_and_a_taken_port(self):
        self.loaded()
        with Served(self.store) as server:
            pid, taken = str(server.process.pid), server.url()[len("http://"):]
            self.assertOneLine(self.query("RETURN 1"), str(self.store), pid)
            self.assertOneLine(self.load(), str(self.store), pid)
            self.assertOneLine(run("serve", "--store", self.dir / "other", "--sandbox", "--http", taken, "--bolt", "off"),
                               taken.rsplit(":", 1)[1], "taken")
            self.assertUp(server)
        self.assertNothingLost()

    def test_hostile_queries_end_with_one_error(self):
        self.loaded()
        for text in ("(" * 1_000_000, "RETURN " + "[" * 1_000_000, "RETURN " + "-" * 500_000 + "1",
                     "RETURN " + "NOT " * 200_000 + "true", "MATCH " + "(a)--" * 100_000 + "(a) RETURN 1"):
            path = self.write("query.txt", text)
            with open(path, "rb") as query:
                done = subprocess.run([PROGRAM, "query", "--store", str(self.store), "-"], stdin=query,
                                      capture_output=True, timeout=60, check=False)
            self.assertGreater(done.returncode, 0, done.stderr[:300])
            self.assertLess(len(done.stderr), 4000)
        self.assertRefused(self.query("RETURN " + "(" * 120_000))
        self.assertNothingLost()

    cookie = None

    def ask(self, server, body, path="query", method="POST"):
        """(status, answer) of an API call; keeps the session's cookie."""
        request = urllib.request.Request(f"{server.url()}/api/v1/{path}", method=method, data=json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json", "X-Skein": "1"})
        if self.cookie:
            request.add_header("Cookie", self.cookie)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                self.cookie = (reply.headers.get("Set-Cookie") or self.cookie or "").split(";")[0]
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    def assertUp(self, server):
        with urllib.request.urlopen(server.url() + "/api/v1/health", timeout=60) as reply:
            self.assertEqual(reply.status, 200)
        self.assertIsNone(server.process.poll())

    def test_the_server_stays_up(self):
        with Served(self.store) as server:
            for text in ("RETURN " + "(" * 1_000_000, "[" * 1_000_000, "RETURN " + "(" * 60_000, "RETURN " + "NOT " * 15_000 + "true",
                         "RETURN 1/0", "MATCH (a RETURN", "\u0000", ""):
                status, answer = self.ask(server, {"text": text})
                self.assertIn(status, (400, 413, 422), text[:40])
                self.assertIn("error", answer)
                self.assertUp(server)

    def test_a_runaway_query_ends_within_its_time(self):
        self.loaded()
        done = run("query", "--store", self.store, "--timeout", "2",
                   "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN count(*)", timeout=60)
        self.assertRefused(done)

    def test_unknown_formats_and_options(self):
        self.loaded()
        self.assertRefused(self.query("RETURN 1", "--format", "xml"), "xml")
        self.assertRefused(self.query("RETURN 1", "--param", "novalue"), "novalue")
        for words in (("nonsense",), (), ("import",), ("query", "--store"), ("serve", "--nonsense")):
            done = run(*words)
            self.assertRefused(done, *words[:1] if words == ("nonsense",) else ())
            self.assertEqual(done.code, 2, done)

    def test_a_store_of_another_format_is_refused_by_name(self):
        (self.store).mkdir()
        (self.store / "something").write_text("not ours")
        done = self.load()
        self.assertRefused(done, str(self.store))
        self.assertEqual((self.store / "something").read_text(), "not ours")

    def small_disk(self):
        """A file system of 48 MB, gone with the test."""
        if os.geteuid() != 0:
            self.skipTest("mounting a small disk needs root")
        disk = self.dir / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(disk)],
                          capture_output=True, check=False).returncode != 0:
            self.skipTest("no tmpfs may be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)], check=False)
        return disk

    def fill(self, path):
        with open(path, "wb", buffering=0) as out:
            try:
                while True:
                    out.write(os.urandom(1 << 16))
            except OSError:
                pass

    def test_the_server_stays_up_on_a_full_disk(self):
        """No log, no answer: a governed read is refused while the disk is full, and answered again after."""
        disk = self.small_disk()
        self.store = disk / "store"
        password = "a long test password"
        for words in (("unit", "add", "--key", "u", "--name", "U"),
                      ("user", "add", "--name", "ann", "--unit", "u", "--role", "investigator", "--password-stdin"),
                      ("case", "add", "--number", "A-1", "--unit", "u", "--basis", "art. 12", "--title", "T")):
            done = run(*words, "--store", self.store, data=password.encode() + b"\n")
            self.assertEqual(done.code, 0, done)
        purpose = {"case": "A-1", "basis": "art. 12", "reason": "a full disk"}
        self.assertEqual(self.load(*(word for k, v in purpose.items() for word in ("--" + k, v)), sandbox=False).code, 0)
        with Served(self.store, sandbox=False) as server:
            self.cookie = None
            self.assertEqual(self.ask(server, {"name": "ann", "password": password}, path="session")[0], 200)
            self.assertEqual(self.ask(server, purpose, path="session/purpose", method="PUT")[0], 200)
            count = {"text": "MATCH (p:Person) RETURN count(p) AS n"}
            self.assertEqual(self.ask(server, count)[1]["rows"], [[4]])
            self.fill(disk / "filler")
            for _ in range(200):  # what the log had reserved is used up first
                status, answer = self.ask(server, {"text": f"RETURN '{'x' * 60_000}' AS n"})
                if status != 200:
                    break
            self.assertEqual((status, answer["error"]["code"]), (503, "log_unavailable"), answer)
            self.assertUp(server)
            (disk / "filler").unlink()
            self.assertEqual(self.ask(server, count)[1].get("rows"), [[4]])
            self.assertEqual(server.stop()[0], 0)

    def test_full_disk(self):
        disk = self.small_disk()
        store = disk / "store"
        args = ["import", "--store", store, "--sandbox", "--mapping", self.mapping, "--data", self.data]
        self.assertEqual(run(*args).code, 0)
        filler = disk / "filler"
        self.fill(filler)
        done = run("query", "--store", store, "CREATE (:Person {id: 500})")
        self.assertRefused(done, "space")
        self.assertRefused(run(*args), "space")
        done = run("query", "--store", store, "--format", "csv", "MATCH (p:Person) RETURN count(p) AS n")
        if done.code != 0:  # not one byte: even opening needs a few
            self.assertRefused(done, "space", str(disk))
        with open(filler, "r+b") as out:  # a little is free again: reads go on, writes do not
            out.truncate(max(0, filler.stat().st_size - (1 << 20)))
        self.assertRefused(run("query", "--store", store, "CREATE (:Person {id: 500})"), "space")
        done = run("query", "--store", store, "--format", "csv", "MATCH (p:Person) RETURN count(p) AS n")
        self.assertEqual((done.code, done.out.split()), (0, ["n", "4"]), done)
        filler.unlink()
        self.assertEqual(run("query", "--store", store, "CREATE (:Person {id: 500})").code, 0)
        self.assertEqual(run(*args).code, 0)


if __name__ == "__main__":
    unittest.main()
