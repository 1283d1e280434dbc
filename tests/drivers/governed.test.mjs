// A governed store over Bolt: sign-in, purpose as transaction metadata, refusals, the log.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import neo4j from 'neo4j-driver';
import {serve, skein} from './skein.mjs';

const password = 'correct horse battery';
const purpose = {metadata: {case: 'A-1', basis: 'art. 12', reason: 'theft of bikes'}};
let server, driver;

before(async () => {
  server = await serve({sandbox: false, prepare: (store) => {
    const input = {input: `${password}\n`};
    skein('unit', 'add', '--store', store, '--key', 'east', '--name', 'East');
    skein('user', 'add', '--store', store, '--name', 'ann', '--unit', 'east', '--password-stdin', input);
    skein('case', 'add', '--store', store, '--number', 'A-1', '--unit', 'east', '--basis', 'art. 12');
  }});
  driver = neo4j.driver(server.uri, neo4j.auth.basic('ann', password));
});
after(async () => {
  await driver?.close();
  await server?.stop();
});

test('a wrong password is refused', async () => {
  const guess = neo4j.driver(server.uri, neo4j.auth.basic('ann', 'not the password'));
  await assert.rejects(guess.executeQuery('RETURN 1'), {code: 'Neo.ClientError.Security.Unauthorized'});
  await guess.close();
});

test('without a purpose nothing is answered', async () => {
  const session = driver.session();
  await assert.rejects(session.run('RETURN 1'), (e) =>
    e.code === 'Neo.ClientError.Security.Forbidden' && /case, basis, reason/.test(e.message));
  await session.close();
});

test('with one it is, in both kinds of transaction', async () => {
  const session = driver.session();
  const {records} = await session.run('RETURN 1 AS one', {}, purpose);
  assert.equal(records[0].get('one').toNumber(), 1);
  await session.executeWrite((tx) => tx.run('CREATE (:Note {text: 1})'), purpose);
  const found = await session.executeRead((tx) => tx.run('MATCH (n:Note) RETURN count(n) AS n'), purpose);
  assert.equal(found.records[0].get('n').toNumber(), 1);
  await session.close();
});

test("another unit's case is refused", async () => {
  const session = driver.session();
  await assert.rejects(session.run('RETURN 1', {}, {metadata: {case: 'B-9', basis: 'b', reason: 'r'}}),
    {code: 'Neo.ClientError.Security.Forbidden'});
  await session.close();
});

test('nobody works in the name of another', async () => {
  const session = driver.session({impersonatedUser: 'sue'});
  await assert.rejects(session.run('RETURN 1', {}, purpose), {code: 'Neo.ClientError.Security.Forbidden'});
  await session.close();
});
