// The address says what is on screen: `#/map`, `#/op/<id>/chart`. Back and forward return to it exactly.
import type { Page } from '../../model/stores';

const pages: readonly Page[] = ['chart', 'map', 'table', 'split', 'operations', 'query', 'imports'];

export interface Route {
  readonly operation: string | null;
  readonly page: Page;
}

export function parseRoute(hash: string): Route {
  const parts = hash.replace(/^#\/?/, '').split('/');
  let operation: string | null = null;
  if (parts[0] === 'op' && /^op-[0-9a-f]{16}$/.test(parts[1] ?? '')) {
    operation = parts[1] ?? null;
    parts.splice(0, 2);
  }
  const page = pages.find((p) => p === parts[0]) ?? 'chart';
  return { operation, page };
}

export function routeText(route: Route): string {
  return route.operation ? `#/op/${route.operation}/${route.page}` : `#/${route.page}`;
}
