"""A running server from outside: `--server`, sessions over a restart, passwords, imports over HTTP, refused addresses."""

import json
import time
import unittest
import urllib.error
import urllib.request

from program import Case, Served, run

PASSWORD = "correct horse battery"
PURPOSE = {"case": "A-1", "basis": "art. 12", "reason": "theft of bikes"}
FLAGS = ["--case", "A-1", "--basis", "art. 12", "--reason", "theft of bikes"]


class Client:
    """A person at the HTTP API."""

    def __init__(self, url, cookie=None):
        self.url, self.cookie = url, cookie

    def call(self, method, path, body=None, raw=None):
        headers = {"X-Skein": "1"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + "/api/v1" + path, method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                if reply.headers.get("Set-Cookie"):
                    self.cookie = reply.headers["Set-Cookie"].split(";")[0]
                text = reply.read()
                return reply.status, json.loads(text) if text.startswith((b"{", b"[")) else text
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())["error"]

    def sign_in(self, name, password=PASSWORD, purpose=True):
        status, answer = self.call("POST", "/session", {"name": name, "password": password})
        if status == 200 and purpose:
            assert self.call("PUT", "/session/purpose", PURPOSE)[0] == 200
        return status, answer


class ServerTest(Case):
    def govern(self):
        run("unit", "add", "--store", self.store, "--key", "east", "--name", "East")
        for name, role in (("ann", "investigator"), ("sue", "supervisor")):
            done = run("user", "add", "--store", self.store, "--name", name, "--unit", "east", "--role", role,
                       "--password-stdin", data=(PASSWORD + "\n").encode())
            self.assertEqual(done.code, 0, done)
        run("case", "add", "--store", self.store, "--number", "A-1", "--unit", "east", "--basis", "art. 12")

    def test_query_at_a_server(self):
        self.loaded()
        text = "MATCH p = (a:Person {id: 1})-[r:CALLED]->(b) RETURN a, r, p, b.id AS id, 4613937818241074769 AS big ORDER BY id"
        local = self.query(text, "--format", "json")
        with Served(self.store) as server:
            url = server.url()
            remote = run("query", "--server", url, "--format", "json", text)
            self.assertEqual((remote.code, remote.out), (0, local.out), remote)
            made = run("query", "--server", url, "--param", "n=7", "CREATE (:Made {n: $n})")
            self.assertEqual(made.code, 0, made)
            self.assertRefused(run("query", "--server", url, "RETURN (1"), "^")
            shell = run("shell", "--server", url, data=b"MATCH (m:Made) RETURN m.n;\n:begin\n")
            self.assertIn("7", shell.out)
            self.assertIn("transactions", shell.err)
        self.assertRefused(run("query", "--server", url, "RETURN 1"), url)
        self.assertRefused(run("query", "--server", "http://example.org:1", "RETURN 1"), "https")
        self.assertRefused(run("query", "--server", url, "--store", self.store, "RETURN 1"))

    def test_query_at_a_governed_server(self):
        self.govern()
        password = self.write("password", PASSWORD + "\n")
        with Served(self.store, sandbox=False) as server:
            who = ["--server", server.url(), "--user", "ann", "--password-file", password]
            self.assertRefused(run("query", "--server", server.url(), "RETURN 1"), "governed")
            self.assertRefused(run("query", *who, "--case", "B-9", "--basis", "b", "--reason", "r", "RETURN 1"), "B-9")
            wrong = self.write("wrong", "not the password\n")
            self.assertRefused(run("query", "--server", server.url(), "--user", "ann", "--password-file", wrong,
                                   *FLAGS, "RETURN 1"))
            done = run("query", *who, *FLAGS, "--format", "csv", "RETURN 41 + 1 AS n")
            self.assertEqual((done.code, done.out.split()), (0, ["n", "42"]), done)
            sue = Client(server.url())
            sue.sign_in("sue")
            entries = sue.call("GET", "/audit?person=ann&limit=50")[1]["entries"]
            self.assertTrue(any(e["action"] == "query" and "41 + 1" in e["what"] for e in entries), entries)
            self.assertTrue(any(e.get("completes") and e["result"] == 1 for e in entries), entries)

    def test_sessions_outlive_a_restart_and_end_with_a_new_password(self):
        self.govern()
        with Served(self.store, sandbox=False) as server:
            ann, sue = Client(server.url()), Client(server.url())
            self.assertEqual(ann.sign_in("ann")[0], 200)
            self.assertEqual(sue.sign_in("sue")[0], 200)
            server.stop()
        done = run("user", "passwd", "--store", self.store, "--name", "sue", "--password-stdin",
                   data=b"another horse battery\n")
        self.assertEqual(done.code, 0, done)
        with Served(self.store, sandbox=False) as server:
            ann.url = sue.url = server.url()
            status, session = ann.call("GET", "/session")
            self.assertEqual((status, session["purpose"]), (200, PURPOSE))
            self.assertEqual(ann.call("POST", "/query", {"text": "RETURN 1"})[0], 200)
            self.assertEqual(sue.call("GET", "/session")[0], 401)
            self.assertEqual(sue.sign_in("sue", purpose=False)[0], 401)
            self.assertEqual(sue.sign_in("sue", "another horse battery", purpose=False)[0], 200)
            change = {"current": PASSWORD, "new": "a third horse battery"}
            self.assertEqual(ann.call("PUT", "/session/password", change)[0], 200)
            self.assertEqual(ann.call("GET", "/session")[0], 200, "with its new cookie")
            server.stop()

    def test_an_import_over_http_and_after_a_kill(self):
        self.govern()
        people = b"id,name,born\n" + b"".join(b"%d,p%d,1980-01-31\n" % (i, i) for i in range(25_000))
        with Served(self.store, sandbox=False) as server:
            sue = Client(server.url())
            sue.sign_in("sue")
            job = sue.call("POST", "/import-jobs", {"name": "people", "mappings": [self.mapping.read_text()]})[1]["id"]
            self.assertEqual(sue.call("PUT", f"/import-jobs/{job}/files/people.csv", raw=people)[0], 200)
            calls = (self.data / "calls.csv").read_bytes()
            self.assertEqual(sue.call("PUT", f"/import-jobs/{job}/files/calls.csv", raw=calls)[0], 200)
            self.assertEqual(sue.call("POST", f"/import-jobs/{job}/start")[0], 200)
            server.process.kill()
            server.process.wait()
        with Served(self.store, sandbox=False) as server:
            sue.url = server.url()
            found = sue.call("GET", f"/import-jobs/{job}")[1]
            self.assertEqual(found["state"], "interrupted", found)
            self.assertEqual(sue.call("POST", f"/import-jobs/{job}/start")[0], 200)
            end = time.monotonic() + 100
            while found["state"] not in ("finished", "failed") and time.monotonic() < end:
                found = sue.call("GET", f"/import-jobs/{job}")[1]
            self.assertEqual(found["state"], "finished", found)
            self.assertEqual(found["summary"]["read"], 25_003)
            rows = sue.call("POST", "/query", {"text": "MATCH (p:Person) RETURN count(p)"})[1]["rows"]
            self.assertEqual(rows, [[25_000]])

    def test_other_addresses_need_tls(self):
        for flags in (["--http", "0.0.0.0:0", "--bolt", "off"], ["--http", "127.0.0.1:0", "--bolt", "0.0.0.0:0"]):
            self.govern() if not self.store.exists() else None
            self.assertRefused(run("serve", "--store", self.store, *flags), "TLS", "--tls-cert")

    def test_wrong_usage_is_one_line_and_status_2(self):
        for args in ([], ["nonsense"], ["--nonsense"], ["query"], ["serve", "--nonsense"], ["user"]):
            done = run(*args)
            self.assertEqual((done.code, done.out), (2, ""), done)
            self.assertEqual(done.err.count("\n"), 1, done)


if __name__ == "__main__":
    unittest.main()
