// A user action as data. Menus, the palette, the toolbar and the shortcut sheet are all derived from the list in
// all.ts; a new action is its file and a line there (and its name in both languages).
import type { Ports } from '../model/ports';
import { selectedNodes, type ChartStore, type ViewStore } from '../model/stores';
import type { SessionService } from '../sync/session';
import type { Workspace } from '../sync/workspace';

export interface Desk {
  readonly chart: ChartStore;
  readonly view: ViewStore;
  readonly session: SessionService;
  readonly workspace: Workspace;
  readonly ports: Ports;
}

export type MenuPlace = 'node' | 'link' | 'stage';
export type ActionGroup = 'open' | 'edit' | 'select' | 'layout' | 'view' | 'export' | 'go' | 'session';

export interface Action {
  readonly id: string; // its name is i18n `action.<id>`
  readonly group: ActionGroup;
  readonly icon?: string; // a name of ui/icons.tsx
  readonly keys?: string; // `E`, `Shift+E`, `Ctrl+Z`; Ctrl means Cmd on a Mac
  // Single letters act only while the chart has the focus (WCAG 2.1.4); the rest everywhere.
  readonly everywhere?: boolean;
  readonly menus?: readonly MenuPlace[];
  enabled?(desk: Desk): boolean;
  run(desk: Desk): void | Promise<void>;
}

export function selected(desk: Desk): string[] {
  return selectedNodes(desk.view.getState(), desk.chart.getState().chart);
}

export function only(desk: Desk): string | undefined {
  const ids = selected(desk);
  return ids.length === 1 ? ids[0] : undefined;
}

export function hasSelection(desk: Desk): boolean {
  return selected(desk).length > 0;
}

export function hasChart(desk: Desk): boolean {
  return desk.chart.getState().chart.nodes.length > 0;
}
