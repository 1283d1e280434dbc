// Runs layout() off the main thread. A module worker of our own: blob: workers are silently dead under a strict
// content policy.
import type { LayoutRequest } from '../model/placement';
import { layout } from './layout';

self.onmessage = (event: MessageEvent<{ id: number; request: LayoutRequest }>) => {
  const { id, request } = event.data;
  try {
    self.postMessage({ id, placed: layout(request) });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
};
