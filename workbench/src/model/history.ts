// Undo and redo of everything a person did to the chart, in named steps. Undo touches only what is still as the
// step left it: a later edit by someone else stays.
import { sameValue, valueOf, type Edit, type Registers } from './registers';

export interface Step {
  readonly label: string; // i18n key of the action
  readonly edits: readonly Edit[];
  readonly inverse: readonly Edit[];
}

export interface Compensation {
  readonly label: string;
  readonly edits: readonly Edit[];
  readonly kept: number; // edits left alone because someone changed them since
}

const stepsMax = 200;

export class History {
  private done: Step[] = [];
  private undone: Step[] = [];

  // `before` is the view the edits were made on.
  record(label: string, edits: readonly Edit[], before: Registers): void {
    const inverse = edits.map((e) => ({ ...e, value: valueOf(before, e.element, e.property) }));
    const step = { label, edits, inverse: inverse.reverse() };
    if (step.edits.every((e) => sameValue(e.value, valueOf(before, e.element, e.property)))) return;
    this.done.push(step);
    if (this.done.length > stepsMax) this.done.shift();
    this.undone = [];
  }

  undo(now: Registers): Compensation | undefined {
    const step = this.done.pop();
    if (!step) return undefined;
    this.undone.push(step);
    return compensate(step.label, step.edits, step.inverse, now);
  }

  redo(now: Registers): Compensation | undefined {
    const step = this.undone.pop();
    if (!step) return undefined;
    this.done.push(step);
    return compensate(step.label, step.inverse, step.edits, now);
  }

  get undoLabel(): string | null {
    return this.done.at(-1)?.label ?? null;
  }

  get redoLabel(): string | null {
    return this.undone.at(-1)?.label ?? null;
  }

  clear(): void {
    this.done = [];
    this.undone = [];
  }
}

function compensate(
  label: string,
  from: readonly Edit[],
  to: readonly Edit[],
  now: Registers,
): Compensation {
  const left = new Map<string, Edit['value']>();
  for (const e of from) left.set(`${e.element}\u0000${e.property}`, e.value);
  const edits = to.filter((e) => {
    const mine = left.get(`${e.element}\u0000${e.property}`);
    return mine !== undefined && sameValue(mine, valueOf(now, e.element, e.property));
  });
  return { label, edits, kept: to.length - edits.length };
}
