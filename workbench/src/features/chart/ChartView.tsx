// The chart: the renderer, its keyboard and screen-reader mirror, tools, legend and chips.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { actionById } from '../../actions/all';
import { createRenderer, type GraphRenderer, type Modifiers } from '../../canvas/renderer';
import { themes } from '../../ui/palette';
import { notify } from '../../sync/notices';
import { useChart, useDesk, useView, type DeskWithApi } from '../desk/desk';
import { loadPart } from '../desk/loadPart';
import { buildScene } from './buildScene';
import './chart.css';
import { Chips } from './Chips';
import { Legend } from './Legend';
import { Mirror } from './Mirror';
import { Toolbar } from './Toolbar';

export function ChartView() {
  const { t } = useTranslation();
  const desk = useDesk();
  const canvas = useRef<HTMLDivElement>(null);
  const mirror = useRef<HTMLDivElement>(null);
  const [renderer, setRenderer] = useState<GraphRenderer | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const empty = useChart((s) => s.chart.nodes.length === 0 && s.chart.hidden.length === 0);

  useEffect(() => {
    const container = canvas.current;
    if (!container) return undefined;
    let gone = false;
    let made: GraphRenderer | null = null;
    const prefer = new URLSearchParams(window.location.search).get('renderer');
    const wanted = prefer === 'canvas' || prefer === 'webgl' ? prefer : undefined;
    const focusMirror = () => mirror.current?.focus({ preventScroll: true });
    const create = () => createRenderer(container, themes[desk.view.getState().theme], gestures(desk, focusMirror), wanted);
    void loadPart(create).then((r) => {
      if (gone) {
        r.destroy();
        return;
      }
      made = r;
      desk.ports.camera = r;
      desk.ports.focusChart = focusMirror;
      if (r.name === 'canvas' && wanted !== 'canvas') notify(desk.view, 'info', 'chart.canvasFallback');
      r.setScene(buildScene(desk.chart.getState(), desk.view.getState()));
      restoreView(r, desk);
      setRenderer(r);
    }, setFailure);
    return () => {
      gone = true;
      if (made && desk.ports.camera === made) {
        keepView(made, desk);
        desk.ports.camera = null;
        desk.ports.focusChart = null;
      }
      made?.destroy();
      setRenderer(null);
    };
  }, [desk]);

  useScene(renderer);
  useFollowing(renderer);
  if (failure) throw failure; // the boundary around this view says it and offers another try

  return (
    <section className="chart" aria-label={t('chart.label')} data-renderer={renderer?.name ?? ''}>
      <div ref={canvas} className="chart-canvas" aria-hidden="true" />
      <Mirror ref={mirror} />
      <Toolbar />
      <Legend />
      <Chips />
      {empty ? (
        <div className="empty chart-empty">
          <h2>{t('chart.empty')}</h2>
          <p>{t('chart.emptyHelp')}</p>
          <button type="button" className="btn outline" onClick={() => void actionById('palette').run(desk)}>
            {t('chart.emptyFirst')} <kbd>Ctrl+K</kbd>
          </button>
        </div>
      ) : null}
    </section>
  );
}

// Cameras outlive the page change to map or table and back.
const views = new Map<string, { x: number; y: number; zoom: number }>();

function viewKey(desk: DeskWithApi): string {
  return desk.workspace.operationId ?? 'own';
}

function keepView(renderer: GraphRenderer, desk: DeskWithApi): void {
  views.set(viewKey(desk), renderer.view());
}

function restoreView(renderer: GraphRenderer, desk: DeskWithApi): void {
  const kept = views.get(viewKey(desk));
  if (kept) renderer.setView(kept);
  else renderer.fit();
}

function useScene(renderer: GraphRenderer | null): void {
  const desk = useDesk();
  useEffect(() => {
    if (!renderer) return undefined;
    let frame = 0;
    const draw = () => {
      frame = 0;
      renderer.setScene(buildScene(desk.chart.getState(), desk.view.getState()));
    };
    const schedule = () => {
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    const stops = [desk.chart.subscribe(schedule), desk.view.subscribe(schedule)];
    schedule();
    return () => {
      cancelAnimationFrame(frame);
      for (const stop of stops) stop();
    };
  }, [renderer, desk]);

  const theme = useView((s) => s.theme);
  const labels = useView((s) => s.labels);
  useEffect(() => renderer?.setPalette(themes[theme]), [renderer, theme]);
  useEffect(() => renderer?.setLabels(labels), [renderer, labels]);

  const reveal = useView((s) => s.reveal);
  useEffect(() => {
    if (!renderer || !reveal) return;
    renderer.setScene(buildScene(desk.chart.getState(), desk.view.getState()));
    renderer.fit(reveal);
    desk.view.setState({ reveal: null });
  }, [renderer, reveal, desk]);

  // The first entities that arrive (a joint operation's chart, a reload) are brought into view once.
  const loaded = useChart((s) => s.chart.nodes.length > 0);
  const operation = useChart((s) => s.live?.operation ?? 'own');
  useEffect(() => {
    if (renderer && loaded && !views.has(operation)) renderer.fit();
  }, [renderer, loaded, operation]);
}

// Following someone: their selection stays in view.
function useFollowing(renderer: GraphRenderer | null): void {
  const following = useView((s) => s.following);
  const person = useChart((s) => s.live?.people.find((p) => p.connection === following));
  const selection = person?.selection.join(' ') ?? '';
  useEffect(() => {
    if (renderer && selection) renderer.fit(selection.split(' '));
  }, [renderer, selection]);
}

function gestures(desk: DeskWithApi, focusMirror: () => void) {
  const choose = (id: string, { shift, ctrl }: Modifiers) => {
    const selection = new Set(shift || ctrl ? desk.view.getState().selection : []);
    if (shift && selection.has(id)) selection.delete(id);
    else selection.add(id);
    desk.view.setState({ selection, menu: null });
    focusMirror();
  };
  return {
    nodeClick: choose,
    linkClick: choose,
    nodeOpen: (id: string) => {
      desk.view.setState({ selection: new Set([id]), dialog: 'expand', dialogTarget: id, menu: null });
    },
    stageClick: ({ shift, ctrl }: Modifiers) => {
      if (!shift && !ctrl) desk.view.setState({ selection: new Set(), menu: null });
      focusMirror();
    },
    menu: (target: { node?: string; link?: string }, at: { x: number; y: number }) => {
      const id = target.node ?? target.link;
      const { selection } = desk.view.getState();
      desk.view.setState({
        menu: { ...at, on: target.node ? 'node' : target.link ? 'link' : 'stage' },
        selection: id && !selection.has(id) ? new Set([id]) : selection,
      });
    },
    moved: (positions: ReadonlyMap<string, { x: number; y: number }>) => desk.workspace.move(positions, 'action.move'),
    lasso: (ids: readonly string[], { shift, alt }: Modifiers) => {
      const selection = new Set(shift || alt ? desk.view.getState().selection : []);
      for (const id of ids) {
        if (alt) selection.delete(id);
        else selection.add(id);
      }
      desk.view.setState({ selection });
      focusMirror();
    },
  };
}
