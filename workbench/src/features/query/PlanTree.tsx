// How the server means to answer (EXPLAIN) or did (PROFILE): a tree, what is read from below what reads it. The bar is
// the share of the whole time that an operator took itself.
import { useTranslation } from 'react-i18next';
import { parsePlan, wholeMs, type PlanNode } from '../../model/plan';

export function PlanTree({ text }: { text: string }) {
  const { t } = useTranslation();
  const root = parsePlan(text);
  if (!root) return <pre>{text}</pre>;
  return (
    <ul className="plan" role="tree" aria-label={t('query.plan')} tabIndex={0}>
      <Operator node={root} whole={wholeMs(root)} />
    </ul>
  );
}

function Operator({ node, whole }: { node: PlanNode; whole: number }) {
  const { t } = useTranslation();
  const own = node.ms;
  const share = own !== undefined && whole > 0 ? own / whole : 0;
  if (node.operator === 'subquery') {
    return (
      <li role="treeitem" aria-selected={false}>
        <span className="muted">{t('query.subquery')}</span>
        <Below nodes={node.children} whole={whole} />
      </li>
    );
  }
  return (
    <li role="treeitem" aria-selected={false}>
      <div className="plan-row">
        <b>{node.operator}</b>
        <code className="grow">{node.details}</code>
        <span className="muted">{t('query.estimated', { count: node.estimated.toLocaleString() })}</span>
        {node.rows === undefined ? null : <span className="num">{t('query.planRows', { count: node.rows.toLocaleString() })}</span>}
        {node.reads === undefined || node.reads === 0 ? null : (
          <span className="muted">{t('query.planReads', { rows: node.rowsRead?.toLocaleString(), reads: node.reads.toLocaleString() })}</span>
        )}
        {node.bytes === undefined ? null : <span className="muted">{t('query.planBytes', { kib: Math.ceil(node.bytes / 1024).toLocaleString() })}</span>}
        {own === undefined ? null : (
          <span className="plan-time">
            <i style={{ width: `${Math.round(share * 100)}%` }} />
            {t('query.planMs', { ms: own.toFixed(2) })}
          </span>
        )}
      </div>
      <Below nodes={node.children} whole={whole} />
    </li>
  );
}

function Below({ nodes, whole }: { nodes: readonly PlanNode[]; whole: number }) {
  if (nodes.length === 0) return null;
  return (
    <ul role="group">
      {nodes.map((child, i) => (
        // eslint-disable-next-line react/no-array-index-key
        <Operator key={i} node={child} whole={whole} />
      ))}
    </ul>
  );
}
