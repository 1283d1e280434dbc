// What sort of thing an entity is, as people see it. Labels come from each store's schema and differ in
// spelling and language; the kind decides shape, icon and hue, so that one sort always looks the same.

export const kinds = [
  'person',
  'vehicle',
  'phone',
  'device',
  'account',
  'place',
  'organisation',
  'case',
  'event',
  'document',
  'loan',
  'object',
] as const;

export type Kind = (typeof kinds)[number];

const byLabel: Record<string, Kind> = {
  person: 'person',
  suspect: 'person',
  人员: 'person',
  vehicle: 'vehicle',
  car: 'vehicle',
  motorcycle: 'vehicle',
  ebike: 'vehicle',
  plate: 'vehicle',
  车辆: 'vehicle',
  phone: 'phone',
  sim: 'phone',
  simcard: 'phone',
  number: 'phone',
  subscriber: 'phone',
  电话: 'phone',
  device: 'device',
  handset: 'device',
  medium: 'device',
  mac: 'device',
  wifiadapter: 'device',
  tag: 'device',
  account: 'account',
  bankaccount: 'account',
  wallet: 'account',
  place: 'place',
  location: 'place',
  address: 'place',
  sensor: 'place',
  camera: 'place',
  checkpoint: 'place',
  hotel: 'place',
  tower: 'place',
  accesspoint: 'place',
  tagstation: 'place',
  basestation: 'place',
  cell: 'place',
  station: 'place',
  site: 'place',
  shop: 'place',
  gate: 'place',
  district: 'place',
  organisation: 'organisation',
  organization: 'organisation',
  company: 'organisation',
  unit: 'organisation',
  case: 'case',
  assistance: 'case',
  incident: 'event',
  event: 'event',
  theft: 'event',
  report: 'event',
  crash: 'event',
  stay: 'event',
  trip: 'event',
  document: 'document',
  idcard: 'document',
  identity: 'document',
  passport: 'document',
  loan: 'loan',
  object: 'object',
};

// The first label that is known decides; otherwise a label that contains a known word (`MobilePhone`).
export function kindOf(labels: readonly string[]): Kind {
  for (const label of labels) {
    const known = byLabel[label.toLowerCase()];
    if (known) return known;
  }
  for (const label of labels) {
    const low = label.toLowerCase();
    for (const [word, kind] of Object.entries(byLabel)) {
      if (word.length > 3 && low.includes(word)) return kind;
    }
  }
  return 'object';
}
