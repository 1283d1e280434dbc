#!/usr/bin/env python3
"""Proves of every lint check that it can fail, and that it lets good code pass."""
import os
import shutil
import subprocess
import tempfile
import unittest

import docs
import format as clang_format
import headers
import layers
import origin
import size
import tidy
import tree

RULES = "storage/base:\nstorage/kv: storage/base\nquery/engine: storage/base\nonly rocksdb/: storage/kv\nweb api:\nweb ui:\n"


class Check(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="skein-lint-")
        self.addCleanup(shutil.rmtree, self.root)
        self.write("tests/lint/layers.txt", RULES)

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def offences(self, run):
        return run(self.root)[0]


class Layers(Check):
    def test_allowed_edge_passes(self):
        self.write("storage/kv/a.cc", '#include "storage/base/b.h"\n#include <rocksdb/db.h>\n')
        self.assertEqual(self.offences(layers.run), [])

    def test_unit_tests_see_the_layers_below(self):
        self.write("query/engine/a_test.cc", '#include "storage/kv/b.h"\n')
        self.assertEqual(self.offences(layers.run), [])
        self.write("query/engine/a_test.cc", '#include "server/http/b.h"\n')
        self.assertEqual(len(self.offences(layers.run)), 1)

    def test_upward_include_fails(self):
        self.write("storage/base/a.cc", '\n#include "storage/kv/b.h"\n')
        self.assertEqual(self.offences(layers.run), ["storage/base/a.cc:2: storage/base may not include storage/kv/b.h"])

    def test_include_in_a_comment_is_none(self):
        self.write("storage/base/a.cc", '/*\n#include "storage/kv/b.h"\n*/\n')
        self.assertEqual(self.offences(layers.run), [])

    def test_restricted_library_fails(self):
        self.write("query/engine/a.cc", "#include <rocksdb/db.h>\n")
        self.assertEqual(len(self.offences(layers.run)), 1)

    def test_unlisted_folder_fails(self):
        self.write("storage/glue/a.cc", "int a;\n")
        self.assertEqual(len(self.offences(layers.run)), 1)

    def test_allowed_cycle_fails(self):
        self.write("tests/lint/layers.txt", "storage/base: storage/kv\nstorage/kv: storage/base\n")
        self.assertIn("allows a cycle", self.offences(layers.run)[0])

    def test_cycle_through_a_wildcard_fails(self):
        self.write("tests/lint/layers.txt", "storage/base: storage\nstorage/kv: storage\n")
        self.write("storage/base/a.cc", '#include "storage/kv/b.h"\n')
        self.write("storage/kv/a.cc", '#include "storage/base/b.h"\n')
        self.assertIn("cycle of folders", self.offences(layers.run)[0])

    def test_web_import_against_the_grain_fails(self):
        self.write("workbench/src/ui/a.ts", "import {\n  b,\n} from '../api/b';\n")
        self.assertEqual(len(self.offences(layers.run)), 1)


class Size(Check):
    def body(self, lines):
        return "namespace skein {\nclass A {\n  A()\n      : b_{1}, c_(2) {\n" + "    ++b_;\n" * lines + "  }\n};\n}\n"

    def test_small_function_passes(self):
        self.write("storage/base/a.cc", self.body(60))
        self.assertEqual(self.offences(size.run), [])

    def test_long_function_fails(self):
        self.write("storage/base/a.cc", self.body(75))
        self.assertEqual(len(self.offences(size.run)), 1)

    def test_function_lines_are_exact(self):
        text = 'int F(int a) {\n  auto s = R"({{{)";\n  char c = \'{\';\n  if (a) {\n  }\n  return 1\'000;\n}\nint g{3};\nint H() { return 0; }\n'
        self.assertEqual([(n, f, s) for n, f, s in size.cpp_functions(text)], [("F", 1, 7), ("H", 9, 1)])

    def test_long_arrow_function_fails(self):
        self.write("workbench/src/ui/A.tsx", "export const A = () => {\n" + "  b();\n" * 80 + "};\n")
        self.assertEqual(len(self.offences(size.run)), 1)

    def test_long_file_fails(self):
        self.write("storage/base/a.h", "int a;\n" * 801)
        self.assertEqual(len(self.offences(size.run)), 1)

    def test_crowded_and_deep_folders_fail(self):
        for number in range(31):
            self.write(f"storage/base/a{number}.cc", "")
        self.write("storage/a/b/c/d.cc", "")
        self.assertEqual(len(self.offences(size.run)), 2)

    def test_offender_list_only_shrinks(self):
        self.write("storage/base/a.h", "int a;\n" * 810)
        for listed, wrong in ((810, 0), (805, 1), (820, 1)):
            self.write("tests/lint/size_offenders.txt", f"storage/base/a.h {listed} # why\n")
            self.assertEqual(len(self.offences(size.run)), wrong, listed)
        self.write("storage/base/a.h", "int a;\n")
        self.assertEqual(len(self.offences(size.run)), 1)


