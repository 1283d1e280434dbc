#!/usr/bin/env python3
"""lint.docs: each second-level folder says what it is in at most 25 lines, and no link in a document is dead."""
import os
import re

import tree

README_LINES = 25
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+(?:\([^()]*\))?)(?:\s+\"[^\"]*\")?\)")


def anchor(heading):
    """GitHub's anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(text):
    return {anchor(h) for h in re.findall(r"^#+\s+(.+?)\s*$", text, re.M)}


def readmes(root):
    offences, count = [], 0
    for layer in tree.LAYERS:
        base = os.path.join(root, layer)
        if not os.path.isdir(base):
            continue
        for name in sorted(os.listdir(base)):
            folder = os.path.join(base, name)
            if not os.path.isdir(folder) or name in tree.SKIPPED or not os.listdir(folder):
                continue
            count += 1
            path = f"{layer}/{name}/README.md"
            if not os.path.exists(os.path.join(root, path)):
                offences.append(f"{path}:1: missing; say the folder's duty, what it may include, the header to read first")
            elif tree.read(root, path).count("\n") > README_LINES:
                offences.append(f"{path}:1: {tree.read(root, path).count(chr(10))} lines, at most {README_LINES}")
    return offences, count


def links(root):
    offences, count = [], 0
    for path in tree.files(root, [".md"]):
        text = tree.read(root, path)
        bare = re.sub(r"```.*?```|`[^`\n]*`", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)
        for match in LINK.finditer(bare):
            target = match.group(1)
            if re.match(r"[a-z]+:", target):
                continue
            count += 1
            line = bare.count("\n", 0, match.start()) + 1
            file, _, fragment = target.partition("#")
            full = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
            if not os.path.exists(os.path.join(root, full)):
                # A file beside the repository is there on some machines only.
                if not full.startswith(".."):
                    offences.append(f"{path}:{line}: {target} does not exist")
            elif fragment and full.endswith(".md") and fragment not in anchors(tree.read(root, full)):
                offences.append(f"{path}:{line}: {full} has no heading #{fragment}")
    return offences, count


def run(root):
    missing, folders = readmes(root)
    dead, seen = links(root)
    return missing + dead, folders + seen


if __name__ == "__main__":
    tree.main("lint.docs", run)
