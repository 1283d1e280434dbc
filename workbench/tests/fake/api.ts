// The HTTP API of server/api/openapi.yaml in memory, for Vitest and for `SKEIN_FAKE=1 npm run dev`. Never shipped.
import type { LinkData, NodeData } from '../../src/model/elements';
import { formatValue } from '../../src/model/values';
import { makeCity, type FakeCity } from './city';

export interface FakeAnswer {
  readonly status: number;
  readonly body: unknown;
}

// What all sessions of one fake server share.
export class FakeWorld {
  operations: Record<string, unknown>[] = [];
}

interface FakeSession {
  person: string;
  purpose: { case: string; basis: string; reason: string } | null;
}

const units = [
  { key: 'east', name: '城东分局 East District' },
  { key: 'river', name: '江河支队 River Unit' },
];
const people: Record<string, { display_name: string; unit: number; roles: string[] }> = {
  lin: { display_name: '林夏', unit: 0, roles: ['investigator', 'supervisor'] },
  gao: { display_name: '高远', unit: 1, roles: ['investigator'] },
};
const basis = '刑事诉讼法 art. 115';

export class FakeApi {
  readonly city: FakeCity = makeCity();
  session: FakeSession | null = null;
  sandbox = false;
  readonly calls: string[] = [];

  constructor(private readonly world = new FakeWorld()) {}


  handle(method: string, url: string, body: unknown): FakeAnswer {
    const { pathname, searchParams } = new URL(url, 'http://fake');
    this.calls.push(`${method} ${pathname}`);
    const parts = pathname.split('/').slice(3);
    if (parts[0] === 'health') return ok({ status: 'ok', sandbox: this.sandbox, version: 'fake' });
    if (parts[0] === 'session') return this.handleSession(method, parts[1], body);
    if (!this.session) return fail(401, 'unauthenticated', 'sign in first');
    switch (parts[0]) {
      case 'cases':
        return ok({
          cases: [
            { number: 'A-2031', title: '摩托车盗窃系列 Motorcycle series', unit: 'east', basis, state: 'open', opened_us: 0 },
            { number: 'A-2032', title: '在逃人员 Fugitive', unit: 'east', basis, state: 'open', opened_us: 0 },
          ],
        });
      case 'units':
        return ok({ units });
      case 'operations':
        return this.handleOperations(method, body);
      case 'imports':
        return ok({ imports: this.imports(), total: 10 });
    }
    if (!this.session.purpose && !this.sandbox) return fail(403, 'purpose_required', 'choose a purpose first');
    return this.handleReads(method, parts, searchParams, body);
  }

  private handleSession(method: string, part: string | undefined, body: unknown): FakeAnswer {
    if (part === 'purpose') {
      if (!this.session) return fail(401, 'unauthenticated', 'sign in first');
      this.session.purpose = method === 'PUT' ? (body as FakeSession['purpose']) : null;
      return ok(this.sessionView());
    }
    if (method === 'DELETE') {
      this.session = null;
      return { status: 204, body: undefined };
    }
    if (method === 'POST') {
      const { name, password } = body as { name: string; password: string };
      if (!people[name] || password !== 'demo') return fail(401, 'bad_credentials', 'name or password is wrong');
      this.session = { person: name, purpose: null };
    }
    if (!this.session) return fail(401, 'unauthenticated', 'sign in first');
    return ok(this.sessionView());
  }

  private sessionView() {
    const name = this.session?.person ?? '';
    const person = people[name];
    return {
      person: { name, display_name: person?.display_name, unit: units[person?.unit ?? 0], roles: person?.roles },
      purpose: this.session?.purpose ?? null,
      sandbox: this.sandbox,
      expires_us: 4_000_000_000_000_000,
    };
  }

  private handleOperations(method: string, body: unknown): FakeAnswer {
    if (method === 'GET') return ok({ operations: this.world.operations });
    const { name, case: number, members } = body as { name: string; case: string; members?: string[] };
    const operation = {
      id: `op-${String(this.world.operations.length + 1).padStart(16, '0')}`,
      name,
      case: number,
      owner_unit: 'east',
      members: units.filter((u) => u.key === 'east' || members?.includes(u.key)),
      state: 'open',
      created_us: 1_772_000_000_000_000,
      created_by: 'lin',
      people: 0,
    };
    this.world.operations = [operation, ...this.world.operations];
    return { status: 201, body: operation };
  }