class Headers(Check):
    def test_shares(self):
        self.write("query/engine/a.cc", '#include "storage/base/b.h"\n')
        self.write("storage/base/b.h", "// Why.\nint a;\nint b;\nint c;\n")
        self.assertEqual(len(self.offences(headers.run)), 1)
        self.write("storage/base/b.h", "// Why.\n// How.\nint a;\n")
        self.assertEqual(self.offences(headers.run), [])

    def test_offender_list_only_shrinks(self):
        self.write("query/engine/a.cc", '#include "storage/base/b.h"\n')
        self.write("storage/base/b.h", "// Why.\nint a;\nint b;\nint c;\n")
        for listed, wrong in ((25, 0), (20, 1), (26, 1)):
            self.write("tests/lint/headers_offenders.txt", f"storage/base/b.h {listed}\n")
            self.assertEqual(len(self.offences(headers.run)), wrong, listed)


class Docs(Check):
    def test_missing_and_long_readme_fail(self):
        self.write("storage/base/a.h", "")
        self.write("storage/kv/README.md", "line\n" * 26)
        self.write("tests/lint/README.md", "# Lint\n")
        self.assertEqual(len(self.offences(docs.run)), 2)

    def test_dead_links_fail(self):
        self.write("tests/lint/README.md", "# Lint\n")
        self.write("README.md", "[a](docs/a.md) [b](docs/b.md#two-words) [c](docs/b.md#three) `[d](none)`\n")
        self.write("docs/b.md", "# Two words\n")
        self.assertEqual(len(self.offences(docs.run)), 2)


class Origin(Check):
    def test_connections_outside_api_fail(self):
        self.write("workbench/src/api/a.ts", "fetch('/x');\n")
        self.write("workbench/src/ui/a.ts", "// fetch('/x')\nrefetch('/x');\nitem.fetch('/y');\n")
        self.assertEqual(self.offences(origin.run), [])
        self.write("workbench/src/ui/b.ts", "const s = new WebSocket(url);\n")
        self.assertEqual(len(self.offences(origin.run)), 1)

    def test_built_pages_name_no_other_origin(self):
        self.write("workbench/dist/index.html", '<svg xmlns="http://www.w3.org/2000/svg"/>\n')
        self.assertEqual(self.offences(origin.run), [])
        self.write("workbench/dist/a.css", "a{background:url(//cdn.example.com/x.png)}\n")
        self.write("workbench/dist/a.js", 'load("https://tiles.example.com/1")\n')
        self.assertEqual(len(self.offences(origin.run)), 2)
        self.write("tests/lint/origin_allowed.txt", "tiles.example.com # never loaded\n")
        self.assertEqual(len(self.offences(origin.run)), 1)


@unittest.skipUnless(shutil.which(clang_format.PROGRAM), "clang-format-16 is not installed")
class Format(Check):
    def test_badly_formatted_fails(self):
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.write("storage/base/a.cc", "int a = 1;\n")
        self.assertEqual(self.offences(clang_format.run), [])
        self.write("storage/base/a.cc", "int  a=1;\n")
        self.assertEqual(len(self.offences(clang_format.run)), 1)


@unittest.skipUnless(shutil.which(tidy.PROGRAM) and shutil.which("git"), "clang-tidy-16 is not installed")
class Tidy(Check):
    PROJECT = "cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES CXX)\nset(CMAKE_EXPORT_COMPILE_COMMANDS ON)\nadd_library(a a.cc b.cc)\n"

    def git(self, *words):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=self.root, check=True,
                       capture_output=True)

    def test_changed_files_are_checked(self):
        self.write("CMakeLists.txt", self.PROJECT)
        self.write(".clang-tidy", "Checks: '-*,modernize-use-nullptr'\nWarningsAsErrors: '*'\n")
        self.write("a.cc", "int* a = nullptr;\n")
        self.write("b.cc", "int* b = 0;\n")
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "one")
        self.write("a.cc", "int* a = nullptr;\nint c = 1;\n")
        offences, seen, _ = tidy.run(self.root, False, 60, 2)
        self.assertEqual((offences, seen), ([], 1))
        self.write("a.cc", "int* a = 0;\n")
        self.assertEqual(len(tidy.run(self.root, False, 60, 2)[0]), 1)
        self.assertEqual(len(tidy.run(self.root, True, 60, 2)[0]), 2)
        # Nothing fits into no time, and that is said.
        self.assertEqual(tidy.run(self.root, True, -1, 2)[2], 2)


class Report(unittest.TestCase):
    def test_exit_status(self):
        self.assertEqual(tree.report("lint.x", ["a:1: b"], 1), 1)
        self.assertEqual(tree.report("lint.x", [], 1), 0)


if __name__ == "__main__":
    unittest.main()
