import { describe, expect, it } from 'vitest';
import { targetAt } from './hitTest';
import type { Point, Scene, SceneLink, SceneNode } from './scene';

const places = new Map<string, Point>([
  ['a', { x: 0, y: 0 }],
  ['b', { x: 200, y: 0 }],
  ['c', { x: 210, y: 0 }],
]);
const node = (id: string) => ({ id }) as SceneNode;
const link = (id: string, source: string, target: string, curvature: number) => ({ id, source, target, curvature }) as SceneLink;
const scene: Scene = {
  nodes: [node('a'), node('b'), node('c')],
  links: [link('straight', 'a', 'b', 0), link('bent', 'a', 'b', 0.5), link('loop', 'a', 'gone', 0)],
};
const under = (x: number, y: number) => targetAt({ x, y }, scene, (id) => places.get(id), 17);

describe('hit test', () => {
  it('finds the nearest node, and nodes before links', () => {
    expect(under(3, 4)).toEqual({ node: 'a' });
    expect(under(203, 0)).toEqual({ node: 'b' });
    expect(under(208, 0)).toEqual({ node: 'c' });
  });
  it('finds links by their line, straight or bent to its own side', () => {
    expect(under(100, 4)).toEqual({ link: 'straight' });
    expect(under(100, -50)).toEqual({ link: 'bent' });
    expect(under(100, 50)).toEqual({});
  });
  it('finds nothing beside them', () => {
    expect(under(100, -20)).toEqual({});
    expect(under(-40, 0)).toEqual({});
  });
  it('keeps tiny shapes catchable', () => {
    expect(targetAt({ x: 5, y: 0 }, scene, (id) => places.get(id), 2)).toEqual({ node: 'a' });
  });
});
