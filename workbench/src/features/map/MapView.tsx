// The offline map: places of the chart and trajectories of what is selected, in the shared selection and window.
import { Map as GlMap, ScaleControl, setWorkerUrl, type GeoJSONSource } from 'maplibre-gl';
// MapLibre 6 under Vite: without this the worker is not emitted and the map stays blank in production.
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { hasWebGl } from '../../canvas/renderer';
import { Icon } from '../../ui/icons';
import { themes } from '../../ui/palette';
import { useChart, useDesk, useView } from '../desk/desk';
import { loadPart } from '../desk/loadPart';
import { trajectoriesMax, useTrajectories } from '../desk/reads';
import { dateTimeText } from '../desk/times';
import './map.css';
import { boundsOf, placesOf, tracksOf, type Track } from './mapData';
import { localNet, mapStyle } from './mapStyle';

setWorkerUrl(workerUrl);

const hues = ['person', 'vehicle', 'phone', 'event', 'organisation'] as const;

function useTracks(): Track[] {
  const trajectories = useTrajectories();
  const byId = useChart((s) => s.chart.byId);
  const theme = useView((s) => s.theme);
  return useMemo(
    () =>
      trajectories.map((trajectory, i) => ({
        trajectory,
        name: byId.get(trajectory.id)?.data.caption ?? trajectory.id,
        colour: themes[theme].kinds[hues[i % hues.length] ?? 'person'],
      })),
    [trajectories, byId, theme],
  );
}

export function MapView() {
  const { t } = useTranslation();
  const tracks = useTracks();
  const webgl = useMemo(() => hasWebGl(), []);
  const chart = useChart((s) => s.chart);
  const selection = useView((s) => s.selection);
  const window = useView((s) => s.window);
  const places = useMemo(() => placesOf(chart, selection), [chart, selection]);
  const lines = useMemo(() => tracksOf(tracks, window), [tracks, window]);
  const empty = places.features.length === 0 && lines.fixes.features.length === 0;
  return (
    <section className="map" aria-label={t('map.label')}>
      {webgl ? <MapCanvas places={places} lines={lines} /> : <p className="pad">{t('map.noWebgl')}</p>}
      {empty ? (
        <div className="empty map-empty">
          <h2>{t('map.empty')}</h2>
          <p>{t('map.emptyHelp')}</p>
        </div>
      ) : null}
      <Sightings tracks={tracks} open={!webgl} />
      <p className="map-note">{t('map.boundaries')}</p>
    </section>
  );
}

function MapCanvas(props: { places: ReturnType<typeof placesOf>; lines: ReturnType<typeof tracksOf> }) {
  const desk = useDesk();
  const box = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<GlMap | null>(null);
  const theme = useView((s) => s.theme);
  const { places, lines } = props;

  useEffect(() => {
    if (!box.current) return undefined;
    const made = new GlMap({
      container: box.current,
      style: mapStyle(theme),
      center: [112, 28],
      zoom: 3,
      attributionControl: false,
      dragRotate: false,
      fadeDuration: 0,
      keyboard: false,
    });
    made.getCanvas().tabIndex = -1; // hidden from assistive tools, so not a stop for the keyboard either
    made.addControl(new ScaleControl({ maxWidth: 120 }), 'bottom-left');
    // As soon as the sources are there: what the case holds comes before the outline of the world.
    made.once('style.load', () => {
      setMap(made);
      loadLand(made).catch((error: unknown) => desk.session.noticed(error)); // places and tracks do without it
    });
    made.on('click', 'fixes', (e) => choose(String(e.features?.[0]?.properties['sensor'] ?? '')));
    made.on('click', 'places', (e) => choose(String(e.features?.[0]?.properties['id'] ?? '')));
    const choose = (id: string) => {
      if (desk.chart.getState().chart.byId.has(id)) desk.view.setState({ selection: new Set([id]) });
    };
    return () => {
      setMap(null);
      made.remove();
    };
  }, [desk, theme]);

  const box4 = useMemo(() => boundsOf(places, lines.fixes), [places, lines]);
  const boxKey = box4?.map((v) => v.toFixed(3)).join() ?? '';
  useEffect(() => {
    if (!map) return;
    const set = (id: string, data: GeoJSON.GeoJSON) => (map.getSource(id) as GeoJSONSource | undefined)?.setData(data);
    set('places', places);
    set('tracks', lines.tracks);
    set('fixes', lines.fixes);
  }, [map, places, lines]);

  // The camera moves only when the extent of the data changes, never because of a brush.
  const fit = () => {
    if (!map || !box4) return;
    (map.getSource('net') as GeoJSONSource | undefined)?.setData(localNet(...box4));
    map.fitBounds(box4, { padding: 72, maxZoom: 14, duration: 0 });
  };
  // eslint-disable-next-line react-hooks/exhaustive-deps
  useEffect(fit, [map, boxKey]);

  return (
    <>
      <div ref={box} className="map-canvas" aria-hidden="true" data-ready={map ? 'true' : 'false'} />
      <MapTools map={map} fit={fit} />
    </>
  );
}

