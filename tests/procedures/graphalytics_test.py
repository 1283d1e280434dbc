"""LDBC Graphalytics through the program: each published graph is loaded by `skein import` with graphalytics.yaml, and
`CALL algo.…` gives the published output: exactly where it is whole numbers, to 1e-4 relative where it is not."""

import json
import math
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAM = os.environ.get("SKEIN_BIN", str(ROOT / "build" / "release" / "skein"))
DATA = ROOT.parent / "shared" / "data" / "graphalytics"
TOLERANCE = 1e-4


def lines(path):
    return [line.split() for line in path.read_text().splitlines() if line.strip()]


def adjacency(path, directed):
    """Vertices and edges of a file with a vertex and its neighbours a line; both ends list an undirected edge."""
    vertices, edges = [], []
    for first, *rest in lines(path):
        vertices.append(first)
        edges += [(first, other, "1") for other in rest if directed or int(first) < int(other)]
    known = set(vertices)
    vertices += sorted({other for _, other, _ in edges} - known)
    return vertices, edges


@unittest.skipUnless(DATA.is_dir(), f"skipped: {DATA} is not there")
@unittest.skipUnless(os.access(PROGRAM, os.X_OK), f"skipped: {PROGRAM} is not built")
class Graphalytics(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="skein-graphalytics-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def load(self, vertices, edges):
        (self.dir / "graph.v").write_text("".join(v + "\n" for v in vertices))
        (self.dir / "graph.e").write_text("".join(" ".join([*e, "1"][:3]) + "\n" for e in edges))
        shutil.rmtree(self.dir / "store", ignore_errors=True)
        done = subprocess.run([PROGRAM, "import", "--store", self.dir / "store", "--sandbox", "--mapping",
                               HERE / "graphalytics.yaml", "--data", self.dir], capture_output=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        total = json.loads(done.stdout)
        self.assertEqual((total["rejected"], total["links"]), (0, len(edges)))

    def load_lists(self, folder, directed):
        self.load(*adjacency(DATA / folder / ("dir-input" if directed else "undir-input"), directed))

    def load_files(self, stem):
        self.load([v for v, in lines(DATA / f"{stem}.v")], [tuple(e) for e in lines(DATA / f"{stem}.e")])

    def call(self, procedure, column, arguments, source=None):
        start = f"MATCH (s:Vertex {{id: {source}}}) " if source is not None else ""
        text = f"{start}CALL algo.{procedure}({arguments}) YIELD node, {column} RETURN node.id AS id, {column} AS x"
        done = subprocess.run([PROGRAM, "query", "--store", self.dir / "store", "--format", "json", text],
                              capture_output=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode()[:2000])
        return {int(row["id"]): row["x"] for row in json.loads(done.stdout)}

    def published(self, name):
        return {int(v): float(x) for v, x in lines(DATA / name)}

    def assertWhole(self, have, name):
        """Distances and labels; what cannot be reached is published as the largest integer."""
        want = {int(v): int(x) for v, x in lines(DATA / name) if int(x) != 2**63 - 1}
        self.assertEqual({v: int(x) for v, x in have.items()}, want, name)

    def assertGroups(self, have, name):
        """The same groups, whatever they are called."""
        want = self.published(name)
        self.assertEqual(have.keys(), want.keys(), name)
        pairs = {(have[v], want[v]) for v in want}
        self.assertEqual((len({a for a, _ in pairs}), len({b for _, b in pairs})), (len(pairs), len(pairs)), name)

    def assertClose(self, have, name):
        want = {v: x for v, x in self.published(name).items() if not math.isinf(x)}
        self.assertEqual(have.keys(), want.keys(), name)
        for v, x in want.items():
            self.assertLessEqual(abs(have[v] - x), TOLERANCE * abs(x), f"{name}: vertex {v}: {have[v]}, published {x}")

    def test_bfs(self):
        for kind, directed in (("dir", True), ("undir", False)):
            self.load_lists("bfs", directed)
            self.assertWhole(self.call("bfs", "distance", f"s, {{direction: '{'out' if directed else 'both'}'}}", 1),
                             f"bfs/{kind}-output")

    def test_sssp(self):
        for kind, directed in (("dir", True), ("undir", False)):
            self.load_files(f"sssp/{kind}-input")
            direction = "out" if directed else "both"
            self.assertClose(self.call("distances", "distance", f"s, {{weight: 'weight', direction: '{direction}'}}", 1),
                             f"sssp/{kind}-output")

    def test_wcc(self):
        for kind, directed in (("dir", True), ("undir", False)):
            self.load_lists("wcc", directed)
            self.assertGroups(self.call("wcc", "component", ""), f"wcc/{kind}-output")

    def test_cdlp(self):
        for kind, directed in (("dir", True), ("undir", False)):
            self.load_lists("cdlp", directed)
            self.assertWhole(self.call("labelPropagation", "community", "{label: 'id', iterations: 5}"),
                             f"cdlp/{kind}-output")

    def test_lcc(self):
        for kind, directed in (("dir", True), ("undir", False)):
            self.load_lists("lcc", directed)
            have = self.call("clustering", "coefficient", f"{{direction: '{'out' if directed else 'both'}'}}")
            want = self.published(f"lcc/{kind}-output")
            # A vertex that the published output leaves out has no neighbours to be linked.
            self.assertEqual({have.pop(v) for v in have.keys() - want.keys()} - {0}, set())
            self.assertClose(have, f"lcc/{kind}-output")

    def test_page_rank(self):
        for kind, directed in (("dir", True), ("undir", False)):
            self.load_lists("pr", directed)
            direction = "out" if directed else "both"
            self.assertClose(self.call("pageRank", "score", "{damping: 0.85, iterations: 26, tolerance: 0, "
                                       f"direction: '{direction}'}}"), f"pr/{kind}-output")

    def test_example(self):
        for directed, source in ((True, 1), (False, 2)):
            stem = "example/example-" + ("directed" if directed else "undirected")
            self.load_files(stem)
            direction = f"direction: '{'out' if directed else 'both'}'"
            self.assertWhole(self.call("bfs", "distance", f"s, {{{direction}}}", source), f"{stem}-BFS")
            self.assertClose(self.call("distances", "distance", f"s, {{weight: 'weight', {direction}}}", source),
                             f"{stem}-SSSP")
            self.assertGroups(self.call("wcc", "component", ""), f"{stem}-WCC")
            self.assertWhole(self.call("labelPropagation", "community", "{label: 'id', iterations: 2}"), f"{stem}-CDLP")
            self.assertClose(self.call("clustering", "coefficient", f"{{{direction}}}"), f"{stem}-LCC")
            self.assertClose(self.call("pageRank", "score", f"{{iterations: 2, tolerance: 0, {direction}}}"), f"{stem}-PR")


if __name__ == "__main__":
    unittest.main()
