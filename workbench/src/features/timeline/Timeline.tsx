// Histogram of the chart's events with a brush: one time window for chart, map and table. The two time fields do
// the same for the keyboard.
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TimeWindow } from '../../model/stores';
import { Icon } from '../../ui/icons';
import { themes } from '../../ui/palette';
import { useEChart } from '../../ui/useEChart';
import { useChart, useDesk, useView } from '../desk/desk';
import { useTrajectories } from '../desk/reads';
import { dateTimeText } from '../desk/times';
import { binsOf, eventsOf, spanOf, type Bins } from './events';
import './timeline.css';

const playMs = 600;

export function Timeline() {
  const { t } = useTranslation();
  const desk = useDesk();
  const chart = useChart((s) => s.chart);
  const selection = useView((s) => s.selection);
  const window = useView((s) => s.window);
  const trajectories = useTrajectories();
  const events = useMemo(() => eventsOf(chart, selection, trajectories), [chart, selection, trajectories]);
  const [whole, setWhole] = useState(false);
  const span = useMemo(() => (whole ? null : spanOf(events)), [whole, events]);
  const bins = useMemo(() => binsOf(events, span), [events, span]);
  const inside = window ? events.filter((e) => e.ms >= window.from && e.ms <= window.to).length : events.length;
  const set = (next: TimeWindow | null) => desk.view.setState({ window: next });
  return (
    <section className="timeline" aria-label={t('timeline.label')}>
      <header>
        <h2>{t('timeline.label')}</h2>
        <span className="muted ellipsis timeline-about">
          {bins === null
            ? t('timeline.empty')
            : window
              ? t('timeline.count', { inside: inside.toLocaleString(), total: events.length.toLocaleString() })
              : `${t('timeline.all', { total: events.length.toLocaleString() })}. ${t('timeline.hint')}`}
        </span>
        <span className="grow" />
        {spanOf(events) ? (
          <button type="button" className="btn small" aria-pressed={!whole} onClick={() => setWhole(!whole)}>
            {t('timeline.ofSelection')}
          </button>
        ) : null}
        <span className="timeline-key">
          <i className="selected" /> {t('timeline.selected')} <i /> {t('timeline.others')}
        </span>
        {bins ? <WindowFields bins={bins} window={window} onChange={set} /> : null}
        <Player bins={bins} window={window} onChange={set} />
        <button type="button" className="btn small icon" disabled={!window} aria-label={t('timeline.clear')} title={t('timeline.clear')} onClick={() => set(null)}>
          <Icon name="close" size={14} />
        </button>
      </header>
      {bins ? <Histogram bins={bins} window={window} onChange={set} /> : <p className="timeline-none muted">{t('timeline.emptyHelp')}</p>}
    </section>
  );
}

function endOf(bins: Bins): number {
  return bins.from + bins.selected.length * bins.step;
}

function WindowFields(props: { bins: Bins; window: TimeWindow | null; onChange(w: TimeWindow): void }) {
  const { t } = useTranslation();
  const { bins, window, onChange } = props;
  const from = window?.from ?? bins.from;
  const to = window?.to ?? endOf(bins);
  return (
    <>
      <TimeField label={t('timeline.from')} ms={from} onChange={(ms) => ms < to && onChange({ from: ms, to })} />
      <span aria-hidden="true">–</span>
      <TimeField label={t('timeline.to')} ms={to} onChange={(ms) => ms > from && onChange({ from, to: ms })} />
      <span className="muted">UTC</span>
    </>
  );
}

// Text as everywhere else, `2026-03-02 16:30`: the browser's own field follows its locale, not the page's.
function TimeField({ label, ms, onChange }: { label: string; ms: number; onChange(ms: number): void }) {
  const [draft, setDraft] = useState<string | null>(null);
  const read = (text: string) => Date.parse(`${text.trim().replace(' ', 'T')}${text.trim().length > 10 ? '' : 'T00:00'}Z`);
  const wrong = draft !== null && Number.isNaN(read(draft));
  const keep = () => {
    if (draft !== null && !wrong) onChange(read(draft));
    setDraft(null);
  };
  return (
    <input
      className="input time mono"
      aria-label={label}
      aria-invalid={wrong}
      value={draft ?? dateTimeText(ms)}
      onChange={(e) => setDraft(e.target.value)}
      onBlur={keep}
      onKeyDown={(e) => {
        if (e.key === 'Enter') keep();
        else if (e.key === 'Escape') setDraft(null);
      }}
    />
  );
}