function MapTools({ map, fit }: { map: GlMap | null; fit(): void }) {
  const { t } = useTranslation();
  const tools = [
    ['zoomIn', () => map?.zoomIn({ duration: 0 })],
    ['zoomOut', () => map?.zoomOut({ duration: 0 })],
    ['fit', fit],
  ] as const;
  return (
    <div className="map-tools">
      {tools.map(([name, run]) => (
        <button key={name} type="button" className="btn icon" aria-label={t(`map.${name}`)} onClick={run}>
          <Icon name={name} />
        </button>
      ))}
    </div>
  );
}

// The world outline is a chunk of its own, loaded from the origin after the first paint.
async function loadLand(map: GlMap): Promise<void> {
  const [{ feature, mesh }, atlas] = await loadPart(() => Promise.all([import('topojson-client'), import('world-atlas/countries-50m.json')]));
  const topology = atlas.default as unknown as Parameters<typeof feature>[0];
  const objects = topology.objects as Record<string, Parameters<typeof feature>[1]>;
  const set = (id: string, data: unknown) => (map.getSource(id) as GeoJSONSource | undefined)?.setData(data as GeoJSON.GeoJSON);
  if (objects['land']) set('land', feature(topology, objects['land']));
  if (objects['countries']) set('borders', mesh(topology, objects['countries'] as never, (a, b) => a !== b));
}

const listed = 400;

// The same as a list: for the keyboard, for screen readers, and where there is no WebGL.
function Sightings({ tracks, open }: { tracks: readonly Track[]; open: boolean }) {
  const { t } = useTranslation();
  const selection = useView((s) => s.selection);
  const byId = useChart((s) => s.chart.byId);
  const seen = tracks.filter((track) => track.trajectory.total > 0);
  const others = [...selection].filter((id) => byId.has(id)).length - trajectoriesMax;
  if (seen.length === 0) return null;
  return (
    <details className="sightings" open={open}>
      <summary>
        {t('map.list')}
        {seen.map(({ trajectory, name, colour }) => {
          const unplaced = trajectory.sightings.filter((s) => !s.position).length;
          return (
            <span key={trajectory.id} className="track">
              <i style={{ background: colour }} />
              {t('map.sightings', { shown: trajectory.sightings.length.toLocaleString(), total: trajectory.total.toLocaleString(), name })}
              {unplaced > 0 ? ` · ${t('map.unplaced', { count: unplaced })}` : ''}
            </span>
          );
        })}
        {others > 0 ? <span className="track muted">{t('map.firstOnly', { shown: trajectoriesMax, left: others })}</span> : null}
      </summary>
      <ol>
        {seen.flatMap(({ trajectory, name }) =>
          trajectory.sightings.slice(0, listed).map((s) => (
            <li key={`${trajectory.id}${s.link}`}>
              <span className="mono">{dateTimeText(s.time_us / 1000)}</span> {name} · {s.sensor.caption}
            </li>
          )),
        )}
      </ol>
    </details>
  );
}
