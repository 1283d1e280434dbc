// Counts first: neighbours by type, direction and label before anything loads. 50 links or fewer load at once;
// above that the person chooses.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NeighbourCount } from '../../api/types';
import { typeText } from '../../model/elements';
import { kindOf } from '../../model/kinds';
import { busy } from '../../sync/notices';
import { Dialog } from '../../ui/Dialog';
import { useChart, useDesk, useView } from '../desk/desk';
import { useErrorText } from '../desk/errors';
import { KindGlyph } from '../desk/KindGlyph';
import { useNeighbours } from '../desk/reads';

const atOnce = 50;
const limit = 500;

export function ExpandDialog() {
  const { t } = useTranslation();
  const desk = useDesk();
  const errorText = useErrorText();
  const target = useView((s) => (s.dialog === 'expand' ? s.dialogTarget : null));
  const name = useChart((s) => (target ? (s.chart.byId.get(target)?.data.caption ?? target) : ''));
  const counts = useNeighbours(target);
  const total = counts.data?.total;
  const direct = total !== undefined && total > 0 && total <= atOnce;
  const close = () => {
    desk.view.setState({ dialog: null, dialogTarget: null });
    desk.ports.focusChart?.();
  };

  useEffect(() => {
    if (!target || !direct) return;
    desk.view.setState({ dialog: null, dialogTarget: null });
    desk.ports.focusChart?.();
    void desk.workspace.expand(target);
  }, [target, direct, desk]);

  const counting = target !== null && counts.isPending;
  useEffect(() => {
    if (!counting) return undefined;
    let done = () => undefined as void;
    void busy(desk.view, 'expand.loading', (signal) => {
      signal.addEventListener('abort', () => desk.view.setState({ dialog: null, dialogTarget: null }));
      return new Promise<void>((end) => (done = end));
    });
    return () => done();
  }, [counting, desk]);

  const open = target !== null && !direct && (counts.isSuccess || counts.isError);
  return (
    <Dialog opened={open} onClose={close} title={t('expand.title', { name })} size="md">
      {counts.error ? <p className="error-text">{errorText(counts.error)}</p> : null}
      {counts.data && target ? (
        <Choice key={target} counts={counts.data.counts} total={counts.data.total} onClose={close} id={target} />
      ) : null}
    </Dialog>
  );
}

function keyOf(c: NeighbourCount): string {
  return `${c.type}|${c.direction}|${c.label ?? ''}`;
}

function Choice(props: { counts: readonly NeighbourCount[]; total: number; id: string; onClose(): void }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const rows = [...props.counts].sort((a, b) => b.count - a.count);
  const picked = rows.filter((c) => chosen.has(keyOf(c)));
  const sum = picked.reduce((n, c) => n + c.count, 0);
  if (rows.length === 0) return <p className="muted">{t('expand.none')}</p>;

  const load = async () => {
    props.onClose();
    // One request per (type, direction): the API's filters combine, so mixed ones would load more than chosen.
    const groups = new Map<string, NeighbourCount[]>();
    for (const c of picked) {
      const key = `${c.type}|${c.direction}`;
      groups.set(key, [...(groups.get(key) ?? []), c]);
    }
    const filters = [...groups.values()].flatMap((group) => {
      const [first] = group;
      if (!first) return [];
      const labels = group.flatMap((c) => (c.label === null ? [] : [c.label]));
      const whole = group.some((c) => c.label === null);
      return [{ types: [first.type], direction: first.direction, ...(whole ? {} : { labels }) }];
    });
    await desk.workspace.expand(props.id, ...filters);
  };
  const flip = (key: string) => {
    const next = new Set(chosen);
    if (!next.delete(key)) next.add(key);
    setChosen(next);
  };
  return (
    <>
      <p className="muted">
        {t('expand.total', { count: props.total })}. {t('expand.choose', { limit: atOnce })}
      </p>
      <div className="expand-list">
        {rows.map((c) => (
          <label key={keyOf(c)} className="expand-row">
            <input type="checkbox" checked={chosen.has(keyOf(c))} onChange={() => flip(keyOf(c))} />
            <KindGlyph kind={kindOf(c.label ? [c.label] : [])} />
            <span className="ellipsis">
              {typeText(c.type)} {c.direction === 'out' ? '→' : '←'} {c.label}
            </span>
            <span className="muted">{c.sighting ? t('expand.sighting') : t(`expand.direction.${c.direction}`)}</span>
            <span className="num">{c.count.toLocaleString()}</span>
          </label>
        ))}
      </div>
      <div className="dialog-footer">
        <button type="button" className="btn primary" disabled={sum === 0} onClick={() => void load()}>
          {sum > limit ? t('expand.loadCut', { count: sum, limit }) : t('expand.load', { count: sum })}
        </button>
        <button type="button" className="btn" onClick={() => setChosen(new Set(rows.map(keyOf)))}>
          {t('expand.all')}
        </button>
        <span className="grow" />
        <button type="button" className="btn" onClick={props.onClose}>
          {t('expand.close')}
        </button>
      </div>
    </>
  );
}
