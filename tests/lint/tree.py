"""What every lint check shares: which files there are, C++ without comments, one way to report.

A check is `run(root) -> list of offences`; an offence is one line `path:line: what is wrong and the limit`.
`main(run)` prints them and exits 1 when there is one, so ctest and a shell see the same thing.
"""
import argparse
import os
import pathlib
import re
import sys

LAYERS = ("storage", "query", "server", "importers", "tests", "bench")
# Built, installed or fetched: never ours to judge.
SKIPPED = {".git", "build", "node_modules", "python_modules", "dist", "test-results", "playwright-report", "__pycache__"}
CPP = (".cc", ".h")
WEB = (".ts", ".tsx")


def files(root, suffixes, tops=None):
    """Sorted paths relative to root that end in one of the suffixes, below the given top folders."""
    found = []
    for top in tops or [""]:
        for folder, names, leaves in os.walk(os.path.join(root, top)):
            names[:] = sorted(n for n in names if n not in SKIPPED)
            found += [os.path.relpath(os.path.join(folder, leaf), root)
                      for leaf in leaves if leaf.endswith(tuple(suffixes))]
    return sorted(found)


def read(root, path):
    return (pathlib.Path(root) / path).read_text(encoding="utf-8", errors="replace")


def read_offenders(root, path):
    """{name: number} of a list of exceptions, lines of `name number # why`."""
    found = {}
    if os.path.exists(os.path.join(root, path)):
        for line in read(root, path).splitlines():
            line = line.split("#")[0].strip() if line.startswith("#") else line.split(" # ")[0].strip()
            if line:
                name, number = line.rsplit(" ", 1)
                found[name] = int(number)
    return found


_TOKENS = re.compile(
    r"//[^\n]*|/\*.*?\*/"                         # comments
    r'|R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'  # raw strings
    r'|"(?:\\.|[^"\\\n])*"'                       # strings
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'",      # characters, not digit separators
    re.S)


def blank(text, keep_strings=False):
    """C++ with comments (and strings) blanked out, line numbers kept."""
    def gap(match):
        token = match.group(0)
        if token.startswith(("//", "/*")):
            return "\n" * token.count("\n")
        return token if keep_strings else '""' + "\n" * token.count("\n")
    return _TOKENS.sub(gap, text)


def report(name, offences, checked):
    for offence in offences:
        print(offence)
    print(f"{name}: {checked} checked, {len(offences)} offence{'' if len(offences) == 1 else 's'}")
    return 1 if offences else 0


def main(name, run):
    """Runs a check over --root (default: this checkout) and ends the process with its verdict."""
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--root", default=str(pathlib.Path(__file__).resolve().parents[2]))
    options = parser.parse_args()
    offences, checked = run(options.root)
    sys.exit(report(name, offences, checked))
