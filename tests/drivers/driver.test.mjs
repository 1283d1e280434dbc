// What a driver's user does: sessions, transactions, streaming, every type both ways, errors,
// cancellation. The same for both major versions of the public driver.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import driver5 from 'neo4j-driver-5';
import driver6 from 'neo4j-driver';
import {serve} from './skein.mjs';

// A value with its kind, so that 1 and 1.0, or a date and its text, do not pass for each other.
function text(x) {
  if (x === null) return 'null';
  if (ArrayBuffer.isView(x)) return `bytes ${[...new Uint8Array(x.buffer)]}`;
  if (Array.isArray(x)) return `[${x.map(text)}]`;
  if (x.constructor === Object) return `{${Object.entries(x).map(([k, v]) => `${k}: ${text(v)}`)}}`;
  return `${x.constructor.name} ${x}`;
}

let server;
before(async () => (server = await serve()));
after(() => server?.stop());

for (const [version, neo4j] of [['5', driver5], ['6', driver6]]) {
  describe(`neo4j-driver ${version}`, () => {
    let driver;
    before(() => {
      driver = neo4j.driver(server.uri, neo4j.auth.basic('anyone', 'anything'));
    });
    after(() => driver.close());

    const run = async (text, params) => (await driver.executeQuery(text, params)).records;
    const value = async (text, params) => (await run(text, params))[0].get(0);

    test('connects and tells its version', async () => {
      const info = await driver.getServerInfo();
      assert.match(info.agent, /^Neo4j\/5\.\d+/);
    });

    test('integers of 19 digits stay exact, floats stay floats', async () => {
      const big = neo4j.int('4613937818241074769');
      assert.equal((await value('RETURN $x + 1', {x: big})).toString(), '4613937818241074770');
      assert.equal(await value('RETURN 1.0'), 1);
      assert.ok(neo4j.isInt(await value('RETURN 1')));
    });

    test('EXPLAIN gives summary.plan, PROFILE summary.profile', async () => {
      await run('MATCH (n:Planned) DETACH DELETE n');
      await run('CREATE (:Planned {v: 1})-[:TO]->(:Planned {v: 2})');
      const explained = (await driver.executeQuery('EXPLAIN MATCH (a:Planned)-->(b) RETURN b.v AS v')).summary;
      assert.ok(explained.hasPlan());
      const names = (p) => [p.operatorType, ...p.children.flatMap(names)];
      assert.ok(names(explained.plan).includes('Expand'), names(explained.plan).join());
      assert.ok(Number(explained.plan.arguments.EstimatedCost) > 0);
      assert.equal(explained.profile, false);
      const {records, summary} = await driver.executeQuery('PROFILE MATCH (a:Planned)-->(b) RETURN b.v AS v');
      assert.equal(records.length, 1);
      assert.ok(summary.hasProfile());
      const expand = (p) => (p.operatorType === 'Expand' ? p : p.children.map(expand).find((x) => x));
      assert.equal(Number(expand(summary.profile).rows), 1);
      assert.ok(Number(expand(summary.profile).dbHits) >= 1);
    });

    test('what is unknown or large is told as notifications', async () => {
      const told = async (text) => {
        const {summary} = await driver.executeQuery(text);
        // Version 6 has GQL status objects alone.
        const list = summary.gqlStatusObjects ?? [];
        return {
          codes: (summary.notifications ?? []).map((n) => n.code.split('.').pop()),
          statuses: list.map((s) => s.gqlStatus),
          position: list.find((s) => s.gqlStatus === '01N50')?.position,
        };
      };
      const label = await told('MATCH (n:Plannd) RETURN n');
      assert.ok(label.statuses.includes('01N50'), JSON.stringify(label));
      assert.equal(Number(label.position?.line), 1);
      if (version === '5') assert.ok(label.codes.includes('UnknownLabelWarning'), JSON.stringify(label));
      assert.ok((await told('MATCH (n:Planned {nonesuch: 1}) RETURN n')).statuses.includes('01N52'));
      await run('UNWIND range(1, 3) AS i CREATE (:Planned {v: i})');
      assert.ok((await told('EXPLAIN MATCH (a:Planned), (b:Planned) RETURN count(*)')).statuses.includes('03N90'));
      assert.ok((await told('EXPLAIN MATCH (a:Planned)-[*]->(b) RETURN count(*)')).statuses.includes('03N91'));
    });

    test('every type goes both ways', async () => {
      const {types} = neo4j;
      const values = [
        null, true, 'héllo 四五六', 1.5, new Int8Array([0, -1]), [neo4j.int(1), 'a', null], {a: {b: [true]}},
        new types.Date(2024, 2, 29), new types.LocalTime(23, 59, 59, 999999999),
        new types.Time(1, 2, 3, 4, -3600), new types.LocalDateTime(1969, 12, 31, 23, 59, 59, 1),
        new types.DateTime(2024, 5, 1, 8, 0, 0, 0, 8 * 3600),
        new types.DateTime(2024, 5, 1, 8, 0, 0, 0, 8 * 3600, 'Asia/Shanghai'),
        new types.Duration(1, -2, 3, 4), new types.Point(neo4j.int(4326), 116.4, 39.9),
        new types.Point(neo4j.int(9157), 1, 2, 3),
      ];
      for (const x of values) {
        assert.equal(text(await value('RETURN $x', {x})), text(x));
      }
    });

    test('nodes, links and paths arrive whole', async () => {
      await run('MATCH (n) DETACH DELETE n');
      await run("CREATE (:Person {name: 'Ann'})-[:OWNS {since: 2020}]->(:Vehicle {plate: 'X1'})");
      const p = await value('MATCH p = (:Vehicle)<-[:OWNS]-(:Person) RETURN p');
      assert.equal(p.length, 1);
      assert.deepEqual(p.start.labels, ['Vehicle']);
      assert.equal(p.segments[0].relationship.type, 'OWNS');
      assert.equal(p.segments[0].relationship.startNodeElementId, p.end.elementId);
      assert.equal(p.segments[0].relationship.properties.since.toNumber(), 2020);
      const again = await value('MATCH (n) WHERE elementId(n) = $id RETURN n.name', {id: p.end.elementId});
      assert.equal(again, 'Ann');
    });

    test('a large result streams with back-pressure', async () => {
      const session = driver.session({fetchSize: 100});
      let sum = 0;
      for await (const record of session.run('UNWIND range(1, 20000) AS i RETURN i')) {
        sum += record.get('i').toNumber();
      }
      assert.equal(sum, 20000 * 20001 / 2);
      await session.close();
    });

    test('errors carry class and detail, and the session goes on', async () => {
      const session = driver.session();
      await assert.rejects(session.run('RETURN x'), (e) =>
        e.code === 'Neo.ClientError.Statement.SyntaxError' && /\bUndefinedVariable\b/.test(e.message));
      await assert.rejects(session.run('RETURN 1 +'), {code: 'Neo.ClientError.Statement.SyntaxError'});
      assert.equal((await session.run('RETURN 2')).records[0].get(0).toNumber(), 2);
      await session.close();
    });

    test('counters tell what was written', async () => {
      await run('MATCH (n) DETACH DELETE n');
      const {summary} = await driver.executeQuery('CREATE (a:X {v: 1})-[:T]->(b)');
      const counts = summary.counters.updates();
      assert.equal(counts.nodesCreated, 2);
      assert.equal(counts.relationshipsCreated, 1);
      assert.equal(counts.propertiesSet, 1);
    });

    test('explicit transactions commit and roll back', async () => {
      await run('MATCH (n) DETACH DELETE n');
      const session = driver.session();
      const first = session.beginTransaction();
      await first.run('CREATE (:T)');
      assert.equal((await first.run('MATCH (n:T) RETURN count(n)')).records[0].get(0).toNumber(), 1);
      await first.rollback();
      assert.equal((await value('MATCH (n:T) RETURN count(n)')).toNumber(), 0);
      await session.executeWrite((tx) => tx.run('CREATE (:T)'));
      assert.equal((await session.executeRead((tx) => tx.run('MATCH (n:T) RETURN count(n)')))
        .records[0].get(0).toNumber(), 1);
      await session.close();
    });

    test('a failed statement leaves no trace', async () => {
      await run('MATCH (n) DETACH DELETE n');
      await assert.rejects(run('CREATE (:Lost) WITH 1 AS x UNWIND [1, 0] AS d RETURN x % d'));
      assert.equal((await value('MATCH (n) RETURN count(n)')).toNumber(), 0);
    });

    test('a running statement is cancelled when its session closes', async () => {
      const session = driver.session();
      const result = session.run('UNWIND range(1, 100000000) AS i RETURN i');
      await new Promise((resolve) => result.subscribe({onNext: resolve, onError: resolve, onCompleted: resolve}));
      await session.close();
      assert.equal((await value('RETURN 1')).toNumber(), 1);
    });

    test('a statement that has not answered yet is cancelled, too', async () => {
      const session = driver.session();
      const hangs = session.run(
        'UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN count(*)').catch((e) => e);
      await run('RETURN 1');  // the other one is under way by now, or will meet its RESET
      const start = Date.now();
      await session.close();
      await hangs;
      assert.ok(Date.now() - start < 2000, `took ${Date.now() - start} ms`);
      assert.equal((await value('RETURN 1')).toNumber(), 1);
    });

    test('a timeout of the transaction ends it with its own code', async () => {
      const session = driver.session();
      await assert.rejects(
        session.run('UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN count(*)', {}, {timeout: 300}),
        {code: 'Neo.ClientError.Transaction.TransactionTimedOut'});
      await session.close();
    });

    test('managed transactions are tried again until all have counted', async () => {
      await run('MATCH (n) DETACH DELETE n');
      await run('CREATE (:Counter {n: 0})');
      await Promise.all(Array.from({length: 8}, async () => {
        const session = driver.session();
        await session.executeWrite(async (tx) => {
          const seen = (await tx.run('MATCH (c:Counter) RETURN c.n AS n')).records[0].get('n').toNumber();
          await tx.run('MATCH (c:Counter) SET c.n = $n', {n: neo4j.int(seen + 1)});
        });
        await session.close();
      }));
      assert.equal((await value('MATCH (c:Counter) RETURN c.n')).toNumber(), 8);
    });

    test('a transaction has several results open at once', async () => {
      const session = driver.session({fetchSize: 10});
      const tx = session.beginTransaction();
      const a = tx.run('UNWIND range(1, 50) AS i RETURN i')[Symbol.asyncIterator]();
      const b = tx.run('UNWIND range(101, 150) AS i RETURN i')[Symbol.asyncIterator]();
      for (let i = 1; i <= 50; ++i) {
        assert.equal((await a.next()).value.get('i').toNumber(), i);
        assert.equal((await b.next()).value.get('i').toNumber(), 100 + i);
      }
      await tx.commit();
      await session.close();
    });

    test('reading sessions do not write', async () => {
      const session = driver.session({defaultAccessMode: neo4j.session.READ});
      await assert.rejects(session.run('CREATE (:X)'), {code: 'Neo.ClientError.Statement.AccessMode'});
      await session.close();
    });

    test('bookmarks travel from one session to another', async () => {
      const first = driver.session();
      await first.executeWrite((tx) => tx.run('CREATE (:Marked)'));
      const marks = first.lastBookmarks();
      assert.equal(marks.length, 1);
      const second = driver.session({bookmarks: marks});
      const found = await second.executeRead((tx) => tx.run('MATCH (n:Marked) RETURN count(n) AS n'));
      assert.equal(found.records[0].get('n').toNumber() >= 1, true);
      await Promise.all([first.close(), second.close()]);
      const foreign = driver.session({bookmarks: ['FB:elsewhere']});
      await assert.rejects(foreign.run('RETURN 1'), {code: 'Neo.ClientError.Transaction.InvalidBookmark'});
      await foreign.close();
    });

    test('a hostile query is one clean error', async () => {
      await assert.rejects(run(`RETURN ${'['.repeat(1e6)}`));
      assert.equal((await value('RETURN 1')).toNumber(), 1);
    });

    test('the routing scheme finds the server', async () => {
      const routed = neo4j.driver(server.uri.replace('bolt:', 'neo4j:'), neo4j.auth.basic('a', 'b'));
      const {records} = await routed.executeQuery('RETURN 1');
      assert.equal(records[0].get(0).toNumber(), 1);
      await routed.close();
    });
  });
}
