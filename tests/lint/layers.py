#!/usr/bin/env python3
"""lint.layers: every include goes along an edge of layers.txt, and the folders form no cycle."""
import os
import re

import tree

TEST_CODE = re.compile(r"_test\.cc$|_fixture\.(cc|h)$|/test_[^/]*$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.M)
IMPORT = re.compile(r"""(?:^|\s)(?:import|export)\b[^'";]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]""", re.M)


def read_rules(text):
    """(edges by folder, restricted library prefixes, workbench edges) of a layers.txt."""
    edges, only, web = {}, {}, {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        key, colon, values = line.partition(":")
        if not colon:
            raise ValueError(f"layers.txt:{number}: a line is `folder: folders`, not `{line}`")
        words = key.split()
        table = {"only": only, "web": web}.get(words[0]) if len(words) == 2 else edges
        if table is None:
            raise ValueError(f"layers.txt:{number}: unknown rule `{key}`")
        table[words[-1]] = values.split()
    return edges, only, web


def folder_of(path, edges):
    """The listed folder a file belongs to: the longest listed prefix of its path."""
    parts = path.split("/")[:-1]
    for length in range(len(parts), 0, -1):
        if "/".join(parts[:length]) in edges:
            return "/".join(parts[:length])
    return None


def covers(allowed, target):
    return target == allowed or target.startswith(allowed + "/")


def find_cycle(graph):
    """One cycle of a {node: set of nodes} graph as a list, or None. Iterative: no input can exhaust the stack."""
    done = set()
    for start in sorted(graph):
        if start in done:
            continue
        trail, rest = [start], [iter(sorted(graph.get(start, ())))]
        while trail:
            following = next(rest[-1], None)
            if following is None:
                done.add(trail.pop())
                rest.pop()
            elif following in trail:
                return trail[trail.index(following):] + [following]
            elif following not in done:
                trail.append(following)
                rest.append(iter(sorted(graph.get(following, ()))))
    return None


def check_cpp(root, edges, only):
    offences, seen = [], {}
    paths = tree.files(root, tree.CPP, tree.LAYERS)
    for path in paths:
        home = folder_of(path, edges)
        if home is None:
            offences.append(f"{path}:1: its folder is not in tests/lint/layers.txt")
            continue
        # Unit tests and their fixtures may build what they need from any layer below, and use the helpers of tests/.
        extra = []
        if TEST_CODE.search(path):
            extra = ["tests/support", "storage"] + (["query"] if path.startswith(("server/", "importers/")) else [])
        text = tree.blank(tree.read(root, path), keep_strings=True)
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            target = match.group(2)
            for prefix, places in only.items():
                if target.startswith(prefix) and not any(covers(p, path) for p in places):
                    offences.append(f"{path}:{line}: <{target}> may be included only by {', '.join(places)}")
            if target.split("/")[0] not in tree.LAYERS or "/" not in target:
                continue
            if covers(home, target) or any(covers(a, target) for a in edges[home] + extra):
                there = folder_of(target, edges)
                if there and there != home and not TEST_CODE.search(path):
                    seen.setdefault(home, set()).add(there)
                continue
            offences.append(f"{path}:{line}: {home} may not include {target}")
    cycle = find_cycle(seen)
    if cycle:
        offences.append("cycle of folders: " + " -> ".join(cycle))
    return offences, len(paths)


def check_web(root, web):
    offences = []
    base = "workbench/src"
    if not os.path.isdir(os.path.join(root, base)):
        return offences, 0
    paths = [p for p in tree.files(root, tree.WEB, [base]) if not re.search(r"\.test\.tsx?$", p)]
    for path in paths:
        parts = path.split("/")
        if len(parts) < 4:
            continue  # main.tsx and its like wire everything together
        home = parts[2]
        if home not in web:
            if home not in ("testing", "test"):
                offences.append(f"{path}:1: workbench/src/{home} is not in tests/lint/layers.txt")
            continue
        text = tree.read(root, path)
        for match in IMPORT.finditer(text):
            target = match.group(1) or match.group(2)
            if target.startswith("."):
                full = os.path.normpath(os.path.join(os.path.dirname(path), target))
            elif target.startswith("@/"):
                full = os.path.join(base, target[2:])
            else:
                continue
            there = full.split("/")[2] if full.startswith(base + "/") and full.count("/") > 2 else None
            if there in web and there != home and there not in web[home]:
                line = text.count("\n", 0, match.end()) + 1
                offences.append(f"{path}:{line}: {home} may not import {there} ({target})")
    return offences, len(paths)


def run(root):
    edges, only, web = read_rules(tree.read(root, "tests/lint/layers.txt"))
    offences = []
    listed = find_cycle({folder: set(targets) for folder, targets in edges.items()})
    if listed:
        offences.append("tests/lint/layers.txt allows a cycle: " + " -> ".join(listed))
    cpp, cpp_count = check_cpp(root, edges, only)
    pages, page_count = check_web(root, web)
    return offences + cpp + pages, cpp_count + page_count


if __name__ == "__main__":
    tree.main("lint.layers", run)
