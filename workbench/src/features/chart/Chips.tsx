// What is not on screen is said on screen: hidden entities, cut expansions, elements one may not see.
import { useTranslation } from 'react-i18next';
import { actionById } from '../../actions/all';
import { useChart, useDesk } from '../desk/desk';

export function Chips() {
  const { t } = useTranslation();
  const desk = useDesk();
  const hidden = useChart((s) => s.chart.hidden.length);
  const unknown = useChart((s) => s.chart.unknown.length);
  const cuts = useChart((s) => s.cuts);
  const byId = useChart((s) => s.chart.byId);
  return (
    <div className="chips">
      {hidden > 0 ? (
        <button type="button" className="chip" onClick={() => void actionById('showHidden').run(desk)}>
          {t('chart.hiddenChip', { count: hidden })}
        </button>
      ) : null}
      {[...cuts].map(([id, cut]) => {
        const node = byId.get(id);
        if (!node) return null;
        const params = { shown: cut.shown.toLocaleString(), total: cut.total.toLocaleString(), name: node.data.caption };
        return (
          <span key={id} className="chip">
            {t(cut.lowerBound ? 'chart.cutChipMore' : 'chart.cutChip', params)}
          </span>
        );
      })}
      {unknown > 0 ? <span className="chip muted">{t('chart.notLoaded', { count: unknown })}</span> : null}
    </div>
  );
}
