// The openCypher conformance suite over Bolt, with the runner and scenarios of ../shared/tck.
// Skipped where that folder is missing; packages that cannot be installed are a failure.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {serve} from './skein.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const suite = join(root, '..', 'shared', 'tck');
const copy = join(root, 'build', 'tck');
// Of the scenarios that the runner judges, in percent: docs/conformance.md lists what fails.
const floor = 99.9;

// The runner in a folder that may be written, with its packages; why it is not there, otherwise.
function install() {
  if (!existsSync(join(suite, 'run.mjs'))) return '../shared/tck is not here';
  mkdirSync(copy, {recursive: true});
  for (const name of ['run.mjs', 'lib', 'package.json', 'package-lock.json']) {
    cpSync(join(suite, name), join(copy, name), {recursive: true});
  }
  if (existsSync(join(copy, 'node_modules', 'neo4j-driver'))) return null;
  const npm = spawnSync('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], {cwd: copy, encoding: 'utf8'});
  assert.equal(npm.status, 0, `npm ci failed: ${npm.stderr.slice(-300)}`);
  return null;
}

const missing = install();

test('the openCypher conformance suite over Bolt', {skip: missing ?? false, timeout: 600_000}, async () => {
  const server = await serve();
  try {
    const report = join(copy, 'report.json');
    try {
      execFileSync('node', ['run.mjs', '--uri', server.uri, '--user', 'anyone', '--password', 'anything',
        '--features', join(suite, 'open'), '--json', report, '--quiet'], {cwd: copy, stdio: 'pipe', maxBuffer: 1 << 26});
    } catch (error) {
      // Status 1: some scenario failed. The report says which.
      assert.equal(error.status, 1, String(error.stderr));
    }
    const result = JSON.parse(readFileSync(report, 'utf8'));
    const failed = result.scenarios.filter((s) => s.status !== 'pass' && s.status !== 'skip').map((s) => s.id);
    const share = (100 * result.passed) / (result.passed + result.failed);
    assert.ok(result.passed > 0, 'no scenario was judged');
    assert.ok(share >= floor, `${share.toFixed(2)} % of the scenarios pass; failed:\n${failed.join('\n')}`);
  } finally {
    await server.stop();
  }
});
