"""Makes format-N.tar.xz and format-N.json with the built program: python3 tests/formats/make_sample.py 1"""

import io
import json
import pathlib
import shutil
import signal
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))
from program import Served, run  # noqa: E402

MAPPING = """\
skein-mapping: 1
name: sample
source: {name: sample-source, department: Traffic, zone: Asia/Shanghai}
files:
  - name: people.csv
    columns: {id: integer, born: date, tall: float, there: boolean}
    nodes:
      - as: person
        label: Person
        key: {id: id}
        properties: {name: name, born: born, tall: tall, there: there}
  - name: sensors.csv
    columns: {id: integer, lat: float, lon: float}
    nodes:
      - as: sensor
        label: Sensor
        key: {id: id}
        position: {lat: lat, lon: lon, datum: gcj02, as: {point: at}}
  - name: calls.csv
    columns:
      from: integer
      to: integer
      at: {type: datetime, format: "%Y-%m-%d %H:%M:%S"}
    links:
      - type: CALLED
        from: {label: Person, key: {id: from}}
        to: {label: Person, key: {id: to}}
        valid: {from: at, to: at}
        properties: {at: at}
  - name: seen.csv
    columns:
      person: integer
      sensor: integer
      at: {type: datetime, format: "%Y-%m-%d %H:%M:%S"}
    sightings:
      - type: SEEN_AT
        from: {label: Person, key: {id: person}}
        to: {label: Sensor, key: {id: sensor}}
        time: at
"""
STEPS = [
    "CREATE INDEX FOR (p:Person) ON (p.name)",
    "CREATE INDEX FOR (p:Person) ON (p.there, p.tall)",
    "CREATE CONSTRAINT FOR (c:Case) REQUIRE c.number IS UNIQUE",
    "CREATE (:Case {number: 'A-1', list: [1, 2, 3], mixed: 'Zoë 李雷', at: datetime('2024-02-29T12:00:00+08:00[Asia/Shanghai]'), "
    "local: localdatetime('2024-01-01T00:00:00.123456789'), day: date('1970-01-01'), time: time('10:11:12Z'), clock: localtime('23:59'), "
    "long: duration('P1Y2M3DT4H5M6.7S'), where: point({longitude: 106.5, latitude: 29.5}), flat: point({x: 1, y: 2, z: 3}), "
    "big: 9223372036854775807, small: -0.0, no: false})",
    "MATCH (c:Case), (p:Person) WHERE p.id < 4 CREATE (p)-[:SUSPECT_OF {grade: p.id * 0.25}]->(c)",
    "MATCH (p:Person {id: 5}) SET p.name = 'Renamed', p:Known",
    "MATCH (p:Person {id: 6}) DETACH DELETE p",
    "MATCH (:Person {id: 1})-[r:SUSPECT_OF]->() DELETE r",
]
IN_LOG = [
    "CREATE (:Late {n: 1})-[:TO {w: 2.5}]->(:Late {n: 2})",
    "MATCH (p:Person {id: 7}) SET p.tall = 3.5",
    "MATCH (a:Late {n: 1}), (p:Person {id: 8}) CREATE (a)-[:TO]->(p)",
]
QUESTIONS = [
    "MATCH (n) RETURN labels(n) AS labels, count(*) AS n ORDER BY labels",
    "MATCH ()-[r]->() RETURN type(r) AS type, count(*) AS n ORDER BY type",
    "MATCH (p:Person) RETURN p.id, p.name, p.born, p.tall, p.there ORDER BY p.id",
    "MATCH (a:Person)-[r:CALLED]->(b:Person) RETURN a.id, b.id, r.at ORDER BY a.id, b.id, r.at",
    "MATCH (p:Person)-[r:SEEN_AT]->(s:Sensor) RETURN p.id, s.id, count(*) AS n ORDER BY p.id, s.id",
    "MATCH (s:Sensor) RETURN s.id, s.at, s.datum ORDER BY s.id",
    "MATCH (c:Case) RETURN properties(c) AS all",
    "MATCH (p:Person)-[r:SUSPECT_OF]->(c:Case) RETURN p.id, r.grade, c.number ORDER BY p.id",
    "MATCH (p:Person {name: 'Renamed'}) RETURN p.id, labels(p)",
    "MATCH (p:Person) WHERE p.there = true AND p.tall > 1.5 RETURN p.id ORDER BY p.id",
    "MATCH (l:Late) OPTIONAL MATCH (l)-[r:TO]->(m) RETURN l.n, r.w, m.n, m.id ORDER BY l.n, r.w",
    "SHOW INDEXES YIELD name, type, labelsOrTypes, properties, state",
    "MATCH (p:Person {id: 1}) RETURN size(fusion.cluster(p)) AS n",
    "FUSED MATCH (p:Person) RETURN count(p) AS n",
    "AS OF datetime('{before}') MATCH (p:Person {id: 5}) RETURN p.name, labels(p)",
    "AS OF datetime('{before}') MATCH (p:Person) RETURN count(p) AS n",
    "AS OF datetime('{before}') MATCH ()-[r]->() RETURN count(r) AS n",
    "CALL skein.search('Ann') YIELD node RETURN node.id ORDER BY node.id",
]


