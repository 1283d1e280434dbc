// GeoJSON of what the map shows: places of the chart and the trajectories of the selected entities.
import type { Feature, FeatureCollection } from 'geojson';
import type { Trajectory } from '../../api/types';
import type { Chart } from '../../model/chart';
import { positionOf } from '../../model/elements';
import type { TimeWindow } from '../../model/stores';
import { dateTimeText } from '../desk/times';

const collection = (features: Feature[]): FeatureCollection => ({ type: 'FeatureCollection', features });

export function placesOf(chart: Chart, selection: ReadonlySet<string>): FeatureCollection {
  return collection(
    chart.nodes.flatMap((node) => {
      const at = positionOf(node.data);
      if (!at) return [];
      return [
        {
          type: 'Feature' as const,
          properties: { id: node.id, name: node.data.caption, selected: selection.has(node.id) },
          geometry: { type: 'Point' as const, coordinates: [at.lon, at.lat] },
        },
      ];
    }),
  );
}

const ghost = 0.15;

export interface Track {
  readonly trajectory: Trajectory;
  readonly name: string;
  readonly colour: string;
}

export function tracksOf(
  tracks: readonly Track[],
  window: TimeWindow | null,
): { tracks: FeatureCollection; fixes: FeatureCollection } {
  const lines: Feature[] = [];
  const fixes: Feature[] = [];
  for (const { trajectory, colour } of tracks) {
    let previous: { coordinates: number[]; inside: boolean } | null = null;
    for (const sighting of trajectory.sightings) {
      if (!sighting.position) continue;
      const ms = sighting.time_us / 1000;
      const inside = !window || (ms >= window.from && ms <= window.to);
      const coordinates = [sighting.position.lon, sighting.position.lat];
      const opacity = inside ? 1 : ghost;
      fixes.push({
        type: 'Feature',
        properties: { colour, opacity, time: inside ? dateTimeText(ms) : '', sensor: sighting.sensor.id },
        geometry: { type: 'Point', coordinates },
      });
      if (previous) {
        lines.push({
          type: 'Feature',
          properties: { colour, opacity: inside && previous.inside ? 0.75 : ghost },
          geometry: { type: 'LineString', coordinates: [previous.coordinates, coordinates] },
        });
      }
      previous = { coordinates, inside };
    }
  }
  return { tracks: collection(lines), fixes: collection(fixes) };
}

export function boundsOf(...collections: FeatureCollection[]): [number, number, number, number] | null {
  let box: [number, number, number, number] | null = null;
  for (const { features } of collections) {
    for (const { geometry } of features) {
      if (geometry.type !== 'Point') continue;
      const [x, y] = geometry.coordinates as [number, number];
      box = box ? [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)] : [x, y, x, y];
    }
  }
  return box;
}
