// The one window: gates first, then purpose bar, rail, search, stage, panel, timeline and status.
import { Suspense, useEffect, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { actionFor } from '../../actions/keys';
import { notify } from '../../sync/notices';
import { ChartView } from '../chart/ChartView';
import { ContextMenu } from '../chart/ContextMenu';
import { ExpandDialog } from '../chart/ExpandDialog';
import { useChart, useDesk, useSession, useView, type DeskWithApi } from '../desk/desk';
import { useErrorText } from '../desk/errors';
import { Panel } from '../panel/Panel';
import { PurposeDialog } from '../purpose/PurposeDialog';
import { PurposeGate } from '../purpose/PurposeGate';
import { SearchBox } from '../search/SearchBox';
import { Shortcuts } from '../shortcuts/Shortcuts';
import { SignIn } from '../sign-in/SignIn';
import { FailureBoundary } from './FailureBoundary';
import { Notices } from './Notices';
import { PanelFrame } from './PanelFrame';
import { timeline, views, type Part } from './parts';
import { PurposeBar } from './PurposeBar';
import { Rail } from './Rail';
import { parseRoute, routeText } from './router';
import './shell.css';
import { StatusBar } from './StatusBar';

// Each view waits and fails on its own: a map that cannot start must not take the chart away.
function View({ part, children }: { part?: Part; children?: ReactNode }) {
  const { t } = useTranslation();
  const { session } = useDesk();
  const reachable = useSession((s) => s.reachable);
  const words = { title: t('app.viewFailed'), retry: t('app.retry'), text: useErrorText() };
  return (
    <FailureBoundary words={words} reachable={reachable} onCaught={session.noticed} onRetry={() => part?.again()}>
      <Suspense fallback={<p className="empty">{t('app.loading')}</p>}>{part ? <Show part={part} /> : children}</Suspense>
    </FailureBoundary>
  );
}

function Show({ part }: { part: Part }) {
  const Shown = part.view;
  return <Shown />;
}

export function App() {
  const { t, i18n } = useTranslation();
  const desk = useDesk();
  const gate = useSession((s) => s.gate);
  const language = useView((s) => s.language);
  useEffect(() => {
    void i18n.changeLanguage(language);
    document.documentElement.lang = language;
  }, [i18n, language]);

  if (gate === 'loading') return <main className="gate muted">{t('app.loading')}</main>;
  if (gate === 'unreachable') {
    return (
      <main className="gate">
        <section className="card">
          <h1>{t('app.unreachable')}</h1>
          <p>{t('app.unreachableHelp')}</p>
          <button type="button" className="btn primary" onClick={() => void desk.session.load()}>
            {t('app.retry')}
          </button>
        </section>
      </main>
    );
  }
  if (gate === 'signed_out') return <SignIn />;
  if (gate === 'purpose') return <PurposeGate />;
  return <Workbench />;
}

function Workbench() {
  const { t } = useTranslation();
  useRoute();
  useKeys();
  usePresence();
  const page = useView((s) => s.page);
  const timelineOpen = useView((s) => s.timelineOpen);
  const panelOpen = useView((s) => s.panelOpen);
  const charting = page === 'chart' || page === 'map' || page === 'table' || page === 'split';
  return (
    <div className="app">
      <a className="btn outline skip" href="#chart-mirror" onClick={(e) => focusMirror(e)}>
        {t('app.skipToChart')}
      </a>
      <PurposeBar />
      <div className="body">
        <Rail />
        <main className="centre">
          <div className="topline">
            <SearchBox />
            <OperationName />
          </div>
          <div className={`stage${page === 'split' ? ' split' : ''}`}>
            {page === 'chart' || page === 'split' ? (
              <View key="chart">
                <ChartView />
              </View>
            ) : null}
            {page === 'chart' ? null : <View key={page === 'split' ? 'map' : page} part={views[page === 'split' ? 'map' : page]} />}
            <Notices />
          </div>
          {charting && timelineOpen ? (
            <View part={timeline} />
          ) : (
            <span />
          )}
        </main>
        {charting && panelOpen ? (
          <PanelFrame>
            <Panel />
          </PanelFrame>
        ) : null}
      </div>
      <StatusBar />
      <ContextMenu />
      <ExpandDialog />
      <PurposeDialog />
      <Shortcuts />
    </div>
  );
}

function focusMirror(event: React.MouseEvent) {
  event.preventDefault();
  document.getElementById('chart-mirror')?.focus();
}

function OperationName() {
  const { t } = useTranslation();
  const live = useChart((s) => s.live);
  if (!live) return null;
  return (
    <span className="operation-name">
      <b className="ellipsis">{live.name}</b>
      <button type="button" className="btn small outline" onClick={() => (window.location.hash = '#/chart')}>
        {t('operations.leave')}
      </button>
    </span>
  );
}

function open(desk: DeskWithApi, operation: string | null): void {
  const session = desk.session.store.getState().session;
  if (!session) return;
  const owner = {
    person: session.person.name,
    unit: session.person.unit.key,
    scope: session.purpose?.case ?? 'sandbox',
  };
  if (operation) desk.workspace.openOperation(owner, operation, '');
  else desk.workspace.openLocal(owner);
}

// Address → what is open, and page → address. One source at a time, so that they never chase each other.
function useRoute(): void {
  const desk = useDesk();
  const scope = useSession((s) => `${s.session?.person.name}|${s.session?.purpose?.case ?? ''}`);
  useEffect(() => {
    let operation: string | null | undefined;
    const follow = () => {
      const route = parseRoute(window.location.hash);
      const changed = route.operation !== operation;
      operation = route.operation; // first: setting the page writes the address
      desk.view.setState({ page: route.page });
      if (changed) open(desk, operation);
    };
    follow();
    window.addEventListener('hashchange', follow);
    const stop = desk.view.subscribe((state, before) => {
      if (state.page === before.page) return;
      const text = routeText({ operation: operation ?? null, page: state.page });
      if (text !== window.location.hash) window.location.hash = text;
    });
    return () => {
      window.removeEventListener('hashchange', follow);
      stop();
      desk.workspace.close();
    };
  }, [desk, scope]);
}

function useKeys(): void {
  const desk = useDesk();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const target = event.target as HTMLElement;
      const typing = target.matches('input, textarea, select, [contenteditable="true"]');
      const chartFocused = target.hasAttribute('data-chart-focus') || target === document.body;
      if (desk.view.getState().dialog && !(event.ctrlKey || event.altKey)) return;
      const action = actionFor(event, { chartFocused, typing });
      if (!action || !(action.enabled?.(desk) ?? true)) return;
      event.preventDefault();
      void Promise.resolve(action.run(desk)).catch((error: unknown) =>
        notify(desk.view, 'error', 'error.unexpected', { message: String(error) }),
      );
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [desk]);
}

function usePresence(): void {
  const desk = useDesk();
  const selection = useView((s) => s.selection);
  const status = useChart((s) => s.live?.status);
  useEffect(() => {
    const ids = [...selection].filter((id) => /^[nl]\d+$/.test(id));
    desk.workspace.setPresence(ids, null);
  }, [desk, selection, status]);
}
