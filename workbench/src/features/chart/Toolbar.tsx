import { useTranslation } from 'react-i18next';
import { actionById } from '../../actions/all';
import { Icon } from '../../ui/icons';
import { useChart, useDesk, useView } from '../desk/desk';

const groups = [
  ['undo', 'redo'],
  ['expand', 'collapse', 'path', 'connect'],
  ['pin', 'hide', 'focus', 'note'],
  ['layout.force', 'layout.grid', 'layout.radial', 'layout.time'],
  ['fit', 'zoomIn', 'zoomOut', 'exportPng'],
];

export function Toolbar() {
  const { t } = useTranslation();
  const desk = useDesk();
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
            const action = actionById(id);
            const step = id === 'undo' ? undoLabel : id === 'redo' ? redoLabel : null;
            const name = step ? t(`history.${id}`, { step: t(step) }) : t(`action.${id}`);
            return (
              <button
                key={id}
                type="button"
                className="btn icon"
                aria-label={name}
                aria-pressed={id === 'focus' ? focus : undefined}
                title={action.keys ? `${name} (${action.keys})` : name}
                disabled={!(action.enabled?.(desk) ?? true)}
                onClick={() => void action.run(desk)}
              >
                <Icon name={action.icon ?? ''} />
              </button>
            );
          })}
        </div>
      ))}
    </div>
  );
}
