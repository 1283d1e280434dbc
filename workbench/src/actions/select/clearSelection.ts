import type { Action } from '../action';

// Escape also stops following someone.
export const clearSelection: Action = {
  id: 'clearSelection',
  group: 'select',
  keys: 'Escape',
  run: (desk) => desk.view.setState({ selection: new Set(), following: null, focus: false }),
};
