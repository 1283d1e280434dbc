// A small made-up city for tests and for developing without a server: same shapes as the API's, same ids on
// every run. All of it is invented; numbers are from ranges that cannot be real.
import type { LinkData, NodeData } from '../../src/model/elements';
import type { Properties } from '../../src/model/values';

export interface FakeCity {
  readonly nodes: Map<string, NodeData>;
  readonly links: Map<string, LinkData>;
}

const surnames = ['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴', '徐', '孙'];
const given = ['伟', '芳', '娜', '敏', '静', '强', '磊', '洋', '艳', '勇', '杰', '娟', '涛', '超', '明', '霞'];
const latin = ['Wang', 'Li', 'Zhang', 'Liu', 'Chen', 'Yang', 'Zhao', 'Huang', 'Zhou', 'Wu', 'Xu', 'Sun'];
const latinGiven = ['Wei', 'Fang', 'Na', 'Min', 'Jing', 'Qiang', 'Lei', 'Yang', 'Yan', 'Yong', 'Jie', 'Juan', 'Tao', 'Chao', 'Ming', 'Xia'];

function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function makeCity(seed = 7): FakeCity {
  const random = dice(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const nodes = new Map<string, NodeData>();
  const links = new Map<string, LinkData>();
  const start = Date.UTC(2026, 2, 1) * 1000;
  const valid = { from_us: null, to_us: null };

  const node = (labels: string[], caption: string, properties: Properties): string => {
    const id = `n${nodes.size + 1}`;
    nodes.set(id, { id, labels, caption, properties, valid });
    return id;
  };
  const link = (type: string, from: string, to: string, properties: Properties = {}, sighting = false) => {
    const id = `l${links.size + 1}`;
    const time = start + Math.floor(random() * 30 * 86_400) * 1_000_000;
    links.set(id, { id, type, from, to, sighting, properties, valid: { from_us: time, to_us: sighting ? time : null } });
    return id;
  };

  const persons = Array.from({ length: 60 }, (_, i) => {
    const s = Math.floor(random() * surnames.length);
    const g = Math.floor(random() * given.length);
    return node(['Person'], `${surnames[s]}${given[g]}`, {
      name: `${surnames[s]}${given[g]}`,
      pinyin: `${latin[s]} ${latinGiven[g]}`,
      id_number: `99010119${String(50 + (i % 50))}0101${String(100 + i)}X`,
      born: { $type: 'date', value: `19${50 + (i % 50)}-01-01` },
    });
  });
  const phones = Array.from({ length: 50 }, (_, i) =>
    node(['Phone'], `199000${String(10000 + i * 37)}`, { number: `199000${String(10000 + i * 37)}` }),
  );
  const vehicles = Array.from({ length: 30 }, (_, i) =>
    node(['Vehicle'], `测A·${String(10000 + i * 211).padStart(5, '0')}`, {
      plate: `测A·${String(10000 + i * 211).padStart(5, '0')}`,
      make: pick(['Dongfeng', 'Geely', 'BYD', 'Wuling']),
      colour: pick(['white', 'black', 'silver']),
    }),
  );
  const sensors = Array.from({ length: 40 }, (_, i) =>
    node(['Sensor', 'Place'], `卡口 ${String(i + 1).padStart(3, '0')}`, {
      name: `卡口 ${String(i + 1).padStart(3, '0')}`,
      position: { $type: 'point', srid: 4326, x: 112.9 + random() * 0.2, y: 28.15 + random() * 0.16 },
    }),
  );
  const companies = Array.from({ length: 8 }, (_, i) => node(['Company'], `湘测第${i + 1}商贸`, { name: `湘测第${i + 1}商贸` }));
  const accounts = Array.from({ length: 24 }, (_, i) =>
    node(['Account'], `6299${String(4613937818241074n + BigInt(i))}`, {
      id: { $type: 'integer', value: String(4613937818241074769n + BigInt(i)) },
    }),
  );
  const cases = Array.from({ length: 3 }, (_, i) => node(['Case'], `A-203${i + 1}`, { number: `A-203${i + 1}`, title: '摩托车盗窃系列' }));
  const thefts = Array.from({ length: 22 }, (_, i) =>
    node(['Theft', 'Event'], `盗窃 ${i + 1}`, { number: `T-${i + 1}`, time: { $type: 'localdatetime', value: `2026-03-${String(1 + i).padStart(2, '0')}T02:15:00` } }),
  );

  for (const p of persons) {
    link('USES', p, pick(phones), { since: { $type: 'date', value: '2025-06-01' } });
    if (random() < 0.5) link('OWNS', p, pick(vehicles));
    if (random() < 0.4) link('HOLDS', p, pick(accounts));
    if (random() < 0.2) link('WORKS_AT', p, pick(companies));
  }
  for (let i = 0; i < 300; i += 1) link('CALLS', pick(phones), pick(phones), { seconds: Math.floor(random() * 600) });
  for (let i = 0; i < 12; i += 1) link('CALLS', phones[0] as string, phones[1] as string, { seconds: 30 + i });
  for (let i = 0; i < 80; i += 1) link('TRANSFER', pick(accounts), pick(accounts), { amount: Math.floor(random() * 90_000) });
  for (const v of vehicles) {
    for (let i = 0; i < 40; i += 1) link('SEEN_AT', v, pick(sensors), { speed: Math.floor(random() * 90) }, true);
  }
  for (const t of thefts) {
    link('PART_OF', t, cases[0] as string);
    link('AT', t, pick(sensors));
    if (random() < 0.6) link('SUSPECT_IN', persons[Math.floor(random() * 4)] as string, t);
    link('SUSPECT_IN', persons[0] as string, t);
  }
  return { nodes, links };
}
