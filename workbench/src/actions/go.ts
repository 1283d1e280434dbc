// One action per page of the rail.
import type { Page } from '../model/stores';
import type { Action } from './action';

function goTo(page: Page, keys: string): Action {
  return {
    id: `go.${page}`,
    group: 'go',
    icon: page,
    keys,
    everywhere: true,
    run: (desk) => desk.view.setState({ page, dialog: null }),
  };
}

export const goChart = goTo('chart', 'Alt+1');
export const goMap = goTo('map', 'Alt+2');
export const goTable = goTo('table', 'Alt+3');
export const goSplit = goTo('split', 'Alt+4');
export const goOperations = goTo('operations', 'Alt+5');
export const goQuery = goTo('query', 'Alt+6');
export const goImports = goTo('imports', 'Alt+7');
