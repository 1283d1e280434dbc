// Always on top, never scrolls away: for which case, on what basis and why this person reads.
import { useTranslation } from 'react-i18next';
import { actionById } from '../../actions/all';
import { Icon } from '../../ui/icons';
import { useDesk, useSession, useView } from '../desk/desk';

export function PurposeBar() {
  const { t } = useTranslation();
  const desk = useDesk();
  const session = useSession((s) => s.session);
  const theme = useView((s) => s.theme);
  if (!session) return null;
  const { purpose, sandbox, person } = session;
  return (
    <header className={`purpose-bar${sandbox && !purpose ? ' sandbox' : ''}`} aria-label={t('purpose.bar')}>
      <span className="brand">{t('app.name')}</span>
      {purpose ? (
        <button
          type="button"
          className="purpose-button"
          title={t('purpose.change')}
          onClick={() => desk.view.setState({ dialog: 'purpose' })}
        >
          <Icon name="purpose" />
          <b>{purpose.case}</b>
          <span className="ellipsis">{purpose.basis}</span>
          <span className="ellipsis muted">{purpose.reason}</span>
          <Icon name="pencil" size={14} />
        </button>
      ) : null}
      {sandbox ? (
        <span className="ellipsis">
          <Icon name="flask" size={14} /> {t('purpose.sandbox')}
        </span>
      ) : null}
      <span className="grow" />
      <span className="ellipsis muted">
        {person.unit.name} · <b>{person.display_name}</b>
      </span>
      <button type="button" className="btn small" onClick={() => void actionById('language').run(desk)} aria-label={t('action.language')}>
        <Icon name="language" />
        {desk.view.getState().language === 'en' ? '中文' : 'EN'}
      </button>
      <button
        type="button"
        className="btn small icon"
        aria-pressed={theme === 'dark'}
        aria-label={t('action.theme')}
        title={t('action.theme')}
        onClick={() => void actionById('theme').run(desk)}
      >
        <Icon name="theme" />
      </button>
      {sandbox ? null : (
        <button type="button" className="btn small icon" aria-label={t('action.signOut')} title={t('action.signOut')} onClick={() => void actionById('signOut').run(desk)}>
          <Icon name="signOut" />
        </button>
      )}
    </header>
  );
}