  private imports() {
    return Array.from({ length: 10 }, (_, i) => ({
      batch: 10 - i,
      source: ['traffic', 'telecom', 'hotel', 'bank'][i % 4],
      file: `department-${i}.csv`,
      mapping: `city/department-${i}.yaml`,
      received_us: 1_772_000_000_000_000 + i * 60_000_000,
      rows: 4_800 + i * 311,
      published: i > 0,
    }));
  }

  private handleReads(method: string, parts: string[], search: URLSearchParams, body: unknown): FakeAnswer {
    switch (parts[0]) {
      case 'live':
        return ok({ ticket: 't', url: `/api/v1/live?ticket=${this.session?.person}`, expires_us: 0 });
      case 'search':
        return this.search(search.get('q') ?? '', Number(search.get('limit') ?? 20));
      case 'elements':
        if (method === 'POST') return ok(this.elements((body as { ids: string[] }).ids));
        if (parts[2] === 'neighbours') return this.neighbours(parts[1] ?? '');
        if (parts[2] === 'trajectory') return this.trajectory(parts[1] ?? '');
        return this.element(parts[1] ?? '');
      case 'expand':
        return this.expand(body as Parameters<FakeApi['expand']>[0]);
      case 'paths':
        return this.paths(body as { from: string; to: string });
      case 'query':
        return this.query(body as { text: string });
      case 'schema':
        return ok(this.schema());
    }
    return fail(404, 'not_found', 'no such thing');
  }

  private search(q: string, limit: number): FakeAnswer {
    const wanted = q.toLowerCase();
    const hits = [...this.city.nodes.values()].flatMap((node) => {
      for (const [key, value] of Object.entries(node.properties)) {
        if (formatValue(value).toLowerCase().includes(wanted)) return [{ node, key, value }];
      }
      return [];
    });
    return ok({ hits: hits.slice(0, limit), truncated: hits.length > limit });
  }

  private elements(ids: string[]) {
    return {
      nodes: ids.flatMap((id) => this.city.nodes.get(id) ?? []),
      links: ids.flatMap((id) => this.city.links.get(id) ?? []),
    };
  }

  private ref(id: string) {
    const node = this.city.nodes.get(id) as NodeData;
    return { id, labels: node.labels, caption: node.caption };
  }

  private element(id: string): FakeAnswer {
    const source = { batch: 3, source: 'traffic', file: 'vehicles.csv', row: 812, received_us: 1_772_000_000_000_000 };
    const policy = { owner_unit: '', compartment: '', handling_code: '' };
    const node = this.city.nodes.get(id);
    const properties = (e: { properties: object }) => Object.entries(e.properties).map(([key, value]) => ({ key, value, source }));
    if (node) return ok({ ...node, kind: 'node', properties: properties(node), policy, source });
    const link = this.city.links.get(id);
    if (!link) return fail(404, 'not_found', 'no such element');
    return ok({ ...link, kind: 'link', from: this.ref(link.from), to: this.ref(link.to), properties: properties(link), policy, source });
  }

  private linksOf(id: string): LinkData[] {
    return [...this.city.links.values()].filter((l) => l.from === id || l.to === id);
  }

  private neighbours(id: string): FakeAnswer {
    const counts = new Map<string, { type: string; direction: string; label: string; count: number; sighting: boolean }>();
    for (const link of this.linksOf(id)) {
      const out = link.from === id;
      const label = this.city.nodes.get(out ? link.to : link.from)?.labels[0] ?? '';
      const key = `${link.type}${out}${label}`;
      const entry = counts.get(key) ?? { type: link.type, direction: out ? 'out' : 'in', label, count: 0, sighting: link.sighting ?? false };
      entry.count += 1;
      counts.set(key, entry);
    }
    const list = [...counts.values()];
    return ok({ id, total: list.reduce((sum, c) => sum + c.count, 0), counts: list });
  }

