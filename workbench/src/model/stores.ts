// What the views share, as plain stores (no React): one chart, one selection, one time window.
import { createStore } from 'zustand/vanilla';
import { emptyChart, type Chart } from './chart';
import type { LinkData, NodeData } from './elements';
import type { Kind } from './kinds';
import type { Registers } from './registers';

export interface Participant {
  readonly connection: string;
  readonly person: string;
  readonly name: string;
  readonly unit: string;
  readonly colour: string;
  readonly selection: readonly string[];
  readonly editing: string | null;
  readonly cursor: { readonly x: number; readonly y: number } | null;
}

export interface LiveInfo {
  readonly operation: string;
  readonly name: string;
  readonly closed: boolean;
  readonly status: 'connecting' | 'live' | 'offline' | 'ended';
  readonly reason: string; // why it ended
  readonly people: readonly Participant[];
  readonly pending: number;
}

export interface Cut {
  readonly shown: number;
  readonly total: number;
  readonly lowerBound: boolean;
}

export interface ChartState {
  readonly registers: Registers;
  readonly nodes: ReadonlyMap<string, NodeData>;
  readonly links: ReadonlyMap<string, LinkData>;
  readonly chart: Chart;
  readonly unconfirmed: ReadonlySet<string>;
  readonly births: ReadonlyMap<string, { readonly x: number; readonly y: number }>; // where new nodes grow out of
  readonly cuts: ReadonlyMap<string, Cut>; // by expanded entity: shown of total links
  readonly undoLabel: string | null;
  readonly redoLabel: string | null;
  readonly live: LiveInfo | null;
}

export const initialChart: ChartState = {
  registers: new Map(),
  nodes: new Map(),
  links: new Map(),
  chart: emptyChart,
  unconfirmed: new Set(),
  births: new Map(),
  cuts: new Map(),
  undoLabel: null,
  redoLabel: null,
  live: null,
};

export interface TimeWindow {
  readonly from: number; // ms
  readonly to: number;
}

export type Page = 'chart' | 'map' | 'table' | 'split' | 'operations' | 'query' | 'imports';
export type Dialog = 'palette' | 'shortcuts' | 'expand' | 'purpose' | 'note' | 'newOperation' | null;

export interface Notice {
  readonly id: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly key: string; // i18n
  readonly params: Readonly<Record<string, string | number>>;
}

interface Busy {
  readonly id: number;
  readonly key: string; // i18n: what is being done
  readonly since: number;
  cancel(): void;
}

export interface ViewState {
  readonly page: Page;
  readonly dialog: Dialog;
  readonly dialogTarget: string | null;
  readonly menu: { readonly x: number; readonly y: number; readonly on: 'node' | 'link' | 'stage' } | null;
  readonly selection: ReadonlySet<string>; // node ids and bundle ids
  readonly reveal: readonly string[] | null; // to be brought into view, as soon as there is a chart on screen
  readonly window: TimeWindow | null;
  readonly fadedKinds: ReadonlySet<Kind>;
  readonly hiddenKinds: ReadonlySet<Kind>;
  readonly focus: boolean; // fade what is not next to the selection
  readonly labels: boolean;
  readonly timelineOpen: boolean;
  readonly panelOpen: boolean;
  readonly theme: 'light' | 'dark';
  readonly language: 'en' | 'zh-CN';
  readonly following: string | null; // connection
  readonly queryText: string;
  readonly notices: readonly Notice[];
  readonly busy: readonly Busy[];
}

const initialView: ViewState = {
  page: 'chart',
  dialog: null,
  dialogTarget: null,
  menu: null,
  selection: new Set(),
  reveal: null,
  window: null,
  fadedKinds: new Set(),
  hiddenKinds: new Set(),
  focus: false,
  labels: true,
  timelineOpen: true,
  panelOpen: true,
  theme: 'light',
  language: 'en',
  following: null,
  queryText: '',
  notices: [],
  busy: [],
};

export function createChartStore() {
  return createStore<ChartState>(() => initialChart);
}

export function createViewStore(initial: Partial<ViewState> = {}) {
  return createStore<ViewState>(() => ({ ...initialView, ...initial }));
}

export type ChartStore = ReturnType<typeof createChartStore>;
export type ViewStore = ReturnType<typeof createViewStore>;

export function selectedNodes(view: ViewState, chart: Chart): string[] {
  return [...view.selection].filter((id) => chart.byId.has(id));
}
