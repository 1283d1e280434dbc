#!/usr/bin/env python3
"""lint.origin: the workbench asks nothing of any other origin.

In its source only src/api opens connections. In what was built, pages and styles name no foreign address at all, and
scripts name only hosts listed in origin_allowed.txt (names inside libraries that nothing ever loads, each with the
reason). The browser tests check the same from the other side: they count requests that leave the origin.
"""
import os
import re

import tree

CONNECTS = re.compile(r"(?<![\w.])(?:window\.|globalThis\.|self\.)?(fetch\s*\(|new\s+WebSocket\b|new\s+EventSource\b|new\s+XMLHttpRequest\b)|(navigator\.sendBeacon)\b")
FOREIGN = re.compile(r"(?:https?|wss?):\\?/\\?/([A-Za-z0-9.-]+\.[A-Za-z]{2,}|\d+\.\d+\.\d+\.\d+)(?=[/:\"'`?#\s)\\]|$)|(?<=[\"'(=])//([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?=/)")


def built_folder(root):
    for folder in ("workbench/dist", "build/workbench"):
        if os.path.exists(os.path.join(root, folder, "index.html")):
            return folder
    return None


def read_allowed(root):
    hosts = set()
    if os.path.exists(os.path.join(root, "tests/lint/origin_allowed.txt")):
        for line in tree.read(root, "tests/lint/origin_allowed.txt").splitlines():
            word = line.split("#")[0].strip()
            if word:
                hosts.add(word)
    return hosts


def source(root):
    offences = []
    paths = [p for p in tree.files(root, tree.WEB, ["workbench/src"]) if not re.search(r"\.test\.tsx?$", p)]
    for path in paths:
        if path.startswith("workbench/src/api/"):
            continue
        text = tree.blank(tree.read(root, path), keep_strings=True)
        for match in CONNECTS.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            offences.append(f"{path}:{line}: {match.group(0).strip()} belongs in workbench/src/api")
    return offences, len(paths)


def built(root):
    folder = built_folder(root)
    if folder is None:
        return [], 0
    allowed, offences, count = read_allowed(root), [], 0
    for where, names, leaves in os.walk(os.path.join(root, folder)):
        names.sort()
        for leaf in sorted(leaves):
            if not leaf.endswith((".html", ".css", ".js", ".mjs", ".json", ".webmanifest", ".svg")):
                continue
            path = os.path.relpath(os.path.join(where, leaf), root)
            count += 1
            text = tree.read(root, path)
            seen = set()
            for match in FOREIGN.finditer(text):
                host = match.group(1) or match.group(2)
                free = leaf.endswith((".js", ".mjs")) and host in allowed or host == "www.w3.org"
                if not free and host not in seen:
                    seen.add(host)
                    around = text[max(0, match.start() - 40):match.end() + 40].replace("\n", " ")
                    offences.append(f"{path}: names another origin, {host}: …{around}…")
    return offences, count


def run(root):
    own, sources = source(root)
    foreign, pages = built(root)
    if pages == 0:
        print("lint.origin: no built workbench here (./run build makes it): its pages were not checked")
    return own + foreign, sources + pages


if __name__ == "__main__":
    tree.main("lint.origin", run)
