// Rows as a chart: bars per name, lines per time.
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Series } from '../../model/series';
import { themes } from '../../ui/palette';
import { useEChart } from '../../ui/useEChart';
import { useView } from '../desk/desk';

const hues = ['person', 'event', 'phone', 'organisation'] as const;

export function ResultChart({ series }: { series: Series }) {
  const { t } = useTranslation();
  const { box, chart } = useEChart();
  const theme = useView((s) => s.theme);
  useEffect(() => {
    const c = themes[theme];
    chart?.setOption(
      {
        animation: false,
        tooltip: { trigger: 'axis', confine: true, backgroundColor: c.background, borderColor: c.link, textStyle: { color: c.text, fontSize: 12 } },
        legend: series.lines.length > 1 ? { top: 0, textStyle: { color: c.text } } : undefined,
        grid: { left: 12, right: 16, top: series.lines.length > 1 ? 32 : 12, bottom: 8, containLabel: true },
        xAxis: {
          type: 'category',
          data: [...series.points],
          axisLine: { lineStyle: { color: c.link } },
          axisTick: { show: false },
          axisLabel: { color: c.muted, fontSize: 11, hideOverlap: true, width: 120, overflow: 'truncate' },
        },
        yAxis: { type: 'value', axisLabel: { color: c.muted, fontSize: 11 }, splitLine: { lineStyle: { color: c.link, opacity: 0.25 } } },
        series: series.lines.map((line, i) => ({
          type: series.time ? 'line' : 'bar',
          name: line.name,
          data: [...line.values],
          barMaxWidth: 48,
          showSymbol: series.points.length < 60,
          itemStyle: { color: c.kinds[hues[i % hues.length] ?? 'person'] },
        })),
      },
      { notMerge: true },
    );
  }, [chart, series, theme]);
  const names = series.lines.map((line) => line.name).join(', ');
  return (
    <>
      {series.cut > 0 ? <p className="muted">{t('query.chartCut', { shown: series.points.length, left: series.cut })}</p> : null}
      <div ref={box} className="result-chart" role="img" aria-label={t('query.chartOf', { names, axis: series.axis })} />
    </>
  );
}
