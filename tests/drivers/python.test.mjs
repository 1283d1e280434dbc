// Clients in another language: the public Python driver (skipped where PyPI is out of reach), and a raw one
// that takes a gigabyte and watches the server's memory.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {serve} from './skein.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, 'python_modules');
const python = process.env.PYTHON ?? 'python3';

let server;
before(async () => (server = await serve()));
after(() => server?.stop());

function run(script, ...args) {
  return execFileSync(python, ['-B', join(here, script), ...args],
    {encoding: 'utf8', timeout: 300_000, env: {...process.env, PYTHONPATH: packages}});
}

// Once; later runs are offline.
function installed() {
  if (existsSync(join(packages, 'neo4j'))) return true;
  const pip = spawnSync(python, ['-m', 'pip', 'install', '--quiet', '--no-warn-script-location', '--target', packages,
    'neo4j==5.28.1', 'pytz==2025.2'], {encoding: 'utf8', timeout: 120_000});
  return pip.status === 0;
}

test('the Python driver', (t) => {
  if (!installed()) return t.skip('the package neo4j cannot be had from PyPI here');
  assert.match(run('python_driver.py', server.uri), /^ok$/m);
});

test('a gigabyte streams in less than 64 MB of the server', () => {
  const told = run('raw_client.py', server.uri, String(server.pid));
  assert.match(told, /^ok/m, told);
});
