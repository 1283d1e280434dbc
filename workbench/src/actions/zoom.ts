import type { Action } from './action';

export const zoomIn: Action = {
  id: 'zoomIn',
  group: 'view',
  icon: 'zoomIn',
  keys: '+',
  run: (desk) => desk.ports.camera?.zoomBy(1.3),
};

export const zoomOut: Action = {
  id: 'zoomOut',
  group: 'view',
  icon: 'zoomOut',
  keys: '-',
  run: (desk) => desk.ports.camera?.zoomBy(1 / 1.3),
};
