// Joint operations of the own unit: open one, start one, see who takes part.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Operation } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { FormError } from '../../ui/FormError';
import { Icon } from '../../ui/icons';
import { useChart, useDesk, useSession } from '../desk/desk';
import { useErrorText } from '../desk/errors';
import { usText } from '../desk/times';
import './operations.css';

export function OperationsPage() {
  const { t } = useTranslation();
  const desk = useDesk();
  const errorText = useErrorText();
  const [creating, setCreating] = useState(false);
  const list = useQuery({
    queryKey: ['operations'],
    queryFn: ({ signal }) => desk.api.operations({ signal }),
    refetchInterval: 10_000,
    staleTime: 0,
  });
  const operations = list.data?.operations ?? [];
  return (
    <section className="page" aria-label={t('operations.label')}>
      <header>
        <h1>{t('operations.label')}</h1>
        <p className="muted grow">{t('operations.help')}</p>
        <button type="button" className="btn primary" onClick={() => setCreating(true)}>
          {t('operations.new')}
        </button>
      </header>
      {list.error ? <p className="error-text">{errorText(list.error)}</p> : null}
      {list.isSuccess && operations.length === 0 ? (
        <div className="empty">
          <h2>{t('operations.none')}</h2>
          <p>{t('operations.noneHelp')}</p>
        </div>
      ) : null}
      <ul className="operations">
        {operations.map((o) => (
          <OperationCard key={o.id} operation={o} />
        ))}
      </ul>
      <Dialog opened={creating} onClose={() => setCreating(false)} title={t('operations.new')}>
        {creating ? <NewOperation onDone={() => setCreating(false)} /> : null}
      </Dialog>
    </section>
  );
}

function OperationCard({ operation }: { operation: Operation }) {
  const { t } = useTranslation();
  const here = useChart((s) => s.live?.operation === operation.id);
  return (
    <li className="operation">
      <Icon name="operations" size={20} />
      <div className="grow">
        <h2>
          {operation.name} <span className="muted">{operation.case}</span>
        </h2>
        <p className="muted">
          {operation.members.map((m) => m.name).join(' · ')} · {t('operations.since', { when: usText(operation.created_us), person: operation.created_by })}
        </p>
      </div>
      <span className="muted">{operation.state === 'closed' ? t('operations.closed') : t('operations.people', { count: operation.people })}</span>
      {here ? <span className="chip">{t('operations.yours')}</span> : null}
      <a className="btn outline" href={`#/op/${operation.id}/chart`}>
        {t('operations.open')}
      </a>
    </li>
  );
}

function NewOperation({ onDone }: { onDone(): void }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const session = useSession((s) => s.session);
  const cases = useQuery({ queryKey: ['cases'], queryFn: ({ signal }) => desk.api.cases({ signal }) });
  const [name, setName] = useState('');
  const [number, setNumber] = useState(session?.purpose?.case ?? '');
  const [members, setMembers] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<string | null>(null);
  const flip = (key: string) => {
    const next = new Set(members);
    if (!next.delete(key)) next.add(key);
    setMembers(next);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const operation = await desk.api.createOperation({ name: name.trim(), case: number, members: [...members] });
      await queries.invalidateQueries({ queryKey: ['operations'] });
      onDone();
      window.location.hash = `#/op/${operation.id}/chart`;
    } catch (caught) {
      desk.session.noticed(caught);
      setError(errorText(caught));
    }
  };
  return (
    <form className="purpose-form" onSubmit={(e) => void submit(e)}>
      <label className="field">
        <span>{t('operations.name')}</span>
        <input className="input" name="operation-name" required maxLength={256} autoFocus value={name} onChange={(e) => setName(e.target.value)} />
      </label>
      <label className="field">
        <span>{t('operations.case')}</span>
        {cases.data?.cases.length === 0 ? (
          <input className="input" name="operation-case" required value={number} onChange={(e) => setNumber(e.target.value)} />
        ) : (
        <select className="input" name="operation-case" required value={number} onChange={(e) => setNumber(e.target.value)}>
          <option value="">{t('purpose.casePlaceholder')}</option>
          {(cases.data?.cases ?? [])
            .filter((c) => c.state === 'open')
            .map((c) => (
              <option key={c.number} value={c.number}>
                {c.number} · {c.title}
              </option>
            ))}
        </select>
        )}
      </label>
      <UnitChoice members={members} onFlip={flip} />
      <FormError text={error} />
      <footer>
        <button type="submit" className="btn primary" disabled={!name.trim() || !number}>
          {t('operations.create')}
        </button>
        <button type="button" className="btn" onClick={onDone}>
          {t('expand.close')}
        </button>
      </footer>
    </form>
  );
}

function UnitChoice({ members, onFlip }: { members: ReadonlySet<string>; onFlip(key: string): void }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const own = useSession((s) => s.session?.person.unit.key);
  const units = useQuery({ queryKey: ['units'], queryFn: ({ signal }) => desk.api.units({ signal }) });
  const others = (units.data?.units ?? []).filter((u) => u.key !== own);
  return (
    <fieldset className="units">
      <legend>{t('operations.members')}</legend>
      <p className="muted">{t('operations.membersHelp')}</p>
      {others.map((u) => (
        <label key={u.key}>
          <input type="checkbox" checked={members.has(u.key)} onChange={() => onFlip(u.key)} /> {u.name}
        </label>
      ))}
    </fieldset>
  );
}
