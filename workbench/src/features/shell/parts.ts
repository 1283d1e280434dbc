// The heavy views, loaded when first opened; the chart is there at once.
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import { loadPart } from '../desk/loadPart';

// A view that can be asked for again after it failed: React keeps a failed lazy component for good.
export class Part {
  view: LazyExoticComponent<ComponentType>;

  constructor(private readonly load: () => Promise<ComponentType>) {
    this.view = this.fresh();
  }

  again(): void {
    this.view = this.fresh();
  }

  private fresh(): LazyExoticComponent<ComponentType> {
    return lazy(() => loadPart(this.load).then((component) => ({ default: component })));
  }
}

export const timeline = new Part(() => import('../timeline/Timeline').then((m) => m.Timeline));
export const views = {
  map: new Part(() => import('../map/MapView').then((m) => m.MapView)),
  table: new Part(() => import('../table/TableView').then((m) => m.TableView)),
  query: new Part(() => import('../query/QueryPage').then((m) => m.QueryPage)),
  operations: new Part(() => import('../operations/OperationsPage').then((m) => m.OperationsPage)),
  imports: new Part(() => import('../imports/ImportsPage').then((m) => m.ImportsPage)),
};
