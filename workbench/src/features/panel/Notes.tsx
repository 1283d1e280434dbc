// Notes on one entity. In a joint operation they are edits like any other: ordered by the server, refused when
// someone wrote over the same text first.
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notesOf, type Note } from '../../model/registers';
import { useChart, useDesk, useView } from '../desk/desk';
import { useNames } from '../desk/reads';
import { isUnset, usText } from '../desk/times';

const textMax = 4_000;

export function Notes({ on }: { on: string }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const registers = useChart((s) => s.registers);
  const shared = useChart((s) => s.live !== null);
  const notes = useMemo(() => notesOf(registers, on), [registers, on]);
  const [text, setText] = useState('');
  const box = useRef<HTMLTextAreaElement>(null);
  const wanted = useView((s) => s.dialog === 'note' && s.dialogTarget === on);
  useEffect(() => {
    if (!wanted) return;
    box.current?.focus();
    desk.view.setState({ dialog: null, dialogTarget: null });
  }, [wanted, desk]);
  const save = () => {
    if (!text.trim()) return;
    desk.workspace.addNote(on, text.trim());
    setText('');
  };
  return (
    <section aria-label={t('notes.title')}>
      <h3 className="section">{t('notes.title')}</h3>
      {notes.length === 0 ? <p className="pad muted">{t('notes.empty')}</p> : null}
      {notes.map((note) => (
        <NoteCard key={note.element} note={note} />
      ))}
      <div className="note-new">
        <textarea
          ref={box}
          className="input"
          rows={2}
          maxLength={textMax}
          aria-label={t('notes.add')}
          placeholder={t('notes.placeholder')}
          value={text}
          onChange={(e) => setText(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === 'Enter' && e.ctrlKey) save();
          }}
        />
        <button type="button" className="btn outline small" disabled={!text.trim()} onClick={save}>
          {t('notes.save')}
        </button>
      </div>
      {shared ? null : <p className="pad muted small-text">{t('notes.yours')}</p>}
    </section>
  );
}

function NoteCard({ note }: { note: Note }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const names = useNames();
  const waiting = useChart((s) => s.unconfirmed.has(note.element));
  const [draft, setDraft] = useState<string | null>(null);
  const save = () => {
    if (draft?.trim()) desk.workspace.changeNote(note.element, draft.trim());
    setDraft(null);
  };
  return (
    <article className={`note${waiting ? ' waiting' : ''}`}>
      {draft === null ? (
        <p>{note.text}</p>
      ) : (
        <textarea className="input" rows={3} maxLength={textMax} aria-label={t('notes.edit')} value={draft} onChange={(e) => setDraft(e.target.value)} />
      )}
      <footer>
        <span className="muted grow">
          {t('notes.by', { person: names.person(note.person), when: isUnset(note.time_us) ? t('notes.now') : usText(note.time_us) })}
          {waiting ? ` · ${t('notes.waiting')}` : ''}
        </span>
        {draft === null ? (
          <>
            <button type="button" className="btn small" onClick={() => setDraft(note.text)}>
              {t('notes.edit')}
            </button>
            <button type="button" className="btn small" onClick={() => desk.workspace.changeNote(note.element, null)}>
              {t('notes.remove')}
            </button>
          </>
        ) : (
          <>
            <button type="button" className="btn small" onClick={save}>
              {t('notes.save')}
            </button>
            <button type="button" className="btn small" onClick={() => setDraft(null)}>
              {t('notes.cancel')}
            </button>
          </>
        )}
      </footer>
    </article>
  );
}
