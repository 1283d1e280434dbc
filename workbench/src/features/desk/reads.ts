// HTTP reads that several views share, cached by react-query under one key each.
import { useQueries, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { Trajectory } from '../../api/types';
import { useChart, useDesk, useView } from './desk';

export const trajectoriesMax = 5;
export const sightingsMax = 2_000;

// An error may mean that the session or its purpose is gone; the gate must hear of it.
function useNoticed(error: unknown): void {
  const { session } = useDesk();
  useEffect(() => {
    if (error) session.noticed(error);
  }, [error, session]);
}

export function useElement(id: string | null) {
  const { api } = useDesk();
  const query = useQuery({
    queryKey: ['element', id],
    queryFn: ({ signal }) => api.element(id ?? '', { signal }),
    enabled: id !== null,
  });
  useNoticed(query.error);
  return query;
}

export function useNeighbours(id: string | null) {
  const { api } = useDesk();
  const query = useQuery({
    queryKey: ['neighbours', id],
    queryFn: ({ signal }) => api.neighbours(id ?? '', { signal }),
    enabled: id !== null,
  });
  useNoticed(query.error);
  return query;
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
    () => (shown ? [...selection].filter((id) => byId.has(id)).slice(0, trajectoriesMax) : []),
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
