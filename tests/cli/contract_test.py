"""The interface that others script against: subcommands, formats, exit statuses, the ready line."""

import csv
import io
import json
import os
import signal
import subprocess
import time
import unittest
import urllib.request

from program import PROGRAM, Case, Served, run


class QueryContract(Case):
    def test_help_everywhere(self):
        for args in ([], ["serve"], ["import"], ["query"], ["shell"], ["generate"], ["generate", "city"]):
            done = run(*args, "--help")
            self.assertEqual(done.code, 0, done)
            self.assertIn("--help", done.out)

    def test_csv_is_rfc_4180(self):
        self.loaded()
        text = ("RETURN null AS a, 9223372036854775807 AS b, true AS c, 'x,\"y\"\n' AS d, 1.5 AS e, "
                "[1, null, 'z'] AS f, {k: 1} AS g, date('2024-02-29') AS h, "
                "datetime('2024-05-01T08:00:00+08:00') AS i, '' AS j")
        done = self.query(text, "--format", "csv")
        self.assertEqual(done.code, 0, done)
        header, row = csv.reader(io.StringIO(done.out, newline=""))
        self.assertEqual(header, list("abcdefghij"))
        self.assertEqual(row[:5], ["", "9223372036854775807", "true", 'x,"y"\n', "1.5"])
        self.assertEqual(json.loads(row[5]), [1, None, "z"])
        self.assertEqual(json.loads(row[6]), {"k": 1})
        self.assertEqual(row[7], "2024-02-29")
        self.assertIn(row[8], ("2024-05-01T08:00+08:00", "2024-05-01T08:00:00+08:00"))

    def test_parameters_are_literals_else_strings(self):
        self.loaded()
        for given, kind in (("x=1", 1), ("x=1.5", 1.5), ("x=[1,2]", [1, 2]), ("x='1'", "1"),
                            ("x=hello world", "hello world"), ("x=true", True), ("x=null", None),
                            ("x=4613937818241074769", 4613937818241074769), ("x=O'Neil", "O'Neil"),
                            ("x=", ""), ("x=a=b", "a=b")):
            rows = self.rows("RETURN $x AS x", "--param", given)
            self.assertEqual(rows[0]["x"] if isinstance(rows, list) else rows, kind, given)

    def test_jsonl_is_one_object_a_line(self):
        self.loaded()
        done = self.query("MATCH (p:Person) RETURN p.id AS id ORDER BY id", "--format", "jsonl")
        self.assertEqual([json.loads(line)["id"] for line in done.out.splitlines()],
                         [1, 2, 9, 4613937818241074769])

    def test_results_only_on_stdout(self):
        self.loaded()
        done = self.query("RETURN 1 AS x", "--format", "csv")
        self.assertEqual(done.out.replace("\r\n", "\n"), "x\n1\n")

    def test_queries_write_and_stay(self):
        self.loaded()
        self.assertEqual(self.query("CREATE (:Person {id: 77, name: 'New'})").code, 0)
        self.assertEqual(self.rows("MATCH (p:Person {id: 77}) RETURN p.name AS n"), [{"n": "New"}])

    def test_errors_have_place_and_caret(self):
        self.loaded()
        done = self.query("MATCH (a RETURN a")
        self.assertRefused(done, "line 1", "column 10", "^", "UnexpectedSyntax")
        done = self.query("MATCH (a)\nRETURN b")
        self.assertRefused(done, "line 2", "column 8", "UndefinedVariable")

    def test_a_missing_store_is_not_made_by_query(self):
        done = self.query("RETURN 1", store=self.dir / "nowhere")
        self.assertRefused(done, "nowhere")
        self.assertFalse((self.dir / "nowhere").exists())

    def test_a_governed_store_asks_for_a_purpose(self):
        done = self.load(sandbox=False)
        self.assertRefused(done, "--case")
        purpose = ["--case", "A-1", "--basis", "art. 12", "--reason", "test"]
        self.assertEqual(self.load(*purpose, sandbox=False).code, 0)
        self.assertRefused(self.query("MATCH (n) RETURN n"), "--case")
        done = self.query("MATCH (p:Person) RETURN count(p) AS n", "--format", "csv", *purpose)
        self.assertEqual(done.out.split(), ["n", "4"], done)

    def test_sandbox_is_for_ever(self):
        self.loaded()
        with Served(self.store, sandbox=False) as server:  # the mark is in the store, not in the flag
            with urllib.request.urlopen(server.url() + "/api/v1/session") as reply:
                self.assertTrue(json.load(reply)["sandbox"])
            server.stop()
        governed = self.dir / "governed"
        with Served(governed, sandbox=False) as server:
            server.stop()
        self.assertRefused(run("import", "--store", governed, "--sandbox", "--mapping", self.mapping,
                               "--data", self.data), "governed")


class ServeContract(Case):
    def test_one_ready_line_and_a_prompt_end(self):
        with Served(self.store) as server:
            self.assertRegex(server.ready, r"^ready http://127\.0\.0\.1:\d+ bolt://127\.0\.0\.1:\d+$")
            with urllib.request.urlopen(server.url() + "/api/v1/health") as reply:
                self.assertEqual(reply.status, 200)
            start = time.monotonic()
            code, rest = server.stop()
            self.assertLess(time.monotonic() - start, 10)
            self.assertEqual((code, rest), (0, ""))

    def test_a_start_right_after_works_on_the_same_port(self):
        with Served(self.store) as server:
            address = server.url()[len("http://"):]
            server.stop()
        again = subprocess.Popen([PROGRAM, "serve", "--store", str(self.store), "--http", address,
                                  "--bolt", "off"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.assertEqual(again.stdout.readline().decode().strip(), f"ready http://{address}")
        finally:
            again.send_signal(signal.SIGTERM)
            again.communicate(timeout=20)
        self.assertEqual(again.returncode, 0)

    def test_a_held_store_names_the_holder(self):
        with Served(self.store) as server:
            pid = str(server.process.pid)
            self.assertRefused(self.query("RETURN 1"), pid)
            self.assertRefused(self.load(), pid)
            self.assertRefused(run("serve", "--store", self.store, "--http", "127.0.0.1:0", "--bolt",
                                   "off"), pid)
            server.stop()
        self.assertEqual(self.query("RETURN 1").code, 0)

    def test_a_query_right_after_kill_9(self):
        self.loaded()
        with Served(self.store) as server:
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
        self.assertEqual(self.rows("MATCH (p:Person) RETURN count(p) AS n"), [{"n": 4}])

    def test_a_taken_port_is_named(self):
        with Served(self.store) as server:
            taken = server.url()[len("http://"):]
            done = run("serve", "--store", self.dir / "other", "--sandbox", "--http", taken, "--bolt", "off")
            self.assertRefused(done, taken.rsplit(":", 1)[1])
            bolt = server.url("bolt")[len("bolt://"):]
            done = run("serve", "--store", self.dir / "other", "--sandbox", "--http", "127.0.0.1:0",
                       "--bolt", bolt)
            self.assertRefused(done, bolt.rsplit(":", 1)[1])

    def test_plain_http_stays_on_loopback(self):
        self.assertRefused(run("serve", "--store", self.store, "--sandbox", "--http", "0.0.0.0:0",
                               "--bolt", "off"), "0.0.0.0")
        self.assertRefused(run("serve", "--store", self.dir / "governed", "--http", "0.0.0.0:0",
                               "--bolt", "off"), "TLS")

    def test_sigint_ends_it_too(self):
        with Served(self.store) as server:
            code, _ = server.stop(signal.SIGINT)
            self.assertEqual(code, 0)


if __name__ == "__main__":
    unittest.main()
