// The plan that EXPLAIN and PROFILE answer as text (query/plan/explain.h), as a tree:
//   Filter  n.age > 30  (~500 rows, cost 1500; 42 rows, 1.250 ms, 4096 bytes, 900 rows in 1 reads)
// one line a node, what it reads from indented below it by two blanks, a line `subquery` above an inner plan.

export interface PlanNode {
  readonly operator: string;
  readonly details: string;
  readonly estimated: number; // rows
  readonly cost?: number; // rows handled here and below, estimated
  readonly rows?: number; // PROFILE
  readonly ms?: number; // PROFILE; its own, without what is below it
  readonly bytes?: number; // PROFILE; memory it held at most
  readonly rowsRead?: number; // PROFILE; of the store
  readonly reads?: number; // PROFILE; round trips to the store
  readonly children: readonly PlanNode[];
}

interface Building extends PlanNode {
  readonly children: Building[];
}

const line = /^( *)(\w+)(?: {2}(.*))? {2}\(~(\d+) rows(?:, cost (\d+))?(?:; (\d+) rows, ([\d.]+) ms(?:, (\d+) bytes)?(?:, (\d+) rows in (\d+) reads)?)?\)$/;
const inner = /^( *)subquery$/;

// Null for text that is not such a plan: it is shown as it came.
export function parsePlan(text: string): PlanNode | null {
  let root: Building | null = null;
  const open: Building[] = []; // by depth
  for (const row of text.split('\n')) {
    if (row === '') continue;
    const label = inner.exec(row);
    const match = label ? null : line.exec(row);
    if (!label && !match) return null;
    const depth = ((label ?? match)?.[1]?.length ?? 0) / 2;
    const [, , operator = 'subquery', details = '', estimated = '0', cost, rows, ms, bytes, rowsRead, reads] = match ?? [];
    const node: Building = {
      operator,
      details,
      estimated: Number(estimated),
      ...(cost === undefined ? {} : { cost: Number(cost) }),
      ...(rows === undefined ? {} : { rows: Number(rows), ms: Number(ms) }),
      ...(bytes === undefined ? {} : { bytes: Number(bytes) }),
      ...(reads === undefined ? {} : { rowsRead: Number(rowsRead), reads: Number(reads) }),
      children: [],
    };
    if (depth === 0) {
      if (root) return null;
      root = node;
    } else {
      const parent = open[depth - 1];
      if (!parent || depth > open.length) return null;
      parent.children.push(node);
    }
    open.length = depth;
    open.push(node);
  }
  return root;
}

// The time of a node and all below it, in ms.
export function wholeMs(node: PlanNode): number {
  return node.children.reduce((sum, child) => sum + wholeMs(child), node.ms ?? 0);
}
