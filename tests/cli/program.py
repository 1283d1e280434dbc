"""Drives the built `skein` program for tests: runs subcommands, serves, kills, makes small data."""

import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SKEIN_BIN", str(ROOT / "build" / "release" / "skein"))
DEADLINE_S = 120  # no step of these tests may hang longer

MAPPING = """\
skein-mapping: 1
name: small
source: {name: small-source, zone: Asia/Shanghai}
files:
  - name: people.csv
    columns: {id: integer, born: date}
    nodes:
      - as: person
        label: Person
        key: {id: id}
        properties: {name: name, born: born}
  - name: calls.csv
    columns:
      from: integer
      to: integer
      at: {type: datetime, format: "%Y-%m-%d %H:%M:%S"}
    links:
      - type: CALLED
        from: {label: Person, key: {id: from}}
        to: {label: Person, key: {id: to}}
        properties: {at: at}
"""
PEOPLE = "id,name,born\n1,Ann,1980-01-31\n2,李雷,1990-02-28\n4613937818241074769,Zoë,\n"
CALLS = "from,to,at\n1,2,2024-05-01 08:00:00\n1,2,2024-05-01 08:00:00\n2,9,2024-05-02 09:30:00\n"


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out[:2000]}\nstderr: {self.err[:2000]}"


def run(*args, data=None, env=None, timeout=DEADLINE_S):
    """Runs `skein args`; stdout and stderr apart, as text."""
    done = subprocess.run([PROGRAM, *map(str, args)], input=data, capture_output=True,
                          timeout=timeout, env={**os.environ, **(env or {})}, check=False)
    return Result(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace"))


class Served:
    """`skein serve` in the foreground of a child; .ready is its ready line."""

    def __init__(self, store, *args, sandbox=True):
        command = [PROGRAM, "serve", "--store", str(store), "--http", "127.0.0.1:0", "--bolt",
                   "127.0.0.1:0", *(["--sandbox"] if sandbox else []), *map(str, args)]
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        self.ready = self._line()

    def _line(self):
        end = time.monotonic() + DEADLINE_S
        text = b""
        while not text.endswith(b"\n"):
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError("no ready line in time")
            byte = os.read(self.process.stdout.fileno(), 1)
            if not byte:
                raise AssertionError(f"serve ended with {self.process.wait()}: {self.errors()}")
            text += byte
        return text.decode().strip()

    def errors(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")

    def url(self, scheme="http"):
        return next(word for word in self.ready.split() if word.startswith(scheme + "://"))

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        code = self.process.wait(timeout=DEADLINE_S)
        rest = self.process.stdout.read().decode()
        self.process.stdout.close()
        self.log.close()
        return code, rest

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()


class Case(unittest.TestCase):
    """A test with a scratch folder and a small data set."""

    def setUp(self):
        if not os.access(PROGRAM, os.X_OK):
            raise unittest.SkipTest(f"{PROGRAM} is not built")
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="skein-cli-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.store = self.dir / "store"
        self.data = self.dir / "data"
        self.data.mkdir()
        self.mapping = self.write("mapping.yaml", MAPPING)
        self.write("data/people.csv", PEOPLE)
        self.write("data/calls.csv", CALLS)

    def write(self, name, content):
        path = self.dir / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def load(self, *args, sandbox=True):
        flags = ["--sandbox"] if sandbox else []
        return run("import", "--store", self.store, *flags, "--mapping", self.mapping, "--data",
                   self.data, *args)

    def loaded(self):
        done = self.load()
        self.assertEqual(done.code, 0, done)
        return json.loads(done.out)

    def query(self, text, *args, store=None):
        return run("query", "--store", store or self.store, *args, text)

    def rows(self, text, *args):
        done = self.query(text, "--format", "json", *args)
        self.assertEqual(done.code, 0, done)
        return json.loads(done.out)

    def assertRefused(self, done, *words):
        """Non-zero, nothing on stdout, a short clear message that names `words`."""
        self.assertNotEqual(done.code, 0, done)
        self.assertGreater(done.code, 0, f"ended by a signal: {done}")
        self.assertEqual(done.out, "", done)
        for word in words:
            self.assertIn(word, done.err)
        self.assertLess(len(done.err), 4000, "a clear line, not a flood")
        self.assertNotIn("terminate called", done.err)

    def assertOneLine(self, done, *words):
        """Refused, and all there is to read is one line that names `words`."""
        self.assertRefused(done, *words)
        lines = [line for line in done.err.splitlines() if line.strip() and " warning " not in line]
        self.assertEqual(len(lines), 1, done)
