// Starts `skein serve` on free ports for one test file, and stops it.
import {spawn, execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const program = process.env.SKEIN_BIN ?? join(root, 'build', 'release', 'skein');

// {uri, stop} once the program has printed its ready line; rejects with its stderr when it ends first.
export async function serve({sandbox = true, prepare = () => {}} = {}) {
  const store = mkdtempSync(join(tmpdir(), 'skein-drivers-'));
  prepare(store);
  const args = ['serve', '--store', store, '--http', '127.0.0.1:0', '--bolt', '127.0.0.1:0'];
  if (sandbox) args.push('--sandbox');
  const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'pipe']});
  let errors = '';
  child.stderr.on('data', (bytes) => (errors += bytes));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const uri = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (bytes) => {
      text += bytes;
      const ready = /^ready .*(bolt:\/\/\S+)/m.exec(text);
      if (ready) resolve(ready[1]);
    });
    child.once('exit', (code) => reject(new Error(`skein ended with ${code}: ${errors}`)));
    child.once('error', reject);
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(store, {recursive: true, force: true});
  };
  return {uri, stop, store, pid: child.pid};
}

export function skein(...args) {
  const options = args.length > 0 && typeof args.at(-1) === 'object' ? args.pop() : {};
  return execFileSync(program, args, {encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], ...options});
}
