// The list of actions, in the order menus and the palette show them.
import type { Action } from './action';
import { clearChart } from './clearChart';
import { clearSelection } from './select/clearSelection';
import { collapse } from './collapse';
import { connect } from './connect';
import { expand } from './expand';
import { exportCsv, exportJson, exportPng } from './exportChart';
import { fit } from './fit';
import { focus } from './focus';
import { goChart, goImports, goMap, goOperations, goQuery, goSplit, goTable } from './go';
import { hide } from './hide';
import { hideOthers } from './hideOthers';
import { invert } from './select/invert';
import { labels } from './labels';
import { layoutForce, layoutGrid, layoutRadial, layoutTime } from './layout';
import { note } from './note';
import { language, leaveOperation, palette, panel, purpose, shortcuts, signOut, theme, timeline } from './page';
import { openAsQuery } from './openAsQuery';
import { path } from './path';
import { pin } from './pin';
import { redo } from './redo';
import { remove } from './remove';
import { selectAll } from './select/selectAll';
import { selectNeighbours } from './select/selectNeighbours';
import { showHidden } from './showHidden';
import { trajectory } from './trajectory';
import { undo } from './undo';
import { zoomIn, zoomOut } from './zoom';

export const allActions: readonly Action[] = [
  expand,
  collapse,
  path,
  connect,
  trajectory,
  openAsQuery,
  note,
  pin,
  hide,
  hideOthers,
  remove,
  showHidden,
  clearChart,
  undo,
  redo,
  selectNeighbours,
  selectAll,
  invert,
  clearSelection,
  focus,
  fit,
  zoomIn,
  zoomOut,
  labels,
  layoutForce,
  layoutGrid,
  layoutRadial,
  layoutTime,
  exportPng,
  exportCsv,
  exportJson,
  goChart,
  goMap,
  goTable,
  goSplit,
  goOperations,
  goQuery,
  goImports,
  palette,
  purpose,
  shortcuts,
  timeline,
  panel,
  theme,
  language,
  leaveOperation,
  signOut,
];

export function actionById(id: string): Action {
  const found = allActions.find((action) => action.id === id);
  if (!found) throw new Error(`no action ${id}`);
  return found;
}
