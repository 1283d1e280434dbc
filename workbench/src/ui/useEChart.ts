// An ECharts instance in an element: made once, resized with it, gone with it.
import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, BrushComponent, GridComponent, LegendComponent, ToolboxComponent, TooltipComponent } from 'echarts/components';
import { init, use as register, type ECharts } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef, useState, type RefObject } from 'react';

register([BarChart, LineChart, BrushComponent, ToolboxComponent, GridComponent, LegendComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

export function useEChart(): { box: RefObject<HTMLDivElement | null>; chart: ECharts | null } {
  const box = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<ECharts | null>(null);
  useEffect(() => {
    if (!box.current) return undefined;
    const made = init(box.current);
    setChart(made);
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      made.dispose();
      setChart(null);
    };
  }, []);
  return { box, chart };
}
