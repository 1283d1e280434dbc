import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { FormError } from '../../ui/FormError';
import { useDesk, useSession } from '../desk/desk';
import { useErrorText } from '../desk/errors';

export function SignIn() {
  const { t } = useTranslation();
  const desk = useDesk();
  const errorText = useErrorText();
  const expired = useSession((s) => s.expired);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [waiting, setWaiting] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setWaiting(true);
    setError(null);
    try {
      await desk.session.signIn(name, password);
    } catch (caught) {
      setError(errorText(caught));
    } finally {
      setWaiting(false);
    }
  };
  return (
    <main className="gate">
      <form className="card" onSubmit={(e) => void submit(e)}>
        <h1>{t('app.name')}</h1>
        {expired ? <p role="status">{t('signIn.expired')}</p> : null}
        <label className="field">
          <span>{t('signIn.name')}</span>
          <input className="input" name="name" autoComplete="username" autoFocus required value={name} onChange={(e) => setName(e.target.value)} />
        </label>
        <label className="field">
          <span>{t('signIn.password')}</span>
          <input className="input" name="password" type="password" autoComplete="current-password" required value={password} onChange={(e) => setPassword(e.target.value)} />
        </label>
        <FormError text={error} />
        <footer>
          <button type="submit" className="btn primary" disabled={waiting}>
            {t('signIn.submit')}
          </button>
          <span className="grow" />
          <LanguageSwitch />
        </footer>
        <p className="muted">{t('signIn.about')}</p>
      </form>
    </main>
  );
}

function LanguageSwitch() {
  const { t } = useTranslation();
  const desk = useDesk();
  return (
    <button
      type="button"
      className="btn small"
      onClick={() => desk.view.setState((s) => ({ language: s.language === 'en' ? 'zh-CN' : 'en' }))}
    >
      {t('action.language')}
    </button>
  );
}
