// Asks the layout worker and waits at most 20 s. One worker for the page; requests are answered in order.
import type { LayoutRequest, Placed } from '../model/placement';

const deadlineMs = 20_000;

interface Waiting {
  resolve(placed: Placed[]): void;
  reject(error: Error): void;
}

let worker: Worker | null = null;
let nextId = 1;
const waiting = new Map<number, Waiting>();

function start(): Worker {
  const fresh = new Worker(new URL('./layoutWorker.ts', import.meta.url), { type: 'module' });
  fresh.onmessage = (event: MessageEvent<{ id: number; placed?: Placed[]; error?: string }>) => {
    const { id, placed, error } = event.data;
    const entry = waiting.get(id);
    waiting.delete(id);
    if (placed) entry?.resolve(placed);
    else entry?.reject(new Error(error ?? 'layout failed'));
  };
  fresh.onerror = () => failAll('the layout worker stopped');
  return fresh;
}

function failAll(message: string): void {
  worker?.terminate();
  worker = null;
  for (const entry of waiting.values()) entry.reject(new Error(message));
  waiting.clear();
}

export function requestLayout(request: LayoutRequest): Promise<Placed[]> {
  worker ??= start();
  const id = nextId;
  nextId += 1;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      if (waiting.has(id)) failAll(`layout took longer than ${deadlineMs / 1000} s and was stopped`);
    }, deadlineMs);
    waiting.set(id, {
      resolve: (placed) => {
        clearTimeout(timer);
        resolve(placed);
      },
      reject: (error) => {
        clearTimeout(timer);
        reject(error);
      },
    });
    worker?.postMessage({ id, request });
  });
}