def must(done):
    if done.code != 0:
        raise SystemExit(f"{done}")
    return done


def csv(head, rows):
    return "\n".join([head, *rows]) + "\n"


def fill(data):
    people = [f"{i},{'Ann' if i % 3 == 0 else '李雷' if i % 3 == 1 else 'Zoë'} {i},19{50 + i}-0{1 + i % 9}-1{i % 9},{1 + i / 16},"
              f"{'true' if i % 2 else ''}" for i in range(1, 31)] + ["4613937818241074769,Far,,,false"]
    (data / "people.csv").write_text(csv("id,name,born,tall,there", people))
    (data / "sensors.csv").write_text(csv("id,lat,lon", [f"{i},29.5{i},106.5{i}" for i in range(1, 8)]))
    calls = [f"{1 + i % 30},{1 + (i * 7) % 30},2024-05-{1 + i % 28:02d} 0{i % 9}:00:00" for i in range(300)] + ["1,2,2024-06-01 00:00:00"] * 3
    (data / "calls.csv").write_text(csv("from,to,at", calls))
    seen = [f"{1 + i % 30},{1 + i % 7},2024-05-{1 + i % 28:02d} 1{i % 9}:00:{i % 60:02d}" for i in range(500)]
    (data / "seen.csv").write_text(csv("person,sensor,at", seen))


def make(folder):
    store, data, mapping = folder / "store", folder / "data", folder / "mapping.yaml"
    data.mkdir()
    fill(data)
    mapping.write_text(MAPPING)
    must(run("import", "--store", store, "--sandbox", "--mapping", mapping, "--data", data))
    before = must(run("query", "--store", store, "--format", "json", "RETURN toString(datetime()) AS t"))
    for step in STEPS:
        must(run("query", "--store", store, step))
    must(run("fusion", "assert", "--store", store, "Person:id=1", "Person:id=2", "--grade", "0.9", "--why", "one document"))
    with Served(store) as served:
        for step in IN_LOG:
            must(run("query", "--server", served.url(), step))
        served.process.send_signal(signal.SIGKILL)
        served.process.wait()
    return store, json.loads(before.out)[0]["t"]


def main():
    number = sys.argv[1]
    folder = pathlib.Path(tempfile.mkdtemp())
    try:
        store, before = make(folder)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:xz") as tar:
            tar.add(store, "store")
        (HERE / f"format-{number}.tar.xz").write_bytes(packed.getvalue())
        asked = []
        for question in QUESTIONS:
            text = question.replace("{before}", before)
            asked.append({"query": text, "csv": must(run("query", "--store", store, "--format", "csv", text)).out})
        (HERE / f"format-{number}.json").write_text(json.dumps(asked, indent=1, ensure_ascii=False) + "\n")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
