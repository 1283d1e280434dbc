import { useTranslation } from 'react-i18next';
import { actionById } from '../../actions/all';
import type { Page } from '../../model/stores';
import { Icon } from '../../ui/icons';
import { useChart, useDesk, useView } from '../desk/desk';

const pages: readonly Page[] = ['chart', 'map', 'split', 'table', 'operations', 'query', 'imports'];

export function Rail() {
  const { t } = useTranslation();
  const desk = useDesk();
  const page = useView((s) => s.page);
  const live = useChart((s) => s.live !== null);
  const button = (id: string, current: boolean) => {
    const action = actionById(id);
    const name = t(`action.${id}`);
    return (
      <button
        key={id}
        type="button"
        className="btn icon"
        aria-label={name}
        aria-current={current ? 'page' : undefined}
        title={action.keys ? `${name} (${action.keys})` : name}
        onClick={() => void action.run(desk)}
      >
        <Icon name={action.icon ?? ''} size={20} />
        {id === 'go.operations' && live ? <span className="sr-only">{t('operations.yours')}</span> : null}
      </button>
    );
  };
  return (
    <nav className="rail" aria-label={t('nav.label')}>
      {pages.map((p) => button(`go.${p}`, p === page))}
      <span className="spacer" />
      {button('shortcuts', false)}
    </nav>
  );
}
