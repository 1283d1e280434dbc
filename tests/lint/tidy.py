#!/usr/bin/env python3
"""lint.tidy: clang-tidy-16 finds nothing in what changed (--all: in everything).

Changed means: since the merge base with origin/main, on main itself since the last commit, and whatever is not
committed. A changed header is checked through the sources that include it. Clang cannot read gcc's precompiled
header, so the compile database is one of its own, in build/tidy. A file that passed is not looked at again until it,
a header of ours below it or .clang-tidy changes.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

import tree

PROGRAM = "clang-tidy-16"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def git(root, *words):
    """Output lines of a git command, or None where this is no usable checkout."""
    done = subprocess.run(["git", "-c", "safe.directory=*", *words], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else None


def changed(root):
    """Paths that changed, or None when git cannot say."""
    if shutil.which("git") is None or git(root, "rev-parse", "HEAD") is None:
        return None
    head = git(root, "rev-parse", "HEAD")
    base = git(root, "merge-base", "HEAD", "origin/main")
    if not base or base == head:
        base = git(root, "rev-parse", "--verify", "-q", "HEAD~1")
    listed = git(root, "diff", "--name-only", "--relative", base[0] if base else "HEAD") or []
    untracked = git(root, "ls-files", "-o", "--exclude-standard") or []
    return sorted(set(listed + untracked))


def closure(root, path, known):
    """The file and all own headers below it."""
    seen, rest = set(), [path]
    while rest:
        at = rest.pop()
        if at in seen or not os.path.exists(os.path.join(root, at)):
            continue
        seen.add(at)
        if at not in known:
            known[at] = INCLUDE.findall(tree.read(root, at))
        rest += known[at]
    return seen


def fingerprint(root, paths):
    digest = hashlib.sha256(tree.read(root, ".clang-tidy").encode())
    for path in sorted(paths):
        digest.update(path.encode() + b"\0" + tree.read(root, path).encode())
    return digest.hexdigest()


def compile_database(root):
    """Configures build/tidy and returns (its folder, the sources it knows), or an error line."""
    folder = os.path.join(root, "build", "tidy")
    command = ["cmake", "-S", root, "-B", folder, "-G", "Ninja", "-DSKEIN_PCH=OFF", "-DSKEIN_DEVELOPER=ON",
               "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_COMPILER=clang++-16"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return None, "cannot make the compile database: " + (done.stderr.strip().splitlines() or ["cmake failed"])[0]
    with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as file:
        known = {os.path.relpath(entry["file"], root) for entry in json.load(file)}
    return (folder, known), None


def select(root, known, everything):
    """The sources to look at, with the own files each depends on."""
    includes = {}
    sources = {path: closure(root, path, includes) for path in sorted(known) if not path.startswith(("build", ".."))}
    touched = None if everything else changed(root)
    if touched is None:
        return sources
    if ".clang-tidy" in touched:
        return sources
    picked = {path: below for path, below in sources.items() if path in touched}
    # A header is read through one source: its own, or the first that includes it.
    for header in (t for t in touched if t.endswith(".h")):
        own = header[:-2] + ".cc"
        users = [own] if own in sources else [p for p, below in sources.items() if header in below][:1]
        picked.update({path: sources[path] for path in users})
    return picked


def check(folder, root, path, seconds):
    """Offences of one source; None where they were not known in time."""
    try:
        done = subprocess.run([PROGRAM, "-quiet", "-p", folder, "--extra-arg=-Wno-unknown-warning-option",
                               os.path.join(root, path)], capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    found = [line.replace(root + "/", "") for line in done.stdout.splitlines()
             if re.match(r"\S+:\d+:\d+: (?:error|warning):", line)]
    if done.returncode and not found:
        found = [f"{path}: {(done.stderr.strip().splitlines() or ['clang-tidy failed'])[-1]}"]
    return found


def run(root, everything, budget_seconds, jobs):
    if shutil.which(PROGRAM) is None:
        return [f"{PROGRAM} is not installed: apt-get install {PROGRAM} clang-16"], 0, 0
    database, error = compile_database(root)
    if error:
        return [error], 0, 0
    folder, known = database
    passed = os.path.join(folder, "passed")
    os.makedirs(passed, exist_ok=True)
    marks = {path: os.path.join(passed, fingerprint(root, below)) for path, below in select(root, known, everything).items()}
    rest = [path for path, mark in marks.items() if not os.path.exists(mark)]
    offences, late, end = [], 0, time.monotonic() + budget_seconds

    def one(path):
        left = end - time.monotonic()
        return None if left <= 0 else check(folder, root, path, left)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for path, found in zip(rest, pool.map(one, rest)):
            if found is None:
                late += 1
            elif found:
                offences += found
            else:
                open(marks[path], "w", encoding="utf-8").close()
    return sorted(set(offences)), len(marks) - late, late


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="lint.tidy")
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    parser.add_argument("--all", action="store_true", help="every source, not only what changed")
    parser.add_argument("--budget-seconds", type=int, default=240)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    options = parser.parse_args()
    failures, seen, unseen = run(options.root, options.all, options.budget_seconds, options.jobs)
    if unseen:
        print(f"lint.tidy: {unseen} more files changed than fit into {options.budget_seconds} s; ./test nightly looks at all")
    sys.exit(tree.report("lint.tidy", failures, seen))