  private expand(request: { ids: string[]; types?: string[]; labels?: string[]; direction?: string; limit?: number }): FakeAnswer {
    const all = request.ids.flatMap((id) =>
      this.linksOf(id).filter((l) => {
        const out = l.from === id;
        const label = this.city.nodes.get(out ? l.to : l.from)?.labels[0] ?? '';
        if (request.types?.length && !request.types.includes(l.type)) return false;
        if (request.labels?.length && !request.labels.includes(label)) return false;
        return !request.direction || request.direction === 'both' || (request.direction === 'out') === out;
      }),
    );
    const links = [...new Map(all.map((l) => [l.id, l])).values()];
    const shown = links.slice(0, request.limit ?? 500);
    const ids = new Set([...request.ids, ...shown.flatMap((l) => [l.from, l.to])]);
    return ok({
      nodes: this.elements([...ids]).nodes,
      links: shown,
      shown_links: shown.length,
      total_links: links.length,
      total_neighbours: ids.size - request.ids.length,
      total_is_lower_bound: false,
    });
  }

  private paths({ from, to }: { from: string; to: string }): FakeAnswer {
    const previous = new Map<string, LinkData | null>([[from, null]]);
    const queue = [from];
    while (queue.length > 0 && !previous.has(to)) {
      const id = queue.shift() as string;
      for (const link of this.linksOf(id)) {
        const other = link.from === id ? link.to : link.from;
        if (previous.has(other)) continue;
        previous.set(other, link);
        queue.push(other);
      }
    }
    if (!previous.has(to)) return ok({ paths: [], nodes: [], links: [], truncated: false });
    const nodes = [to];
    const links: string[] = [];
    for (let link = previous.get(to); link; link = previous.get(nodes[0] as string)) {
      nodes.unshift(link.to === nodes[0] ? link.from : link.to);
      links.unshift(link.id);
    }
    return ok({ paths: [{ nodes, links }], ...this.elements([...nodes, ...links]), truncated: false });
  }

  private trajectory(id: string): FakeAnswer {
    const sightings = this.linksOf(id)
      .filter((l) => l.sighting)
      .sort((a, b) => (a.valid.from_us ?? 0) - (b.valid.from_us ?? 0))
      .map((l) => {
        const point = this.city.nodes.get(l.to)?.properties['position'] as unknown as { x: number; y: number };
        return {
          link: l.id,
          type: l.type,
          time_us: l.valid.from_us,
          until_us: null,
          sensor: this.ref(l.to),
          position: { lat: point.y, lon: point.x },
          properties: l.properties,
        };
      });
    return ok({ id, sightings, total: sightings.length, truncated: false });
  }

  private query({ text }: { text: string }): FakeAnswer {
    if (!/return/i.test(text)) {
      return { status: 400, body: { error: { code: 'query_error', message: 'RETURN expected', detail: 'UnexpectedSyntax', line: 1, column: 7, caret: `${text}\n      ^` } } };
    }
    const found = [...this.city.nodes.values()].filter((n) => n.labels[0] === 'Person').slice(0, 25);
    return ok({
      columns: ['p', 'p.name', 'p.id_number'],
      rows: found.map((n) => [{ $type: 'node', id: n.id }, n.properties['name'], n.properties['id_number']]),
      elements: { nodes: found, links: [] },
      summary: { type: 'read', rows: found.length, time_us: 1840 },
      truncated: true,
    });
  }

  private schema() {
    const count = (values: string[]) => [...new Set(values)].map((name) => ({ name, count: values.filter((v) => v === name).length }));
    return {
      labels: count([...this.city.nodes.values()].flatMap((n) => [...n.labels])),
      link_types: count([...this.city.links.values()].map((l) => l.type)).map((t) => ({ ...t, sighting: t.name === 'SEEN_AT' })),
      keys: [...new Set([...this.city.nodes.values()].flatMap((n) => Object.keys(n.properties)))],
      functions: ['count', 'collect', 'toUpper', 'shortestPath'],
      procedures: ['algo.degree'],
    };
  }
}

function ok(body: unknown): FakeAnswer {
  return { status: 200, body };
}

function fail(status: number, code: string, message: string): FakeAnswer {
  return { status, body: { error: { code, message } } };
}
