// The chart's glyph of a kind in lists and panels: the same drawing, so that shapes are learnt once.
import { useEffect, useRef } from 'react';
import { drawGlyph } from '../../canvas/glyphs';
import type { Kind } from '../../model/kinds';
import { themes } from '../../ui/palette';
import { useView } from './desk';

export function KindGlyph({ kind, size = 20 }: { kind: Kind; size?: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useView((s) => s.theme);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!canvas.current || !context) return;
    const ratio = Math.max(2, window.devicePixelRatio || 1);
    canvas.current.width = size * ratio;
    canvas.current.height = size * ratio;
    const half = (size * ratio) / 2;
    drawGlyph(context, kind, half, half, half * 0.92, themes[theme]);
  }, [kind, size, theme]);
  return <canvas ref={canvas} style={{ width: size, height: size, flex: 'none' }} aria-hidden="true" />;
}