// Moves the window through time, a tenth of its width at a step.
function Player(props: { bins: Bins | null; window: TimeWindow | null; onChange(w: TimeWindow): void }) {
  const { t } = useTranslation();
  const [playing, setPlaying] = useState(false);
  const { bins, window, onChange } = props;
  useEffect(() => {
    if (!playing || !bins) return undefined;
    const timer = setTimeout(() => {
      const width = window ? window.to - window.from : Math.max(bins.step, (endOf(bins) - bins.from) / 12);
      const from = window ? window.from + width / 4 : bins.from;
      if (from + width > endOf(bins)) setPlaying(false);
      else onChange({ from, to: from + width });
    }, playMs);
    return () => clearTimeout(timer);
  }, [playing, bins, window, onChange]);
  const name = t(playing ? 'timeline.pause' : 'timeline.play');
  return (
    <button type="button" className="btn small icon" disabled={!bins} aria-label={name} aria-pressed={playing} title={name} onClick={() => setPlaying(!playing)}>
      <Icon name={playing ? 'pause' : 'play'} size={14} />
    </button>
  );
}

function Histogram(props: { bins: Bins; window: TimeWindow | null; onChange(w: TimeWindow | null): void }) {
  const { t } = useTranslation();
  const { box, chart } = useEChart();
  const theme = useView((s) => s.theme);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    chart?.on('brushEnd', (event) => {
      const range = (event as { areas?: { coordRange?: [number, number] }[] }).areas?.[0]?.coordRange;
      const { bins, onChange } = latest.current;
      if (range) onChange({ from: bins.from + range[0] * bins.step, to: bins.from + (range[1] + 1) * bins.step - 1 });
    });
  }, [chart]);

  const { bins } = props;
  useEffect(() => {
    const c = themes[theme];
    chart?.setOption({
      animation: false,
      aria: { enabled: true, label: { description: t('timeline.chart', { from: dateTimeText(bins.from), to: dateTimeText(endOf(bins)) }) } },
      grid: { left: 36, right: 12, top: 6, bottom: 20 },
      xAxis: {
        type: 'category',
        data: bins.selected.map((_, i) => axisText(bins.from + i * bins.step, bins.step)),
        axisLine: { lineStyle: { color: c.link } },
        axisTick: { show: false },
        axisLabel: { color: c.muted, fontSize: 11, hideOverlap: true },
      },
      yAxis: { type: 'value', minInterval: 1, splitNumber: 2, axisLabel: { color: c.muted, fontSize: 11 }, splitLine: { lineStyle: { color: c.link, opacity: 0.25 } } },
      brush: { xAxisIndex: 0, brushType: 'lineX', brushMode: 'single', removeOnClick: false, brushStyle: { color: c.accent, opacity: 0.14, borderColor: c.accent, borderWidth: 1 }, outOfBrush: { colorAlpha: 0.35 }, transformable: true },
      toolbox: { show: false },
      series: [
        { type: 'bar', stack: 'n', data: [...bins.selected], itemStyle: { color: c.accent }, barCategoryGap: '12%' },
        { type: 'bar', stack: 'n', data: [...bins.others], itemStyle: { color: c.link } },
      ],
    });
    chart?.dispatchAction({ type: 'takeGlobalCursor', key: 'brush', brushOption: { brushType: 'lineX', brushMode: 'single' } });
  }, [chart, bins, theme, t]);

  const { window } = props;
  useEffect(() => {
    const areas = window
      ? [{ brushType: 'lineX', xAxisIndex: 0, coordRange: [clamp(window.from, bins), clamp(window.to, bins)] }]
      : [];
    chart?.dispatchAction({ type: 'brush', areas });
  }, [chart, window, bins]);

  return <div ref={box} className="timeline-chart" role="img" aria-label={t('timeline.chart', { from: dateTimeText(bins.from), to: dateTimeText(endOf(bins)) })} />;
}

function clamp(ms: number, bins: Bins): number {
  return Math.min(bins.selected.length - 1, Math.max(0, Math.floor((ms - bins.from) / bins.step)));
}

function axisText(ms: number, step: number): string {
  const text = dateTimeText(ms);
  if (step < 86_400_000) return text.slice(5);
  return step < 28 * 86_400_000 ? text.slice(0, 10) : text.slice(0, 7);
}
