#!/usr/bin/env python3
"""That ./test cannot report success when something went wrong."""
import json
import os
import shutil
import tempfile
import unittest

import summary

SUITE = '<testsuites><testsuite>{}</testsuite></testsuites>'


class Summary(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="skein-summary-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, path, text):
        full = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def last(self):
        lines, wrong = summary.summarize(self.folder)
        return lines[-1], wrong

    def unit(self, inner, status, inside="run"):
        self.write("unit.status", f"{status} 3")
        self.write("unit.ctest.xml", f'<testsuite><testcase name="kv" status="{inside}"/><testcase name="lint.x" status="run"/></testsuite>')
        self.write("unit/skein_kv_test.xml", inner)

    def test_cases_of_googletest_are_counted(self):
        self.unit(SUITE.format('<testcase classname="A" name="a" status="run"/>'
                               '<testcase classname="A" name="b" status="run"><skipped message="x.cc:1&#10;no ../shared"/></testcase>'), 0)
        self.assertEqual(self.last(), ("2 passed, 0 failed, 1 skipped", False))
        self.assertIn("skipped unit: A.b: no ../shared", summary.summarize(self.folder)[0])

    def test_cases_of_python_files_are_counted(self):
        self.write("unit.status", "0 3")
        self.write("unit.ctest.xml", '<testsuite><testcase name="cli.bad" status="run"/></testsuite>')
        self.write("unit/cli.bad.cases.json", json.dumps([{"name": "a", "status": "passed"}, {"name": "b", "status": "skipped", "why": "no root"}]))
        self.assertEqual(self.last(), ("1 passed, 0 failed, 1 skipped", False))

    def test_a_failed_case_fails(self):
        self.unit(SUITE.format('<testcase classname="A" name="a" status="run"><failure message="no"/></testcase>'), 8, "fail")
        self.assertEqual(self.last(), ("1 passed, 1 failed, 0 skipped", True))

    def test_a_crash_after_passing_cases_fails(self):
        self.unit(SUITE.format('<testcase classname="A" name="a" status="run"/>'), 8, "fail")
        self.assertEqual(self.last(), ("2 passed, 1 failed, 0 skipped", True))

    def test_a_cut_report_fails(self):
        self.unit("<testsuites><testsu", 8, "fail")
        self.assertEqual(self.last(), ("1 passed, 1 failed, 0 skipped", True))

    def test_a_runner_without_report_that_died_fails(self):
        self.write("web.status", "1 0")
        self.assertEqual(self.last(), ("0 passed, 1 failed, 0 skipped", True))

    def test_nothing_run_is_no_success(self):
        self.assertTrue(self.last()[1])
        self.write("e2e.status", "0 1")
        self.write("e2e.playwright.json", json.dumps({"suites": [], "errors": []}))
        self.assertEqual(self.last(), ("0 passed, 1 failed, 0 skipped", True))

    def test_flaky_is_failed_and_nested_suites_count(self):
        spec = {"file": "a.ts", "line": 1, "title": "t"}
        inner = {"specs": [{**spec, "tests": [{"status": "flaky"}]}, {**spec, "tests": [{"status": "expected"}]}]}
        self.write("e2e.status", "0 1")
        self.write("e2e.playwright.json", json.dumps({"suites": [{"suites": [inner]}]}))
        self.assertEqual(self.last(), ("1 passed, 1 failed, 0 skipped", True))

    def test_nodes_own_runner_counts(self):
        self.write("drivers.status", "1 1")
        self.write("drivers.junit.xml", SUITE.format('<testcase name="a"/><testcase name="b"><failure message="no"/></testcase>'
                                                     '<testcase name="c"><skipped/></testcase>'))
        self.assertEqual(self.last(), ("1 passed, 1 failed, 1 skipped", True))

    def test_a_web_file_that_does_not_load_fails(self):
        self.write("web.status", "1 1")
        self.write("web.vitest.json", json.dumps({"testResults": [{"name": "a", "status": "failed", "assertionResults": []}]}))
        self.assertEqual(self.last(), ("0 passed, 1 failed, 0 skipped", True))


if __name__ == "__main__":
    unittest.main()
