import { useTranslation } from 'react-i18next';
import { ActionButton } from '../desk/ActionButton';
import { useChart, useView } from '../desk/desk';

const groups = [
  ['undo', 'redo'],
  ['expand', 'collapse', 'path', 'connect'],
  ['pin', 'hide', 'focus', 'note'],
  ['layout.force', 'layout.grid', 'layout.radial', 'layout.time'],
  ['fit', 'zoomIn', 'zoomOut', 'exportPng'],
];

export function Toolbar() {
  const { t } = useTranslation();
  // Renders again whenever an action may have become possible or impossible.
  useChart((s) => s.chart);
  const undoLabel = useChart((s) => s.undoLabel);
  const redoLabel = useChart((s) => s.redoLabel);
  useView((s) => s.selection);
  const focus = useView((s) => s.focus);
  return (
    <div className="toolbar" role="toolbar" aria-label={t('chart.toolbar')} aria-orientation="vertical">
      {groups.map((ids) => (
        <div key={ids[0]} className="toolbar-group">
          {ids.map((id) => {
            const step = id === 'undo' ? undoLabel : id === 'redo' ? redoLabel : null;
            const name = step ? t(`history.${id}`, { step: t(step) }) : undefined;
            return <ActionButton key={id} id={id} name={name} aria-pressed={id === 'focus' ? focus : undefined} />;
          })}
        </div>
      ))}
    </div>
  );
}
