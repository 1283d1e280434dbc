// What the page itself can do: palette, sheets, panels, theme, language, purpose, sign-out.
import type { Dialog } from '../model/stores';
import { notifyError } from '../sync/notices';
import type { Action } from './action';

function opens(id: string, dialog: Dialog, keys: string, icon: string): Action {
  return { id, group: 'session', icon, keys, everywhere: true, run: (desk) => desk.view.setState({ dialog }) };
}

export const palette = opens('palette', 'palette', 'Ctrl+K', 'search');
export const shortcuts = opens('shortcuts', 'shortcuts', '?', 'keyboard');
export const purpose = opens('purpose', 'purpose', 'F8', 'purpose');

export const timeline: Action = {
  id: 'timeline',
  group: 'view',
  icon: 'timeline',
  keys: 'Alt+T',
  everywhere: true,
  run: (desk) => desk.view.setState((s) => ({ timelineOpen: !s.timelineOpen })),
};

export const panel: Action = {
  id: 'panel',
  group: 'view',
  icon: 'panel',
  keys: 'Alt+P',
  everywhere: true,
  run: (desk) => desk.view.setState((s) => ({ panelOpen: !s.panelOpen })),
};

export const theme: Action = {
  id: 'theme',
  group: 'session',
  icon: 'theme',
  run: (desk) => desk.view.setState((s) => ({ theme: s.theme === 'light' ? 'dark' : 'light' })),
};

export const language: Action = {
  id: 'language',
  group: 'session',
  icon: 'language',
  run: (desk) => desk.view.setState((s) => ({ language: s.language === 'en' ? 'zh-CN' : 'en' })),
};

export const leaveOperation: Action = {
  id: 'leaveOperation',
  group: 'session',
  enabled: (desk) => desk.chart.getState().live !== null,
  run: (desk) => {
    window.location.hash = '#/chart';
    desk.view.setState({ page: 'chart' });
  },
};

export const signOut: Action = {
  id: 'signOut',
  group: 'session',
  icon: 'signOut',
  run: async (desk) => {
    try {
      await desk.session.signOut();
    } catch (error) {
      notifyError(desk.view, error); // signed out here, but the server did not hear of it
    }
  },
};
