// The chart of one person: the same registers as a room's, ordered and kept in the browser. Kept per person and
// case, so that a reload or another day's sign-in finds it as it was left.
import { setEntry, type Edit, type EntryAt, type Registers } from '../model/registers';

export interface KeyValue {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export class LocalChart {
  private registers: Registers = new Map();
  private seq = 0;

  constructor(
    private readonly storage: KeyValue,
    private readonly key: string,
    private readonly me: { person: string; unit: string },
    private readonly nowUs: () => number,
  ) {
    try {
      const kept = JSON.parse(storage.getItem(key) ?? '[]') as EntryAt[];
      const map = new Map();
      for (const entry of kept) {
        setEntry(map, entry);
        this.seq = Math.max(this.seq, entry.seq);
      }
      this.registers = map;
    } catch {
      storage.removeItem(key); // unreadable: an older format
    }
  }

  view(): Registers {
    return this.registers;
  }

  edit(edits: readonly Edit[]): void {
    const map = new Map(this.registers);
    for (const edit of edits) {
      this.seq += 1;
      setEntry(map, { ...edit, seq: this.seq, person: this.me.person, unit: this.me.unit, time_us: this.nowUs() });
    }
    this.registers = map;
    this.save();
  }

  private save(): void {
    const entries: EntryAt[] = [];
    for (const [element, properties] of this.registers) {
      for (const [property, entry] of Object.entries(properties)) entries.push({ element, property, ...entry });
    }
    try {
      this.storage.setItem(this.key, JSON.stringify(entries));
    } catch {
      // The browser's storage is full: the chart stays usable, only a reload would lose it.
    }
  }
}
