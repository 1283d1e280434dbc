// The product's verbs on the fake API: what the chart holds after them, and that everything can be undone.
import { describe, expect, it } from 'vitest';
import { collapse } from '../actions/collapse';
import { hide } from '../actions/hide';
import type { Desk } from '../actions/action';
import { csvCell } from '../actions/exportChart';
import { FakeApi } from '../../tests/fake/api';
import { ApiError, createApi } from '../api/client';
import { layout } from '../canvas/layout';
import type { Ports } from '../model/ports';
import { createChartStore, createViewStore } from '../model/stores';
import { createSession } from './session';
import { Workspace } from './workspace';

class Storage {
  private map = new Map<string, string>();
  getItem = (key: string) => this.map.get(key) ?? null;
  setItem = (key: string, value: string) => void this.map.set(key, value);
  removeItem = (key: string) => void this.map.delete(key);
}

async function setup() {
  const fake = new FakeApi();
  const paths: string[] = [];
  const api = createApi(async (path, init) => {
    paths.push(path);
    const { status, body } = fake.handle(init.method ?? 'GET', path, init.body ? JSON.parse(String(init.body)) : undefined);
    return new Response(status === 204 ? null : JSON.stringify(body), { status });
  });
  const chart = createChartStore();
  const view = createViewStore();
  const session = createSession(api, () => () => undefined);
  const ports: Ports = {
    camera: null,
    focusChart: null,
    layout: async (request) => layout(request),
    saveFile: () => undefined,
    translate: (key) => key,
  };
  const localStorage = new Storage();
  let n = 0;
  const make = () =>
    new Workspace({
      api,
      open: () => {
        throw new Error('no socket here');
      },
      chart,
      view,
      ports,
      localStorage,
      sessionStorage: new Storage(),
      schedule: () => () => undefined,
      random: () => 0.5,
      nowUs: () => 1,
      newId: () => `id-${String((n += 1)).padStart(12, '0')}`,
      onError: (error) => session.noticed(error),
    });
  const workspace = make();
  await session.load();
  await session.signIn('lin', 'demo');
  const desk: Desk = { chart, view, session, workspace, ports };
  const owner = { person: 'lin', unit: 'east', scope: 'A-2031' };
  const begin = async () => {
    await session.setPurpose({ case: 'A-2031', basis: 'b', reason: 'r' });
    workspace.openLocal(owner);
  };
  return { fake, api, chart, view, session, workspace, desk, paths, begin, make, owner };
}

const positions = (s: Awaited<ReturnType<typeof setup>>) =>
  new Map(s.chart.getState().chart.nodes.map((n) => [n.id, `${n.x},${n.y}`]));

describe('session', () => {
  it('is a gate: nothing is readable before a purpose is chosen', async () => {
    const s = await setup();
    expect(s.session.store.getState().gate).toBe('purpose');
    await expect(s.api.search('A', 5)).rejects.toMatchObject({ code: 'purpose_required' });
    await s.begin();
    expect(s.session.store.getState().gate).toBe('ready');
    expect((await s.api.search('A-2031', 5)).hits.length).toBe(1);
  });
  it('learns from any call that it is over', async () => {
    const s = await setup();
    await s.begin();
    s.fake.session = null;
    const error = await s.api.search('x', 1).catch((e: unknown) => e);
    s.session.noticed(error);
    expect(s.session.store.getState()).toMatchObject({ gate: 'signed_out', expired: true });
  });
  it('skips the purpose in a sandbox', async () => {
    const s = await setup();
    s.fake.sandbox = true;
    await s.session.load();
    expect(s.session.store.getState().gate).toBe('ready');
  });
});

