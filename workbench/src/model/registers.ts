// The chart as a map from (element, property) to a value with its place in the server's order
// (docs/protocol/live.md, "What is edited"). A chart of one's own uses the same map, ordered locally.

export type RegisterValue = null | boolean | string | { readonly x: number; readonly y: number };

export interface Entry {
  readonly value: RegisterValue;
  readonly seq: number;
  readonly person: string;
  readonly unit: string;
  readonly time_us: number;
}

export type Registers = ReadonlyMap<string, Readonly<Record<string, Entry>>>;

export interface Edit {
  readonly element: string;
  readonly property: string;
  readonly value: RegisterValue;
}

export interface EntryAt extends Entry {
  readonly element: string;
  readonly property: string;
}

export function registerKey(edit: { element: string; property: string }): string {
  return `${edit.element}\u0000${edit.property}`;
}

export function entryOf(registers: Registers, element: string, property: string): Entry | undefined {
  return registers.get(element)?.[property];
}

export function valueOf(registers: Registers, element: string, property: string): RegisterValue {
  return registers.get(element)?.[property]?.value ?? null;
}

// Sets entries in a map the caller owns. A null value takes the property away; the last one, the element.
export function setEntry(map: Map<string, Readonly<Record<string, Entry>>>, entry: EntryAt): void {
  const { element, property, ...rest } = entry;
  const before = map.get(element) ?? {};
  if (rest.value !== null) {
    map.set(element, { ...before, [property]: rest });
    return;
  }
  if (!(property in before)) return;
  const after = Object.fromEntries(Object.entries(before).filter(([key]) => key !== property));
  if (Object.keys(after).length === 0) map.delete(element);
  else map.set(element, after);
}

export function sameValue(a: RegisterValue, b: RegisterValue): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return false;
  return a.x === b.x && a.y === b.y;
}

// R16: texts are refused when they were written over something the writer had not seen.
export function isTextProperty(property: string): boolean {
  return property === 'text' || property === 'comment';
}

export interface Note {
  readonly element: string; // `note:<key>@n17`
  readonly on: string; // `n17`, empty for a free note
  readonly text: string;
  readonly person: string;
  readonly unit: string;
  readonly time_us: number;
  readonly seq: number;
}

export function noteElement(key: string, on: string): string {
  return on ? `note:${key}@${on}` : `note:${key}`;
}

// Notes that are not deleted, oldest first.
export function notesOf(registers: Registers, on?: string): Note[] {
  const notes: Note[] = [];
  for (const [element, properties] of registers) {
    if (!element.startsWith('note:')) continue;
    const target = element.split('@')[1] ?? '';
    const text = properties['text'];
    if ((on !== undefined && target !== on) || !text || properties['shown']?.value !== true) continue;
    notes.push({ element, on: target, text: String(text.value), person: text.person, unit: text.unit, time_us: text.time_us, seq: text.seq });
  }
  return notes.sort((a, b) => a.time_us - b.time_us || a.element.localeCompare(b.element));
}
