import { useTranslation } from 'react-i18next';
import { actionById } from '../../actions/all';
import { useDesk, useSession } from '../desk/desk';
import './purpose.css';
import { PurposeForm } from './PurposeForm';

export function PurposeGate() {
  const { t } = useTranslation();
  const desk = useDesk();
  const person = useSession((s) => s.session?.person);
  return (
    <main className="gate">
      <section className="card wide">
        <h1>{t('purpose.title')}</h1>
        <p className="muted">{t('purpose.intro')}</p>
        <PurposeForm onDone={() => undefined} />
        <p className="muted gate-line">
          <span className="grow">{person ? t('nav.signedInAs', { name: person.display_name, unit: person.unit.name }) : ''}</span>
          <button type="button" className="btn small" onClick={() => void actionById('language').run(desk)}>
            {t('action.language')}
          </button>
          <button type="button" className="btn small" onClick={() => void actionById('signOut').run(desk)}>
            {t('action.signOut')}
          </button>
        </p>
      </section>
    </main>
  );
}
