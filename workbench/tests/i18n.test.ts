// Both languages have the same keys and parameters, and every key the source names exists.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allActions } from '../src/actions/all';
import { kinds } from '../src/model/kinds';
import { en } from '../src/ui/locales/en';
import { zhCN } from '../src/ui/locales/zhCN';

type Tree = { readonly [key: string]: string | Tree };

function flat(tree: Tree, prefix = ''): Map<string, string> {
  const out = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') out.set(prefix + key, value);
    else for (const [k, v] of flat(value, `${prefix}${key}.`)) out.set(k, v);
  }
  return out;
}

const english = flat(en);
const chinese = flat(zhCN);
const parameters = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();
const has = (key: string) => english.has(key);

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) => {
    const path = join(folder, e.name);
    if (e.isDirectory()) return sources(path);
    return /\.tsx?$/.test(e.name) && !/\.test\.tsx?$/.test(e.name) ? [path] : [];
  });
}

describe('texts', () => {
  it('have the same keys in both languages', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
  });
  it('have the same parameters in both languages', () => {
    for (const [key, text] of english) expect(parameters(chinese.get(key) ?? ''), key).toEqual(parameters(text));
  });
  it('are not empty, and Chinese texts are Chinese', () => {
    const latin = new Set(['app.name', 'query.runHint', 'error.other', 'notes.by', 'nav.signedInAs', 'panel.sourceRow', 'shortcuts.mouseLassoKeys', 'action.language']);
    for (const [key, text] of chinese) {
      expect(text.trim(), key).not.toBe('');
      if (!latin.has(key)) expect(/[\u4e00-\u9fff]/.test(text), `${key}: ${text}`).toBe(true);
    }
  });
  it('exist for every key the source names', () => {
    for (const file of sources(join(import.meta.dirname, '../src'))) {
      const text = readFileSync(file, 'utf8');
      for (const [, key] of text.matchAll(/\bt\('([a-zA-Z]+(?:\.[a-zA-Z_]+)+)'/g)) expect(has(key!), `${file}: ${key}`).toBe(true);
      for (const [, key] of text.matchAll(/notify\([^'`]*'(?:info|warn|error)', '([\w.]+)'/g)) expect(has(key!), `${file}: ${key}`).toBe(true);
      for (const [, key] of text.matchAll(/busy\([^'`]*'([\w.]+)'/g)) expect(has(key!), `${file}: ${key}`).toBe(true);
      for (const [, key] of text.matchAll(/\.step\(\s*'([\w.]+)'/g)) expect(has(key!), `${file}: ${key}`).toBe(true);
    }
  });
  it('exist for every action, group and kind', () => {
    for (const a of allActions) expect(has(`action.${a.id}`) && has(`group.${a.group}`), a.id).toBe(true);
    for (const kind of kinds) expect(has(`kind.${kind}`)).toBe(true);
  });
});
