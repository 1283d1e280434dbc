#!/usr/bin/env python3
"""lint.headers: a header that another layer includes is at least 30 % comment, because it is a contract.

Today's offenders are listed in headers_offenders.txt with the share they had; it may not sink, and the list only shrinks.
"""
import os

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


def public_headers(root):
    """Headers of a layer that another one includes; tests may look anywhere and do not count."""
    public = set()
    for path in tree.files(root, tree.CPP, ("storage", "query", "server", "importers")):
        if layers.TEST_CODE.search(path):
            continue
        for match in layers.INCLUDE.finditer(tree.read(root, path)):
            target = match.group(2)
            layer = target.split("/")[0]
            if target.endswith(".h") and layer in tree.LAYERS and layer != path.split("/")[0]:
                public.add(target)
    return sorted(p for p in public if os.path.exists(os.path.join(root, p)))


def run(root):
    listing = "tests/lint/headers_offenders.txt"
    allowed = tree.read_offenders(root, listing)
    offences, public = [], public_headers(root)
    for path in public:
        share = comment_share(tree.read(root, path))
        if share < allowed.get(path, SHARE):
            offences.append(f"{path}:1: {share} % comment, at least {allowed.get(path, SHARE)} % in a header other layers include")
        elif path in allowed and share > allowed[path]:
            better = "remove the line" if share >= SHARE else f"write {share}"
            offences.append(f"{listing}: {path} is up to {share} %: {better}")
    offences += [f"{listing}: {path} is no public header: remove the line" for path in allowed if path not in public]
    return offences, len(public)


if __name__ == "__main__":
    tree.main("lint.headers", run)
