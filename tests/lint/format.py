#!/usr/bin/env python3
"""lint.format: clang-format-16 would change nothing."""
import re
import shutil
import subprocess

import tree

PROGRAM = "clang-format-16"


def run(root):
    program = shutil.which(PROGRAM)
    if program is None:
        return [f"{PROGRAM} is not installed: apt-get install {PROGRAM}"], 0
    paths = tree.files(root, tree.CPP, tree.LAYERS)
    offences = []
    for start in range(0, len(paths), 100):
        done = subprocess.run([program, "--dry-run", "--style=file", *paths[start:start + 100]], cwd=root,
                              capture_output=True, text=True, timeout=300, check=False)
        places = re.findall(r"^([^:\n]+):(\d+):\d+: warning: code should be clang-formatted", done.stderr, re.M)
        first = {}
        for path, line in places:
            first.setdefault(path, line)
        offences += [f"{path}:{line}: run {PROGRAM} -i {path}" for path, line in sorted(first.items())]
        if done.returncode and not places:
            offences.append(done.stderr.strip().splitlines()[0])
    return offences, len(paths)


if __name__ == "__main__":
    tree.main("lint.format", run)
