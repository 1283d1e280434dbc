// Serves the fake API from Vite's own server when SKEIN_FAKE=1; with SKEIN_SERVER=http://127.0.0.1:port the
// real one is proxied instead (vite.config.ts).
import type { Plugin } from 'vite';
import type { ClientMessage } from '../../src/api/liveTypes';
import { FakeApi, FakeWorld } from './api';
import { LiveServer } from './liveServer';
import { accept } from './webSocket';

export function fakeApiPlugin(): Plugin {
  const world = new FakeWorld();
  const room = new LiveServer(); // one room for all operations is enough to look at
  const apis = new Map<string, FakeApi>(); // one world per browser context
  return {
    name: 'skein-fake-api',
    apply: 'serve',
    configureServer(server) {
      server.httpServer?.on('upgrade', (request, socket) => {
        if (!request.url?.startsWith('/api/v1/live')) return;
        const person = new URL(request.url, 'http://fake').searchParams.get('ticket') ?? 'nobody';
        let id = '';
        const peer = accept(request, socket, {
          message: (text) => room.receive(id, JSON.parse(text) as ClientMessage),
          closed: () => room.disconnect(id),
        });
        id = room.connect(person, (message) => peer.send(JSON.stringify(message)));
      });
      server.middlewares.use('/api/', (request, response) => {
        const known = /fake=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
        const key = known ?? `c${apis.size + 1}`;
        const api = apis.get(key) ?? new FakeApi(world);
        apis.set(key, api);
        if (!known) response.setHeader('Set-Cookie', `fake=${key}; Path=/`);
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const { status, body } = api.handle(request.method ?? 'GET', request.originalUrl ?? '', text ? JSON.parse(text) : undefined);
          response.statusCode = status;
          response.setHeader('Content-Type', 'application/json');
          response.end(body === undefined ? '' : JSON.stringify(body));
        });
      });
    },
  };
}
