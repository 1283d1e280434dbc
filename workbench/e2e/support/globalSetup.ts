import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, work } from './server';

export default async function globalSetup(): Promise<void> {
  const child = await startServer();
  writeFileSync(join(work, 'server.pid'), String(child.pid));
  child.unref();
}
