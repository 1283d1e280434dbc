// The resizable right column; remembers its width. The separator works with the arrow keys, too.
import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

const key = 'skein.panel.width';
const [widthMin, widthMax] = [240, 560];

function clamp(width: number): number {
  return Math.min(widthMax, Math.max(widthMin, width));
}

export function PanelFrame({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [width, setWidth] = useState(() => clamp(Number(localStorage.getItem(key)) || 300));
  const drag = useRef<{ x: number; width: number } | null>(null);
  const keep = (next: number) => {
    setWidth(clamp(next));
    localStorage.setItem(key, String(clamp(next)));
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowLeft') keep(width + 16);
    else if (event.key === 'ArrowRight') keep(width - 16);
  };
  const onMove = (event: PointerEvent) => {
    if (drag.current) keep(drag.current.width + drag.current.x - event.clientX);
  };
  return (
    <div className="panel-frame" style={{ width }}>
      <div
        className="panel-handle"
        role="separator"
        aria-orientation="vertical"
        aria-label={t('panel.label')}
        aria-valuenow={width}
        aria-valuemin={widthMin}
        aria-valuemax={widthMax}
        tabIndex={0}
        onKeyDown={onKey}
        onPointerDown={(e) => {
          e.currentTarget.setPointerCapture(e.pointerId);
          drag.current = { x: e.clientX, width };
        }}
        onPointerMove={onMove}
        onPointerUp={() => {
          drag.current = null;
        }}
      />
      {children}
    </div>
  );
}
