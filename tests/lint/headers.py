#!/usr/bin/env python3
"""lint.headers: a header that another folder includes is at least 30 % comment, because it is a contract."""
import re

import layers
import tree

SHARE = 30


def comment_share(text):
    """Percent of comment-only lines among the non-blank lines."""
    comment, total, inside = 0, 0, False
    for line in text.splitlines():
        line = line.strip()
        if not line:
            continue
        total += 1
        if inside or line.startswith(("//", "/*")):
            comment += 1
            inside = (inside or line.startswith("/*")) and "*/" not in line
    return 100 * comment // total if total else 100


def run(root):
    edges, _, _ = layers.read_rules(tree.read(root, "tests/lint/layers.txt"))
    public = set()
    for path in tree.files(root, tree.CPP, tree.LAYERS):
        home = layers.folder_of(path, edges)
        for match in layers.INCLUDE.finditer(tree.read(root, path)):
            target = match.group(2)
            if target.endswith(".h") and layers.folder_of(target, edges) not in (None, home):
                public.add(target)
    offences = []
    for path in sorted(public):
        try:
            share = comment_share(tree.read(root, path))
        except FileNotFoundError:
            continue  # generated into the build folder
        if share < SHARE and not path.startswith(("tests/", "bench/")):
            offences.append(f"{path}:1: {share} % comment, at least {SHARE} % in a header other folders include")
    return offences, len(public)


if __name__ == "__main__":
    tree.main("lint.headers", run)
