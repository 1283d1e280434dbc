#!/usr/bin/env python3
"""Adds up what the runners of ./test report; the last line is `N passed, N failed, N skipped`.

Each runner leaves NAME.status (exit status and seconds) and, if it counts cases, a report: NAME.ctest.xml with
NAME/*.xml of GoogleTest and NAME/*.cases.json of Python, NAME.vitest.json, NAME.playwright.json, NAME.junit.xml or NAME.cases.json. A runner without a report is one
test. One that failed although its report shows no failure died on the way and counts as one failure: nothing that goes
wrong can add up to success.
"""
import collections
import glob
import json
import os
import sys
import xml.etree.ElementTree as ET

Count = collections.namedtuple("Count", "passed failed skipped")  # failed, skipped: lists of texts


def first_line(text, fallback):
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return lines[0][:160] if lines else fallback


def gtest(path):
    passed, failed, skipped = 0, [], []
    for case in ET.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        wrong, skip = case.find("failure"), case.find("skipped")
        if wrong is not None:
            failed.append(f"{name}: {first_line(wrong.get('message'), 'failed')}")
        elif skip is not None:
            # GoogleTest puts `file:line` first, then the reason.
            lines = [line for line in (skip.get("message") or "").splitlines() if line.strip()]
            skipped.append(f"{name}: {lines[-1].strip()[:160] if lines else 'no reason given'}")
        elif case.get("status") == "notrun":
            skipped.append(f"{name}: disabled")
        else:
            passed += 1
    return Count(passed, failed, skipped)


def ctest(path, folder):
    passed, failed, skipped = 0, [], []
    inner = {os.path.basename(p)[:-4]: (p, gtest) for p in glob.glob(os.path.join(folder, "*.xml"))}
    inner |= {os.path.basename(p)[:-11]: (p, cases) for p in glob.glob(os.path.join(folder, "*.cases.json"))}
    for case in ET.parse(path).getroot().iter("testcase"):
        name, status = case.get("name"), case.get("status")
        report = inner.get(f"skein_{name}_test") or inner.get(f"skein_{name}") or inner.get(name)
        if report:
            try:
                part = report[1](report[0])
            except (ET.ParseError, ValueError):
                part = Count(0, [], [])
            passed += part.passed
            failed += part.failed
            skipped += part.skipped
            if status != "run" and not part.failed:
                failed.append(f"{name}: died or timed out before its report was whole")
        elif status == "run":
            passed += 1
        elif status in ("notrun", "disabled"):
            skipped.append(f"{name}: {first_line((case.findtext('system-out') or ''), 'not run')}")
        else:
            failed.append(f"{name}: {(case.find('failure').get('message') if case.find('failure') is not None else '') or 'failed'}")
    return Count(passed, failed, skipped)


def vitest(path):
    passed, failed, skipped = 0, [], []
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    for suite in report["testResults"]:
        cases = suite["assertionResults"]
        where = os.path.basename(suite["name"])
        for case in cases:
            name = f"{where}: {case['fullName']}"
            if case["status"] == "passed":
                passed += 1
            elif case["status"] == "failed":
                failed.append(f"{name}: {first_line(''.join(case.get('failureMessages') or []), 'failed')}")
            else:
                skipped.append(f"{name}: {case['status']}")
        if suite["status"] == "failed" and not any(case["status"] == "failed" for case in cases):
            failed.append(f"{where}: {first_line(suite.get('message'), 'the file did not load')}")
    return Count(passed, failed, skipped)


def playwright(path):
    passed, failed, skipped = 0, [], []
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    rest = list(report.get("suites", []))
    while rest:
        suite = rest.pop()
        rest += suite.get("suites", [])
        for spec in suite.get("specs", []):
            for test in spec["tests"]:
                name = f"{spec['file']}:{spec['line']} {spec['title']}"
                if test["status"] == "expected":
                    passed += 1
                elif test["status"] == "skipped":
                    reasons = [a.get("description") for a in test.get("annotations", []) if a.get("type") in ("skip", "fixme")]
                    skipped.append(f"{name}: {first_line(reasons[0] if reasons else '', 'no reason given')}")
                else:  # unexpected, and flaky: a retry does not make a test right
                    failed.append(f"{name}: {test['status']}")
    failed += [f"playwright: {first_line(error.get('message'), 'error')}" for error in report.get("errors", [])]
    return Count(passed, failed, skipped)


def cases(path):
    """Our own scripts: [{"name", "status": passed | failed | skipped, "why"}]."""
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    texts = {state: [f"{r['name']}: {r.get('why') or state}" for r in rows if r["status"] == state]
             for state in ("passed", "failed", "skipped")}
    return Count(len(texts["passed"]), texts["failed"], texts["skipped"])


def junit(path):
    """Node's own runner: a case holds <failure> or <skipped>."""
    passed, failed, skipped = 0, [], []
    for case in ET.parse(path).getroot().iter("testcase"):
        wrong, skip = case.find("failure"), case.find("skipped")
        if wrong is not None:
            failed.append(f"{case.get('name')}: {first_line(wrong.get('message'), 'failed')}")
        elif skip is not None:
            skipped.append(f"{case.get('name')}: {first_line(skip.get('message'), 'no reason given')}")
        else:
            passed += 1
    return Count(passed, failed, skipped)


def read_part(folder, name, status):
    readers = {".junit.xml": junit, ".vitest.json": vitest, ".playwright.json": playwright, ".cases.json": cases,
               ".ctest.xml": lambda path: ctest(path, os.path.join(folder, name))}
    for suffix, reader in readers.items():
        path = os.path.join(folder, name + suffix)
        if os.path.exists(path):
            try:
                count = reader(path)
            except (ValueError, KeyError, ET.ParseError) as error:
                return Count(0, [f"{name}: its report does not read: {error}"], [])
            if status and not count.failed:
                return Count(count.passed, [f"{name}: ended with status {status}; see build/log/test-{name}.log"], count.skipped)
            if not status and not count.passed and not count.failed and not count.skipped:
                return Count(0, [f"{name}: ran no test"], [])
            return count
    if status:
        return Count(0, [f"{name}: ended with status {status}; see build/log/test-{name}.log"], [])
    return Count(1, [], [])


def summarize(folder):
    """(lines to print, whether anything failed) of a results folder."""
    lines, sums, seconds_all = [], [0, 0, 0], 0
    counts = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.status")), key=os.path.getmtime):
        name = os.path.basename(path)[:-len(".status")]
        with open(path, encoding="utf-8") as file:
            status, seconds = map(int, file.read().split())
        counts[name] = read_part(folder, name, status), seconds
    for name, (count, seconds) in counts.items():
        lines += [f"FAILED  {name}: {text}" for text in count.failed]
    for name, (count, seconds) in counts.items():
        lines += [f"skipped {name}: {text}" for text in count.skipped]
    lines.append(f"{'part':<16}{'passed':>8}{'failed':>8}{'skipped':>8}{'seconds':>9}")
    for name, (count, seconds) in counts.items():
        row = (count.passed, len(count.failed), len(count.skipped))
        sums = [a + b for a, b in zip(sums, row)]
        seconds_all += seconds
        lines.append(f"{name:<16}{row[0]:>8}{row[1]:>8}{row[2]:>8}{seconds:>9}")
    if not counts:
        sums[1] = 1
        lines.append("FAILED  no part left a result")
    lines.append(f"{sums[0]} passed, {sums[1]} failed, {sums[2]} skipped")
    return lines, bool(sums[1])


if __name__ == "__main__":
    text, wrong = summarize(sys.argv[1])
    print("\n".join(text))
    sys.exit(1 if wrong else 0)
