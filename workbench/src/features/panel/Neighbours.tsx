import { useTranslation } from 'react-i18next';
import type { ExpandRequest, NeighbourCount } from '../../api/types';
import { typeText } from '../../model/elements';
import { kindOf } from '../../model/kinds';
import { useErrorText } from '../desk/errors';
import { KindGlyph } from '../desk/KindGlyph';
import { useNeighbours } from '../desk/reads';

type Filter = Omit<ExpandRequest, 'ids'>;

export function Neighbours({ id, onExpand }: { id: string; onExpand(filter: Filter): void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { data, error } = useNeighbours(id);
  if (error) return <p className="pad error-text">{errorText(error)}</p>;
  if (!data) return null;
  const rows = [...data.counts].sort((a, b) => b.count - a.count);
  const filter = (c: NeighbourCount): Filter => ({
    types: [c.type],
    direction: c.direction,
    ...(c.label === null ? {} : { labels: [c.label] }),
  });
  return (
    <section aria-label={t('panel.neighbours')}>
      <h3 className="section">
        {t('panel.neighbours')} <span className="muted">{t('panel.neighboursTotal', { count: data.total })}</span>
      </h3>
      <ul className="panel-list">
        {rows.map((c) => (
          <li key={`${c.type}${c.direction}${c.label ?? ''}`}>
            <button type="button" className="row" title={t('panel.expandThis')} onClick={() => onExpand(filter(c))}>
              <KindGlyph kind={kindOf(c.label ? [c.label] : [])} />
              <span className="ellipsis grow">
                {typeText(c.type)} {c.direction === 'out' ? '→' : '←'} {c.label}
              </span>
              <span className="num">{c.count.toLocaleString()}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
