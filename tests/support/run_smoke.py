#!/usr/bin/env python3
"""./run as its user meets it: starts, answers, starts again at once, ends, and says what is wrong in plain words.

Writes its verdicts to the file it is given, for summary.py. Uses ports 8728 and 8729 on loopback.
"""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
PORT, BOLT_PORT = 8728, 8729
ADDRESSES = ("--http", f"127.0.0.1:{PORT}", "--bolt", f"127.0.0.1:{BOLT_PORT}")
ENV = {**os.environ, "http_proxy": "", "https_proxy": ""}


class Running:
    """A ./run in the foreground of its own process group, its stdout lines kept."""

    def __init__(self, *words):
        self.begun = time.monotonic()
        self.process = subprocess.Popen([str(TOP / "run"), *ADDRESSES, *words],
                                        cwd="/", env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        start_new_session=True)
        self.out, self.err = [], []
        self.ready = threading.Event()
        self.threads = [threading.Thread(target=self.read, args=(stream, lines), daemon=True)
                        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err))]
        for thread in self.threads:
            thread.start()

    def read(self, stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))
            if lines is self.out and line.startswith("ready"):
                self.ready.set()

    def wait_ready(self, seconds):
        end = time.monotonic() + seconds
        while not self.ready.wait(0.05):
            if self.process.poll() is not None:
                raise AssertionError(f"./run ended with {self.process.returncode}: " + " | ".join(self.err[-3:]))
            if time.monotonic() > end:
                raise AssertionError(f"no ready within {seconds} s: " + " | ".join(self.err[-3:]))
        return time.monotonic() - self.begun

    def end(self, number, seconds):
        """Signals only ./run itself, as a service manager does, and returns how long the end took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(seconds)
        for thread in self.threads:
            thread.join(2)
        for port in (PORT, BOLT_PORT):
            with contextlib.closing(socket.socket()) as probe:
                assert probe.connect_ex(("127.0.0.1", port)) != 0, f"port {port} still answers after ./run ended"
        return time.monotonic() - begun

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


def get(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=10) as answer:
        return answer.status, answer.read().decode("utf-8", "replace")


def serves_the_demo():
    running = Running()
    try:
        running.wait_ready(900)
        status, page = get("/")
        assert status == 200 and "<div id=" in page, f"the page answers {status}: {page[:80]}"
        assert get("/api/v1/health")[0] == 200, "the API does not answer"
        with socket.create_connection(("127.0.0.1", BOLT_PORT), 5) as bolt:
            bolt.sendall(bytes.fromhex("6060b017") + bytes.fromhex("00000405" + "00000000" * 3))
            bolt.settimeout(5)
            assert len(bolt.recv(4)) == 4, "the Bolt port does not shake hands"
        assert sum(line.startswith("ready") for line in running.out) == 1, f"stdout: {running.out}"
        assert any(f":{PORT}" in line for line in running.err), "stderr does not name the address"
        took = running.end(signal.SIGTERM, 10)
        assert took < 10, f"SIGTERM took {took:.1f} s"
    finally:
        running.kill()


def starts_again_in_ten_seconds():
    for number in (signal.SIGINT, signal.SIGTERM):
        running = Running()
        try:
            took = running.wait_ready(60)
            assert took < 10, f"ready after {took:.1f} s, at most 10 when nothing changed"
            assert running.end(number, 10) < 10
        finally:
            running.kill()


def run_and_fail(*words):
    done = subprocess.run([str(TOP / "run"), *words], cwd="/", env=ENV, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode not in (0, 127), f"exit status {done.returncode}: {done.stderr[-300:]}"
    assert done.stdout == "", f"stdout is for `ready`: {done.stdout[:80]}"
    return done.stderr


def says_that_a_port_is_taken():
    with contextlib.closing(socket.socket()) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", PORT))
        taken.listen()
        text = run_and_fail(*ADDRESSES)
    assert f":{PORT} is taken" in text, text[-300:]


def says_what_is_wrong_with_its_words():
    assert "--help" in run_and_fail("--no-such-option")
    assert "no address" in run_and_fail("--http", "many")
    assert "no store" in run_and_fail(*ADDRESSES, "--store", "/nonexistent/store")


def main():
    verdicts = []
    for check in (serves_the_demo, starts_again_in_ten_seconds, says_that_a_port_is_taken, says_what_is_wrong_with_its_words):
        name, begun = check.__name__.replace("_", " "), time.monotonic()
        try:
            check()
            verdicts.append({"name": name, "status": "passed"})
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            verdicts.append({"name": name, "status": "failed", "why": " ".join(str(error).split())[:400]})
        print(f"{verdicts[-1]['status']} {name} ({time.monotonic() - begun:.1f} s) {verdicts[-1].get('why', '')}", flush=True)
    if len(sys.argv) > 1:
        pathlib.Path(sys.argv[1]).write_text(json.dumps(verdicts), encoding="utf-8")
    sys.exit(any(v["status"] != "passed" for v in verdicts))


if __name__ == "__main__":
    main()