describe('api', () => {
  it('asks relative paths only and sends the header against forgery', async () => {
    const s = await setup();
    await s.begin();
    await s.api.search('王', 5);
    expect(s.paths.every((p) => p.startsWith('/api/v1/'))).toBe(true);
    const seen: RequestInit[] = [];
    const api = createApi(async (_p, init) => {
      seen.push(init);
      return new Response('{"error":{"code":"conflict","message":"no"}}', { status: 409 });
    });
    await expect(api.expand({ ids: ['n1'] })).rejects.toBeInstanceOf(ApiError);
    expect(new Headers(seen[0]?.headers).get('X-Skein')).toBe('1');
  });
  it('says offline when there is no answer', async () => {
    const api = createApi(() => Promise.reject(new TypeError('network')));
    await expect(api.health()).rejects.toMatchObject({ code: 'offline' });
  });
});

describe('workspace', () => {
  it('adds, expands without moving what is placed, and undoes each as a step', async () => {
    const s = await setup();
    await s.begin();
    const [hit] = (await s.api.search('A-2031', 1)).hits;
    const [id] = await s.workspace.add([hit!.node]);
    const before = positions(s);
    await s.workspace.expand(id!);
    const after = positions(s);
    expect(after.size).toBe(23);
    for (const [node, at] of before) expect(after.get(node)).toBe(at);
    expect(s.chart.getState().chart.links.length).toBeGreaterThanOrEqual(22);
    s.workspace.undo();
    expect(positions(s)).toEqual(before);
    s.workspace.redo();
    expect(positions(s)).toEqual(after);
  });
  it('says how much of a large expansion it shows', async () => {
    const s = await setup();
    await s.begin();
    const vehicle = [...s.fake.city.nodes.values()].find((n) => n.labels[0] === 'Vehicle')!;
    await s.workspace.add([vehicle]);
    await s.workspace.expand(vehicle.id, { limit: 10 });
    expect(s.chart.getState().cuts.get(vehicle.id)).toMatchObject({ shown: 10 });
    expect(s.chart.getState().cuts.get(vehicle.id)!.total).toBeGreaterThan(30);
  });
  it('collapses and hides, with what is hidden counted', async () => {
    const s = await setup();
    await s.begin();
    const [hit] = (await s.api.search('A-2031', 1)).hits;
    await s.workspace.add([hit!.node]);
    await s.workspace.expand(hit!.node.id);
    s.view.setState({ selection: new Set([hit!.node.id]) });
    await collapse.run(s.desk);
    expect(positions(s).size).toBe(1);
    s.workspace.undo();
    const some = s.chart.getState().chart.nodes.slice(1, 4).map((n) => n.id);
    s.view.setState({ selection: new Set(some) });
    await hide.run(s.desk);
    expect(s.chart.getState().chart.hidden.length).toBe(3);
    expect(s.view.getState().selection.size).toBe(0);
  });
  it('finds a path between two and puts it between them', async () => {
    const s = await setup();
    await s.begin();
    const [a, b] = [...s.fake.city.nodes.values()].filter((n) => n.labels[0] === 'Person').slice(0, 2);
    await s.workspace.add([a!]);
    await s.workspace.add([b!]);
    await s.workspace.path(a!.id, b!.id);
    expect(s.view.getState().notices.some((n) => n.key === 'path.found')).toBe(true);
    expect(s.view.getState().selection.has(a!.id)).toBe(true);
    expect(s.chart.getState().chart.links.length).toBeGreaterThan(0);
  });
  it('keeps a chart of one over a reload', async () => {
    const s = await setup();
    await s.begin();
    const [hit] = (await s.api.search('A-2031', 1)).hits;
    await s.workspace.add([hit!.node]);
    s.workspace.addNote(hit!.node.id, 'ask the garage');
    const again = s.make();
    again.openLocal(s.owner);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(s.chart.getState().chart.nodes.map((n) => n.data.caption)).toEqual(['A-2031']);
    again.openLocal({ ...s.owner, scope: 'A-2032' });
    expect(s.chart.getState().chart.nodes).toEqual([]);
  });
});

describe('export', () => {
  it('writes cells that no spreadsheet runs', () => {
    expect(csvCell('=1+1')).toBe("'=1+1");
    expect(csvCell('-5.2')).toBe('-5.2');
    expect(csvCell('a"b,c')).toBe('"a""b,c"');
  });
});
