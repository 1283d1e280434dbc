#!/usr/bin/env python3
"""unittest_cases.py FILE NAME: runs a file of unittests; where SKEIN_REPORTS names a folder, it writes one verdict per
test to NAME.cases.json there, for summary.py."""
import json
import os
import pathlib
import sys
import unittest


class Verdicts(unittest.TextTestResult):
    def __init__(self, *words, **options):
        super().__init__(*words, **options)
        self.rows = {}

    def row(self, test, status, why=""):
        lines = [line for line in why.splitlines() if line.strip()]
        # A test that fails after one of its subtests failed stays one failure.
        self.rows[test.id()] = {"name": test.id(), "status": status, "why": lines[-1].strip()[:300] if lines else ""}

    def addSuccess(self, test):
        super().addSuccess(test)
        self.rows.setdefault(test.id(), {"name": test.id(), "status": "passed"})

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.row(test, "failed", str(err[1]))

    def addError(self, test, err):
        super().addError(test, err)
        self.row(test, "failed", f"{err[0].__name__}: {err[1]}")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.row(test, "skipped", reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.row(test, "failed", f"{subtest}: {err[1]}")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.row(test, "failed", "passes although it is marked as failing")


def main():
    script, name = pathlib.Path(sys.argv[1]), sys.argv[2]
    # Tests of one folder share helpers beside them.
    sys.path.insert(0, str(script.parent))
    suite = unittest.defaultTestLoader.loadTestsFromName(script.stem)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Verdicts).run(suite)
    reports = os.environ.get("SKEIN_REPORTS")
    if reports:
        (pathlib.Path(reports) / f"{name}.cases.json").write_text(json.dumps(list(result.rows.values())), encoding="utf-8")
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
