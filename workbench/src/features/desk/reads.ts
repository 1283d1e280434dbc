// HTTP reads that several views share, cached by react-query under one key each; and names for the keys in what they say.
import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Trajectory } from '../../api/types';
import type { ChartNode } from '../../model/chart';
import type { Kind } from '../../model/kinds';
import { useChart, useDesk, useSession, useView } from './desk';

export const trajectoriesMax = 5;
const sightingsMax = 2_000;

export function useElement(id: string | null) {
  const { api } = useDesk();
  return useQuery({
    queryKey: ['element', id],
    queryFn: ({ signal }) => api.element(id ?? '', { signal }),
    enabled: id !== null,
  });
}

export function useNeighbours(id: string | null) {
  const { api } = useDesk();
  return useQuery({
    queryKey: ['neighbours', id],
    queryFn: ({ signal }) => api.neighbours(id ?? '', { signal }),
    enabled: id !== null,
  });
}

// Units and people are sent by key; people read names. A person who is not here is called by the sign-in name.
export function useNames(): { unit(key: string): string; person(name: string): string } {
  const { api } = useDesk();
  const units = useQuery({ queryKey: ['units'], queryFn: ({ signal }) => api.units({ signal }), staleTime: Infinity });
  const people = useChart((s) => s.live?.people);
  const me = useSession((s) => s.session?.person);
  return {
    unit: (key) => units.data?.units.find((u) => u.key === key)?.name ?? key,
    person: (name) => (me?.name === name ? me.display_name : (people?.find((p) => p.person === name)?.name ?? name)),
  };
}

const still: ReadonlySet<Kind> = new Set(['place', 'case', 'document', 'account', 'loan', 'organisation']);

function moves(node: ChartNode | undefined): boolean {
  return node !== undefined && !still.has(node.kind);
}

// Trajectories of the selected entities, only while a map is on screen: positions are sensitive, so nothing is
// read that nobody looks at.
export function useTrajectories(): Trajectory[] {
  const { api } = useDesk();
  const selection = useView((s) => s.selection);
  const page = useView((s) => s.page);
  const byId = useChart((s) => s.chart.byId);
  const shown = page === 'map' || page === 'split';
  const ids = useMemo(
    () => (shown ? [...selection].filter((id) => moves(byId.get(id))).slice(0, trajectoriesMax) : []),
    [shown, selection, byId],
  );
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: ['trajectory', id],
      queryFn: ({ signal }: { signal: AbortSignal }) => api.trajectory(id, sightingsMax, { signal }),
    })),
    combine: (results) => results.flatMap((r) => (r.data ? [r.data] : [])),
  });
}
