// How components reach the product: the desk (stores, workspace, ports) through React context, with selectors so
// that a component renders only when its part changes.
import { createContext, useContext, type ReactNode } from 'react';
import { useStore } from 'zustand';
import type { Desk } from '../../actions/action';
import type { Api } from '../../api/client';
import type { ChartState, ViewState } from '../../model/stores';
import type { SessionState } from '../../sync/session';

export interface DeskWithApi extends Desk {
  readonly api: Api;
}

const DeskContext = createContext<DeskWithApi | null>(null);

export function DeskProvider({ desk, children }: { desk: DeskWithApi; children: ReactNode }) {
  return <DeskContext.Provider value={desk}>{children}</DeskContext.Provider>;
}

export function useDesk(): DeskWithApi {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('no desk');
  return desk;
}

export function useChart<T>(selector: (state: ChartState) => T): T {
  return useStore(useDesk().chart, selector);
}

export function useView<T>(selector: (state: ViewState) => T): T {
  return useStore(useDesk().view, selector);
}

export function useSession<T>(selector: (state: SessionState) => T): T {
  return useStore(useDesk().session.store, selector);
}
