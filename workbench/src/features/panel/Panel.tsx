// What is selected: facts, each with its source; neighbours by type with counts; notes. Never a page change.
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { actionById } from '../../actions/all';
import type { Bundle } from '../../model/chart';
import { kindOfNode, linkTime, typeText } from '../../model/elements';
import { selectedNodes } from '../../model/stores';
import { Icon } from '../../ui/icons';
import { ActionButton } from '../desk/ActionButton';
import { useChart, useDesk, useView } from '../desk/desk';
import { KindGlyph } from '../desk/KindGlyph';
import { useNames } from '../desk/reads';
import { dateTimeText } from '../desk/times';
import { ElementFacts } from './ElementFacts';
import { Neighbours } from './Neighbours';
import { Notes } from './Notes';
import './panel.css';

const listMax = 200;

export function Panel() {
  const { t } = useTranslation();
  const selection = useView((s) => s.selection);
  const chart = useChart((s) => s.chart);
  const nodes = useMemo(() => [...selection].filter((id) => chart.byId.has(id)), [selection, chart]);
  const bundles = useMemo(() => chart.bundles.filter((b) => selection.has(b.id)), [selection, chart]);
  return (
    <aside className="panel" aria-label={t('panel.label')}>
      {nodes.length === 1 && nodes[0] ? <NodePanel key={nodes[0]} id={nodes[0]} /> : null}
      {nodes.length === 0 && bundles.length === 1 && bundles[0] ? <BundlePanel bundle={bundles[0]} /> : null}
      {nodes.length > 1 || (nodes.length === 0 && bundles.length > 1) ? <Several ids={nodes} /> : null}
      {selection.size === 0 ? (
        <div className="empty">
          <h2>{t('panel.nothing')}</h2>
          <p>{t('panel.nothingHelp')}</p>
        </div>
      ) : null}
    </aside>
  );
}

function NodePanel({ id }: { id: string }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const node = useChart((s) => s.chart.byId.get(id));
  const holders = useChart((s) => s.live?.people);
  const unconfirmed = useChart((s) => s.unconfirmed.has(id));
  const names = useNames();
  if (!node) return null;
  const held = (holders ?? []).filter((p) => p.selection.includes(id));
  return (
    <>
      <header className="panel-head">
        <KindGlyph kind={node.kind} size={32} />
        <div className="grow">
          <h2>{node.data.caption}</h2>
          <p className="muted">
            {[...new Set([t(`kind.${node.kind}`), ...node.data.labels])].join(' · ')}
            {unconfirmed ? ` · ${t('notes.waiting')}` : ''}
          </p>
        </div>
        <PanelActions />
      </header>
      {held.map((p) => (
        <p key={p.connection} className="holder">
          <span className="ring" style={{ borderColor: p.colour }} />
          {p.name} · {names.unit(p.unit)}
        </p>
      ))}
      <ElementFacts id={id} />
      <Neighbours id={id} onExpand={(filter) => void desk.workspace.expand(id, filter)} />
      <Notes on={id} />
    </>
  );
}

function PanelActions() {
  return (
    <div className="panel-actions">
      {['expand', 'trajectory', 'openAsQuery', 'hide'].map((id) => (
        <ActionButton key={id} id={id} small />
      ))}
    </div>
  );
}

function Several({ ids }: { ids: readonly string[] }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const chart = useChart((s) => s.chart);
  useView((s) => s.selection);
  const chosen = selectedNodes(desk.view.getState(), chart);
  return (
    <>
      <header className="panel-head">
        <h2 className="grow">{t('panel.several', { count: chosen.length })}</h2>
      </header>
      <div className="panel-buttons">
        {['path', 'connect', 'pin', 'hide', 'hideOthers', 'remove'].map((id) => {
          const action = actionById(id);
          return (
            <button key={id} type="button" className="btn outline small" disabled={!(action.enabled?.(desk) ?? true)} onClick={() => void action.run(desk)}>
              <Icon name={action.icon ?? 'right'} size={14} />
              {t(`action.${id}`)}
            </button>
          );
        })}
      </div>
      <ul className="panel-list">
        {ids.slice(0, listMax).map((id) => {
          const node = chart.byId.get(id);
          if (!node) return null;
          return (
            <li key={id}>
              <button type="button" className="row" onClick={() => desk.view.setState({ selection: new Set([id]) })}>
                <KindGlyph kind={node.kind} />
                <span className="ellipsis grow">{node.data.caption}</span>
                <span className="muted">{chart.neighbours.get(id)?.size ?? 0}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {ids.length > listMax ? <p className="muted pad">{t('panel.moreLinks', { shown: listMax, total: ids.length })}</p> : null}
    </>
  );
}

// A bundle of parallel links: both ends, then each link with its time; one link shows its facts at once.
function BundlePanel({ bundle }: { bundle: Bundle }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const byId = useChart((s) => s.chart.byId);
  const links = [...bundle.links].sort((a, b) => (linkTime(a) ?? 0) - (linkTime(b) ?? 0));
  const end = (id: string, name: string) => {
    const node = byId.get(id);
    if (!node) return null;
    return (
      <button type="button" className="row" onClick={() => desk.view.setState({ selection: new Set([id]) })}>
        <span className="muted end">{name}</span>
        <KindGlyph kind={kindOfNode(node.data)} />
        <span className="ellipsis">{node.data.caption}</span>
      </button>
    );
  };
  return (
    <>
      <header className="panel-head">
        <h2 className="grow">
          {typeText(bundle.type)} {links.length > 1 ? `×${links.length}` : ''}
        </h2>
      </header>
      {end(bundle.from, t('panel.linkFrom'))}
      {end(bundle.to, t('panel.linkTo'))}
      {links.length > 1 ? <h3 className="section">{t('panel.links')}</h3> : null}
      {links.slice(0, listMax).map((link) => {
        const ms = linkTime(link);
        const title = ms === undefined ? link.id : dateTimeText(ms);
        if (links.length === 1) return <ElementFacts key={link.id} id={link.id} />;
        return (
          <details key={link.id} className="link-detail">
            <summary>{title}</summary>
            <ElementFacts id={link.id} />
          </details>
        );
      })}
      {links.length > listMax ? <p className="muted pad">{t('panel.moreLinks', { shown: listMax, total: links.length })}</p> : null}
    </>
  );
}
