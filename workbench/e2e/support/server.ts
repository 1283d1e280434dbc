// The real server that the browser tests talk to: the demo city in a governed store, three units of people.
// SKEIN_BIN names the program (default build/release/skein), SKEIN_E2E_PORT the port, SKEIN_E2E_DIR the folder of
// stores and results: two runs at once need two of each.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const top = resolve(import.meta.dirname, '../../..');
export const work = process.env['SKEIN_E2E_DIR'] ?? join(top, 'build/e2e');
export const skein = process.env['SKEIN_BIN'] ?? join(top, 'build/release/skein');
export const port = Number(process.env['SKEIN_E2E_PORT'] ?? 8715);
const dist = join(top, 'workbench/dist');
export const origin = `http://127.0.0.1:${port}`;

export interface Account {
  readonly name: string;
  readonly display: string;
  readonly unit: string;
  readonly unitName: string;
  readonly role: 'investigator' | 'supervisor';
}

export const password = 'e2e-password-2024';
export const lin: Account = { name: 'lin.xia', display: '林夏', unit: 'harbour', unitName: 'Harbour District', role: 'supervisor' };
export const gao: Account = { name: 'gao.yuan', display: '高远', unit: 'north', unitName: 'North District', role: 'supervisor' };
export const he: Account = { name: 'he.ming', display: '何明', unit: 'west', unitName: 'West District', role: 'supervisor' };
export const accounts = [lin, gao, he];
export const caseNumber = 'E2E-2024';
export const basis = 'test data, no real person';

function run(args: readonly string[], input?: string): string {
  try {
    return execFileSync(skein, args, { encoding: 'utf8', input: input ?? '', stdio: ['pipe', 'pipe', 'pipe'] });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`skein ${args.join(' ')} failed:\n${stderr ?? String(error)}`, { cause: error });
  }
}

// The store is made once per program and mapping, then copied for each run: tests write into it.
function templateStore(): string {
  const mappings = join(top, 'importers/mappings/city');
  const files = readdirSync(mappings).filter((f) => f.endsWith('.yaml')).sort();
  const digest = createHash('sha256').update(String(statSync(skein).mtimeMs)).update(readFileSync(import.meta.filename));
  for (const file of files) digest.update(readFileSync(join(mappings, file)));
  const stamp = digest.digest('hex');
  const store = join(work, 'template');
  const stampFile = join(work, 'template.stamp');
  if (existsSync(store) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return store;
  rmSync(store, { recursive: true, force: true });
  rmSync(join(work, 'city'), { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  run(['generate', 'city', '--out', join(work, 'city')]);
  makePeople(store);
  const purpose = ['--case', caseNumber, '--basis', basis, '--reason', 'loading the demo city'];
  const chosen = files.flatMap((file) => ['--mapping', join(mappings, file)]);
  run(['import', '--store', store, ...chosen, '--data', join(work, 'city'), '--quarantine', join(work, 'quarantine.jsonl'), ...purpose]);
  writeFileSync(stampFile, stamp);
  return store;
}

function makePeople(store: string): void {
  const add = (what: string, words: readonly string[], input?: string) => run([what, 'add', '--store', store, ...words], input);
  for (const a of accounts) {
    add('unit', ['--key', a.unit, '--name', a.unitName]);
    add('user', ['--name', a.name, '--display-name', a.display, '--unit', a.unit, '--role', a.role, '--password-stdin'], `${password}\n`);
  }
  add('case', ['--number', caseNumber, '--unit', lin.unit, '--basis', basis, '--title', 'Motorcycle series']);
  add('case', ['--number', 'E2E-WEST', '--unit', he.unit, '--basis', basis, '--title', 'Another matter']);
}

// A page of which a part is missing hangs every test at its first step, so it is refused here.
function builtPage(): string {
  const index = join(dist, 'index.html');
  if (!existsSync(index)) throw new Error('workbench/dist is missing: npm run build');
  for (const [, file] of readFileSync(index, 'utf8').matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)) {
    if (file && !existsSync(join(dist, file))) throw new Error(`workbench/dist lacks ${file}: is a build running? npm run build`);
  }
  return dist;
}

export async function startServer(): Promise<ChildProcess> {
  if (!existsSync(skein)) throw new Error(`there is no ${skein}: ./run build makes it, or SKEIN_BIN names another`);
  const template = templateStore();
  const store = join(work, 'store');
  rmSync(store, { recursive: true, force: true });
  cpSync(template, store, { recursive: true });
  // The server reads large files when asked for them: a build that replaces dist meanwhile must not take them away.
  const page = join(work, 'page');
  rmSync(page, { recursive: true, force: true });
  cpSync(builtPage(), page, { recursive: true });
  const log = openSync(join(work, 'server.log'), 'w');
  const child = spawn(skein, ['serve', '--store', store, '--http', `127.0.0.1:${port}`, '--bolt', 'off', '--workbench', page], {
    stdio: ['ignore', log, log],
  });
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) break;
    try {
      const answer = await fetch(`${origin}/api/v1/health`);
      if (answer.ok) return child;
    } catch {
      // not up yet
    }
    await new Promise((done) => setTimeout(done, 200));
  }
  child.kill();
  throw new Error(`the server did not come up; ${join(work, 'server.log')}:\n${readFileSync(join(work, 'server.log'), 'utf8').slice(-2000)}`);
}
