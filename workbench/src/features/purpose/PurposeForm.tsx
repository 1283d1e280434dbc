// Case, legal basis and reason. As a gate before anything is readable, and as a dialog to change it.
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { FormError } from '../../ui/FormError';
import { useDesk, useSession } from '../desk/desk';
import { useErrorText } from '../desk/errors';

export function PurposeForm({ onDone, onCancel }: { onDone(): void; onCancel?: (() => void) | undefined }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const errorText = useErrorText();
  const present = useSession((s) => s.session?.purpose ?? null);
  const cases = useQuery({ queryKey: ['cases'], queryFn: ({ signal }) => desk.api.cases({ signal }) });
  const [number, setNumber] = useState(present?.case ?? '');
  const [basis, setBasis] = useState(present?.basis ?? '');
  const [reason, setReason] = useState(present?.reason ?? '');
  const [error, setError] = useState<string | null>(null);
  const list = cases.data?.cases ?? [];
  const open = list.filter((c) => c.state === 'open');

  const choose = (value: string) => {
    setNumber(value);
    const proposed = list.find((c) => c.number === value)?.basis;
    if (proposed) setBasis(proposed);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setError(null);
    try {
      await desk.session.setPurpose({ case: number, basis, reason });
      onDone();
    } catch (caught) {
      desk.session.noticed(caught);
      setError(errorText(caught));
    }
  };
  return (
    <form className="purpose-form" onSubmit={(e) => void submit(e)}>
      <label className="field">
        <span>{t('purpose.case')}</span>
        <select className="input" name="case" required value={number} onChange={(e) => choose(e.target.value)}>
          <option value="">{t('purpose.casePlaceholder')}</option>
          {list.map((c) => (
            <option key={c.number} value={c.number} disabled={c.state === 'closed'}>
              {c.number} · {c.title}
              {c.state === 'closed' ? ` (${t('purpose.closed')})` : ''}
            </option>
          ))}
        </select>
      </label>
      {cases.isSuccess && open.length === 0 ? <p role="status">{t('purpose.noCases')}</p> : null}
      <label className="field">
        <span>{t('purpose.basis')}</span>
        <input className="input" name="basis" required maxLength={256} value={basis} onChange={(e) => setBasis(e.target.value)} />
      </label>
      <label className="field">
        <span>{t('purpose.reason')}</span>
        <textarea className="input" name="reason" required rows={3} maxLength={1024} placeholder={t('purpose.reasonPlaceholder')} value={reason} onChange={(e) => setReason(e.target.value)} />
      </label>
      <FormError text={error ?? (cases.error ? errorText(cases.error) : null)} />
      <footer>
        <button type="submit" className="btn primary" disabled={!number || !basis.trim() || !reason.trim()}>
          {t('purpose.submit')}
        </button>
        {onCancel ? (
          <button type="button" className="btn" onClick={onCancel}>
            {t('expand.close')}
          </button>
        ) : null}
      </footer>
    </form>
  );
}
