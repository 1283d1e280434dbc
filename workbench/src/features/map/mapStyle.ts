// The offline map style: land and borders from world-atlas, a graticule for scale where there is no base map, and
// the case's own points. No sprite and no glyph server: texts use fonts of the machine or the bundle.
import type { FeatureCollection, Position } from 'geojson';
import type { StyleSpecification } from 'maplibre-gl';
import { themes } from '../../ui/palette';

export const none: FeatureCollection = { type: 'FeatureCollection', features: [] };
const fonts = ['Noto Sans CJK SC', 'Microsoft YaHei', 'Noto Sans SC Variable', 'sans-serif'];

const sea = { light: '#e9eef3', dark: '#12161b' };
const land = { light: '#f8f8f5', dark: '#1c2128' };
const line = { light: '#b9c1cb', dark: '#3a4450' };

// Lines every `step` degrees within a box; the finer ones appear when zoomed in.
function graticule(): FeatureCollection {
  const features: FeatureCollection['features'] = [];
  const add = (coordinates: Position[]) =>
    features.push({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates } });
  for (let lon = -180; lon <= 180; lon += 10) add([[lon, -85], [lon, 85]]);
  for (let lat = -80; lat <= 80; lat += 10) add([[-180, lat], [180, lat]]);
  return { type: 'FeatureCollection', features };
}

// A kilometre-sized net around the data: cities are blank on a world map, distances must still be readable.
export function localNet(west: number, south: number, east: number, north: number): FeatureCollection {
  const span = Math.max(east - west, north - south, 0.02);
  const step = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5].find((s) => span / s <= 24) ?? 10;
  const features: FeatureCollection['features'] = [];
  const [w, e] = [Math.floor((west - span) / step) * step, east + span];
  const [s, n] = [Math.floor((south - span) / step) * step, north + span];
  const add = (coordinates: Position[]) =>
    features.push({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates } });
  for (let lon = w; lon <= e; lon += step) add([[lon, s], [lon, n]]);
  for (let lat = s; lat <= n; lat += step) add([[w, lat], [e, lat]]);
  return { type: 'FeatureCollection', features };
}

export function mapStyle(theme: 'light' | 'dark'): StyleSpecification {
  const c = themes[theme];
  const source = (data: FeatureCollection) => ({ type: 'geojson' as const, data });
  return {
    version: 8,
    sources: {
      land: source(none),
      borders: source(none),
      graticule: source(graticule()),
      net: source(none),
      places: source(none),
      tracks: source(none),
      fixes: source(none),
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': sea[theme] } },
      { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': land[theme] } },
      { id: 'graticule', type: 'line', source: 'graticule', maxzoom: 7, paint: { 'line-color': line[theme], 'line-opacity': 0.35, 'line-width': 0.5 } },
      { id: 'net', type: 'line', source: 'net', minzoom: 6, paint: { 'line-color': line[theme], 'line-opacity': 0.45, 'line-width': 0.5 } },
      { id: 'borders', type: 'line', source: 'borders', paint: { 'line-color': line[theme], 'line-width': 0.8 } },
      {
        id: 'tracks',
        type: 'line',
        source: 'tracks',
        layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: { 'line-color': ['get', 'colour'], 'line-width': 2, 'line-opacity': ['get', 'opacity'] },
      },
      {
        id: 'places',
        type: 'circle',
        source: 'places',
        paint: {
          'circle-radius': ['case', ['get', 'selected'], 7, 5],
          'circle-color': c.background,
          'circle-stroke-color': ['case', ['get', 'selected'], c.accent, c.kinds.place],
          'circle-stroke-width': ['case', ['get', 'selected'], 3, 1.5],
        },
      },
      {
        id: 'fixes',
        type: 'circle',
        source: 'fixes',
        paint: {
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, 3, 14, 6],
          'circle-color': ['get', 'colour'],
          'circle-opacity': ['get', 'opacity'],
          'circle-stroke-color': c.background,
          'circle-stroke-width': 1,
          'circle-stroke-opacity': ['get', 'opacity'],
        },
      },
      {
        id: 'place-names',
        type: 'symbol',
        source: 'places',
        minzoom: 10,
        layout: { 'text-field': ['get', 'name'], 'text-font': fonts, 'text-size': 11, 'text-offset': [0, 1.1], 'text-anchor': 'top' },
        paint: { 'text-color': c.text, 'text-halo-color': land[theme], 'text-halo-width': 1.4 },
      },
      {
        id: 'fix-times',
        type: 'symbol',
        source: 'fixes',
        minzoom: 11,
        layout: { 'text-field': ['get', 'time'], 'text-font': fonts, 'text-size': 10, 'text-offset': [0.8, 0], 'text-anchor': 'left' },
        paint: { 'text-color': c.muted, 'text-halo-color': land[theme], 'text-halo-width': 1.4 },
      },
    ],
  };
}
