import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { work } from './server';

export default async function globalTeardown(): Promise<void> {
  const file = join(work, 'server.pid');
  const pid = Number(readFileSync(file, 'utf8'));
  rmSync(file);
  try {
    process.kill(pid, 'SIGTERM');
    for (let i = 0; i < 50; i += 1) {
      await new Promise((done) => setTimeout(done, 100));
      process.kill(pid, 0);
    }
    process.kill(pid, 'SIGKILL');
  } catch {
    // it is gone
  }
}
