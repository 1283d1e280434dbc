// Folder rules of the workbench (the arrows of style.md): who may import whom, and who may touch the network.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../src');
const allowed: Record<string, readonly string[]> = {
  model: [],
  api: ['model'],
  sync: ['api', 'model'],
  canvas: ['model'],
  ui: ['model'],
  actions: ['api', 'model', 'sync'],
  features: ['api', 'model', 'sync', 'canvas', 'actions', 'ui'],
};
// Packages that only one folder may know.
const packages: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^react(-dom)?($|\/)|^react-i18next$|^@mantine\//, ['features', 'ui']],
  [/^(sigma|graphology|cytoscape|d3-force)($|\/)|^@sigma\//, ['canvas']],
  [/^maplibre-gl/, ['features']],
  [/^@tanstack\/react-query$/, ['features']],
];

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) => {
    const path = join(folder, e.name);
    if (e.isDirectory()) return files(path);
    return /\.tsx?$/.test(e.name) && !/\.test\.tsx?$/.test(e.name) ? [path] : [];
  });
}

const imports = (text: string) => [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((m) => m[1]!);
const all = files(root);

describe('imports', () => {
  for (const file of all) {
    const path = relative(root, file);
    const folder = path.split('/')[0]!;
    if (!path.includes('/')) continue; // main.tsx knows all
    it(path, () => {
      for (const target of imports(readFileSync(file, 'utf8'))) {
        if (!target.startsWith('.')) {
          for (const [pattern, folders] of packages) {
            if (pattern.test(target)) expect(folders, `${path} imports ${target}`).toContain(folder);
          }
          continue;
        }
        const other = relative(root, normalize(join(dirname(file), target)));
        const home = other.split('/')[0]!;
        if (home !== folder) expect(allowed[folder] ?? [], `${path} imports ${other}`).toContain(home);
        // Features know the desk; only the shell knows the others.
        if (home === 'features' && folder === 'features') {
          const [mine, theirs] = [path.split('/')[1], other.split('/')[1]];
          expect(mine === theirs || theirs === 'desk' || mine === 'shell', `${path} imports ${other}`).toBe(true);
        }
      }
    });
  }
});

describe('origin', () => {
  it('no source names another origin', () => {
    for (const file of all) {
      const text = readFileSync(file, 'utf8');
      for (const match of text.matchAll(/(?:https?|wss?):\/\/[^\s'"`)]+/g)) {
        expect(match[0], relative(root, file)).toMatch(/^http:\/\/www\.w3\.org\//);
      }
    }
  });
  it('only src/api opens connections', () => {
    for (const file of all) {
      const path = relative(root, file);
      if (path.startsWith('api/')) continue;
      const text = readFileSync(file, 'utf8').replace(/\/\/.*$/gm, '');
      expect(/(?<![\w.])fetch\(|new WebSocket\b|new EventSource\b|XMLHttpRequest|sendBeacon/.test(text), path).toBe(false);
    }
  });
});
