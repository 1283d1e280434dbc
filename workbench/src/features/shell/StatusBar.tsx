// One line: connection, people, what waits, what is being done.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LiveInfo } from '../../model/stores';
import { useChart, useDesk, useSession, useView } from '../desk/desk';
import { useNames } from '../desk/reads';

export function StatusBar() {
  const { t } = useTranslation();
  const live = useChart((s) => s.live);
  const chart = useChart((s) => s.chart);
  const reachable = useSession((s) => s.reachable);
  return (
    <footer className="status" aria-label={t('status.label')}>
      {reachable ? null : (
        <span role="alert">
          <span className="dot offline" /> {t('status.unreachable')}
        </span>
      )}
      {live ? <LiveStatus live={live} /> : reachable ? <span>{t('status.local')}</span> : null}
      <span className="grow" />
      <BusyLine />
      <span>{t('chart.counts', { nodes: chart.nodes.length, links: chart.links.length })}</span>
    </footer>
  );
}

function LiveStatus({ live }: { live: LiveInfo }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const following = useView((s) => s.following);
  const names = useNames();
  return (
    <>
      <span data-testid="live-status" data-status={live.status}>
        <span className={`dot ${live.status}`} /> {live.name} · {t(`live.status.${live.status}`)}
      </span>
      {live.status === 'offline' ? (
        <button type="button" className="person" onClick={() => desk.workspace.retryNow()}>
          {t('live.retry')}
        </button>
      ) : null}
      <span data-testid="pending">{live.pending > 0 ? t('live.pending', { count: live.pending }) : t('live.saved')}</span>
      {live.people.length === 0 && live.status === 'live' ? <span>{t('live.alone')}</span> : null}
      {live.people.map((p) => (
        <button
          key={p.connection}
          type="button"
          className="person"
          aria-pressed={following === p.connection}
          title={t(following === p.connection ? 'live.stopFollowing' : 'live.follow', { name: p.name })}
          onClick={() => desk.view.setState({ following: following === p.connection ? null : p.connection })}
        >
          <span className="ring" style={{ borderColor: p.colour }} />
          {p.name} · {names.unit(p.unit)}
        </button>
      ))}
      {live.closed ? <b>{t('live.isClosed')}</b> : null}
    </>
  );
}

// Shown after 300 ms; seconds after two.
function BusyLine() {
  const { t } = useTranslation();
  const busy = useView((s) => s.busy);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (busy.length === 0) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 300);
    return () => clearInterval(timer);
  }, [busy.length]);
  const first = busy[0];
  if (!first || now - first.since < 250) return null;
  const seconds = Math.floor((now - first.since) / 1000);
  return (
    <span role="status">
      {t(first.key)}
      {seconds >= 2 ? ` · ${seconds} s` : '…'}{' '}
      <button type="button" className="person" onClick={() => first.cancel()}>
        {t('busy.cancel')}
      </button>
    </span>
  );
}
