// Puts the parts together: stores, API, workspace, theme and texts. The only file that knows all layers.
import { createTheme, MantineProvider, type MantineColorsTuple } from '@mantine/core';
import '@mantine/core/styles/default-css-variables.css';
import '@mantine/core/styles/global.css';
import '@mantine/core/styles/ScrollArea.css';
import '@mantine/core/styles/UnstyledButton.css';
import '@mantine/core/styles/CloseButton.css';
import '@mantine/core/styles/Overlay.css';
import '@mantine/core/styles/Paper.css';
import '@mantine/core/styles/ModalBase.css';
import '@mantine/core/styles/Modal.css';
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import '@fontsource-variable/noto-sans-sc';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { useStore } from 'zustand';
import { ApiError, createApi } from './api/client';
import { openSocket } from './api/liveSocket';
import { requestLayout } from './canvas/layoutClient';
import { App } from './features/shell/App';
import { DeskProvider, type DeskWithApi } from './features/desk/desk';
import type { Ports } from './model/ports';
import { createChartStore, createViewStore } from './model/stores';
import { createSession } from './sync/session';
import { Workspace } from './sync/workspace';
import { preferredLanguage, startI18n } from './ui/i18n';
import './ui/tokens.css';

const language = preferredLanguage(localStorage.getItem('skein.language'));
const i18n = startI18n(language);
const kept = localStorage.getItem('skein.theme');
const dark = kept ? kept === 'dark' : window.matchMedia('(prefers-color-scheme: dark)').matches;

const api = createApi();
const chart = createChartStore();
const view = createViewStore({
  language,
  theme: dark ? 'dark' : 'light',
  queryText: sessionStorage.getItem('skein.query') ?? '',
});
const schedule = (run: () => void, ms: number) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};
const session = createSession(api, schedule);
const ports: Ports = {
  camera: null,
  focusChart: null,
  layout: requestLayout,
  translate: (key, params) => i18n.t(key, params ?? {}),
  saveFile: (name, content) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  },
};

function newId(): string {
  return crypto.randomUUID();
}

const workspace = new Workspace({
  api,
  open: openSocket,
  chart,
  view,
  ports,
  localStorage,
  sessionStorage,
  schedule,
  random: Math.random,
  nowUs: () => Date.now() * 1000,
  newId,
  onError: (error) => session.noticed(error),
});

window.addEventListener('offline', () => workspace.connectionLost());
window.addEventListener('online', () => workspace.retryNow());

const queries = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => session.noticed(error) }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // A refusal stays a refusal; only a lost connection is worth another try.
      retry: (count, error) => count < 1 && error instanceof ApiError && error.code === 'offline',
    },
  },
});

// What one person or purpose could read must not be shown to the next.
session.store.subscribe((state, before) => {
  const key = (s: typeof state) => `${s.session?.person.name}|${JSON.stringify(s.session?.purpose)}`;
  if (key(state) !== key(before)) queries.clear();
  // The server is back: what failed meanwhile is asked again.
  if (state.reachable && !before.reachable) {
    void queries.refetchQueries({ predicate: (query) => query.state.status === 'error' });
    view.setState((s) => ({ notices: s.notices.filter((n) => n.key !== 'error.offline') }));
    workspace.refresh();
    workspace.retryNow();
  }
});
view.subscribe((state) => {
  localStorage.setItem('skein.language', state.language);
  localStorage.setItem('skein.theme', state.theme);
  sessionStorage.setItem('skein.query', state.queryText);
});

const desk: DeskWithApi = { api, chart, view, session, workspace, ports };
void session.load();

// One accent in ten steps for the kit's few components.
const accent: MantineColorsTuple = [
  '#e4edf8', '#c9dbf1', '#a3c1e6', '#7ba5da', '#578bce', '#3a74c1', '#1a5fb4', '#154e95', '#103d75', '#0b2c56',
];
const theme = createTheme({
  colors: { accent },
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 4 },
  autoContrast: true,
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  defaultRadius: 4,
  components: { Modal: { defaultProps: { transitionProps: { duration: 0 }, centered: true, shadow: 'none', padding: 16 } } },
});

function Root() {
  const scheme = useStore(view, (s) => s.theme);
  return (
    <MantineProvider theme={theme} forceColorScheme={scheme}>
      <QueryClientProvider client={queries}>
        <DeskProvider desk={desk}>
          <App />
        </DeskProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}

const root = document.getElementById('root');
if (!root) throw new Error('no root element');
createRoot(root).render(
  <StrictMode>
    <Root />
  </StrictMode>,
);
