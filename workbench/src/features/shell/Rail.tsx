import { useTranslation } from 'react-i18next';
import type { Page } from '../../model/stores';
import { ActionButton } from '../desk/ActionButton';
import { useChart, useView } from '../desk/desk';

const pages: readonly Page[] = ['chart', 'map', 'split', 'table', 'operations', 'query', 'imports'];

export function Rail() {
  const { t } = useTranslation();
  const page = useView((s) => s.page);
  const live = useChart((s) => s.live !== null);
  return (
    <nav className="rail" aria-label={t('nav.label')}>
      {pages.map((p) => (
        <ActionButton key={p} id={`go.${p}`} size={20} aria-current={p === page ? 'page' : undefined} aria-description={p === 'operations' && live ? t('operations.yours') : undefined} />
      ))}
      <span className="spacer" />
      <ActionButton id="shortcuts" size={20} />
    </nav>
  );
}
