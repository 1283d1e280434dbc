#!/usr/bin/env python3
"""lint.size: files of at most 800 lines, functions of at most 70, 30 units a folder, three levels (five in the workbench).

Offenders are listed by name in size_offenders.txt with the size they had; one may not grow, and a line that is no
longer needed must go, so the list can only shrink.
"""
import os
import re

import tree

FILE_LINES, FUNCTION_LINES, FOLDER_UNITS = 800, 70, 30
CPP_LEVELS, WEB_LEVELS = 3, 5
# A declaration that opens a scope with more declarations in it, not a body.
SCOPE = re.compile(r"^(?:inline\s+|export\s+|template\s*<.*>\s*)*(?:namespace|class|struct|union|enum|extern\s*\"\")\b")
BODY = re.compile(r"\)[^;{}]*$|\boperator\b[^;]*$")


def cpp_functions(text):
    """Yields (name, first line, lines) of each function body at namespace or class scope."""
    text = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda m: "\n" * m.group(0).count("\n"), tree.blank(text), flags=re.M)
    head, head_at, inside = 0, 0, []  # inside: (kind, name, offset) of each open brace
    for match in re.finditer(r"[{};]", text):
        sign, at = match.group(0), match.start()
        if sign == "{":
            declaration = text[head:at].strip()
            in_scope = all(kind == "scope" for kind, _, _ in inside)
            kind = "block"
            if in_scope and SCOPE.match(re.sub(r"^(?:\[\[.*?\]\]|\w+:)\s*", "", declaration)):
                kind = "scope"
            elif in_scope and BODY.search(declaration) and not declaration.endswith("="):
                kind = "function"
            name = re.search(r"([~\w:]+)\s*\(", declaration)
            begin = at - len(text[head:at].lstrip())
            inside.append((kind, name.group(1) if name else "?", begin))
        elif sign == "}" and inside:
            kind, name, begin = inside.pop()
            if kind == "function":
                first = text.count("\n", 0, begin) + 1
                yield name, first, text.count("\n", begin, at) + 1
            # `int a{1}` and `: member_{x} {`: a brace inside a declaration does not end it.
            if kind == "block" and all(k == "scope" for k, _, _ in inside):
                continue
        head = match.end()


def web_functions(text):
    """Yields (name, first line, lines) of functions that start a line of TypeScript, by its formatted indentation."""
    opening = re.compile(
        r"^( *)(?:export )?(?:default )?(?:async )?(?:function\*? (\w+)|(?:const|let) (\w+)(?::[^=]*)? = (?:async )?(?:\w+\()?(?:async )?(?:\([^)]*|\w+ =>))")
    open_at = None
    for number, line in enumerate(text.splitlines(), 1):
        match = opening.match(line)
        if open_at is None and match and match.group(1) == "":
            open_at = (match.group(2) or match.group(3), number)
            if line.rstrip().endswith(";") and "{" not in line:
                open_at = None
        elif open_at and re.match(r"^[})]", line) and not line.rstrip().endswith("{"):
            yield open_at[0], open_at[1], number - open_at[1] + 1
            open_at = None


def unit(name):
    stem = os.path.splitext(name)[0]
    return re.sub(r"(_test|\.test|\.module)$", "", stem)


def measure(root):
    """All sizes past a limit: {offender: (size, limit, message)}."""
    past = {}
    suffixes = tree.CPP + tree.WEB + (".py", ".css", ".mjs")
    paths = tree.files(root, suffixes, tree.LAYERS + ("workbench",))
    units = {}
    for path in paths:
        text = tree.read(root, path)
        lines = text.count("\n")
        if lines > FILE_LINES:
            past[path] = (lines, FILE_LINES, f"{path}:1: {lines} lines, at most {FILE_LINES}")
        folder, name = os.path.split(path)
        if path.endswith(tree.CPP + tree.WEB):
            units.setdefault(folder, set()).add(unit(name))
        # Test bodies are lists of facts; the limit is for what has to be understood at once.
        functions = ()
        if path.endswith(tree.CPP) and not path.endswith("_test.cc"):
            functions = cpp_functions(text)
        elif path.startswith("workbench/src/") and path.endswith(tree.WEB) and not re.search(r"\.test\.tsx?$", path):
            functions = web_functions(text)
        for function, first, size in functions:
            if size > FUNCTION_LINES:
                key = f"{path}#{function}"
                past[key] = (size, FUNCTION_LINES, f"{path}:{first}: {function} has {size} lines, at most {FUNCTION_LINES}")
    for folder, names in units.items():
        if len(names) > FOLDER_UNITS:
            past[folder] = (len(names), FOLDER_UNITS, f"{folder}:1: {len(names)} units, at most {FOLDER_UNITS}")
        limit = WEB_LEVELS if folder.startswith("workbench") else CPP_LEVELS
        depth = folder.count("/") + 1
        if depth > limit:
            past[folder + "/"] = (depth, limit, f"{folder}:1: {depth} folder levels, at most {limit}")
    return past, len(paths)


def run(root):
    past, checked = measure(root)
    offences = []
    allowed = tree.read_offenders(root, "tests/lint/size_offenders.txt")
    for key, (size, _, message) in sorted(past.items()):
        if key not in allowed:
            offences.append(message)
        elif size > allowed[key]:
            offences.append(f"{message} (listed with {allowed[key]}: it grew)")
    for key, size in sorted(allowed.items()):
        if key not in past:
            offences.append(f"tests/lint/size_offenders.txt: {key} is within its limit now: remove the line")
        elif past[key][0] < size:
            offences.append(f"tests/lint/size_offenders.txt: {key} is down to {past[key][0]}: write that instead of {size}")
    return offences, checked


if __name__ == "__main__":
    tree.main("lint.size", run)
