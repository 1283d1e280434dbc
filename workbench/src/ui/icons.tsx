// Interface icons: Tabler only, imported one by one so that the development server does not load five thousand.
import type { Icon as TablerIcon } from '@tabler/icons-react';
import IconAffiliate from '@tabler/icons-react/dist/esm/icons/IconAffiliate.mjs';
import IconAlertTriangle from '@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs';
import IconArrowBackUp from '@tabler/icons-react/dist/esm/icons/IconArrowBackUp.mjs';
import IconArrowForwardUp from '@tabler/icons-react/dist/esm/icons/IconArrowForwardUp.mjs';
import IconChartDots3 from '@tabler/icons-react/dist/esm/icons/IconChartDots3.mjs';
import IconChartHistogram from '@tabler/icons-react/dist/esm/icons/IconChartHistogram.mjs';
import IconCheck from '@tabler/icons-react/dist/esm/icons/IconCheck.mjs';
import IconChevronRight from '@tabler/icons-react/dist/esm/icons/IconChevronRight.mjs';
import IconCircleMinus from '@tabler/icons-react/dist/esm/icons/IconCircleMinus.mjs';
import IconCirclePlus from '@tabler/icons-react/dist/esm/icons/IconCirclePlus.mjs';
import IconCircleX from '@tabler/icons-react/dist/esm/icons/IconCircleX.mjs';
import IconCopy from '@tabler/icons-react/dist/esm/icons/IconCopy.mjs';
import IconDatabaseImport from '@tabler/icons-react/dist/esm/icons/IconDatabaseImport.mjs';
import IconEye from '@tabler/icons-react/dist/esm/icons/IconEye.mjs';
import IconEyeOff from '@tabler/icons-react/dist/esm/icons/IconEyeOff.mjs';
import IconFilter from '@tabler/icons-react/dist/esm/icons/IconFilter.mjs';
import IconFlask from '@tabler/icons-react/dist/esm/icons/IconFlask.mjs';
import IconFocus2 from '@tabler/icons-react/dist/esm/icons/IconFocus2.mjs';
import IconGavel from '@tabler/icons-react/dist/esm/icons/IconGavel.mjs';
import IconInfoCircle from '@tabler/icons-react/dist/esm/icons/IconInfoCircle.mjs';
import IconKeyboard from '@tabler/icons-react/dist/esm/icons/IconKeyboard.mjs';
import IconLanguage from '@tabler/icons-react/dist/esm/icons/IconLanguage.mjs';
import IconLayoutColumns from '@tabler/icons-react/dist/esm/icons/IconLayoutColumns.mjs';
import IconLayoutGrid from '@tabler/icons-react/dist/esm/icons/IconLayoutGrid.mjs';
import IconLayoutSidebarRight from '@tabler/icons-react/dist/esm/icons/IconLayoutSidebarRight.mjs';
import IconLink from '@tabler/icons-react/dist/esm/icons/IconLink.mjs';
import IconLogout from '@tabler/icons-react/dist/esm/icons/IconLogout.mjs';
import IconMap2 from '@tabler/icons-react/dist/esm/icons/IconMap2.mjs';
import IconMapRoute from '@tabler/icons-react/dist/esm/icons/IconMapRoute.mjs';
import IconMaximize from '@tabler/icons-react/dist/esm/icons/IconMaximize.mjs';
import IconMoon from '@tabler/icons-react/dist/esm/icons/IconMoon.mjs';
import IconNote from '@tabler/icons-react/dist/esm/icons/IconNote.mjs';
import IconPencil from '@tabler/icons-react/dist/esm/icons/IconPencil.mjs';
import IconPhoto from '@tabler/icons-react/dist/esm/icons/IconPhoto.mjs';
import IconPin from '@tabler/icons-react/dist/esm/icons/IconPin.mjs';
import IconPlayerPause from '@tabler/icons-react/dist/esm/icons/IconPlayerPause.mjs';
import IconPlayerPlay from '@tabler/icons-react/dist/esm/icons/IconPlayerPlay.mjs';
import IconRoute from '@tabler/icons-react/dist/esm/icons/IconRoute.mjs';
import IconSearch from '@tabler/icons-react/dist/esm/icons/IconSearch.mjs';
import IconTable from '@tabler/icons-react/dist/esm/icons/IconTable.mjs';
import IconTag from '@tabler/icons-react/dist/esm/icons/IconTag.mjs';
import IconTerminal2 from '@tabler/icons-react/dist/esm/icons/IconTerminal2.mjs';
import IconTimeline from '@tabler/icons-react/dist/esm/icons/IconTimeline.mjs';
import IconTopologyStarRing from '@tabler/icons-react/dist/esm/icons/IconTopologyStarRing.mjs';
import IconUsersGroup from '@tabler/icons-react/dist/esm/icons/IconUsersGroup.mjs';
import IconX from '@tabler/icons-react/dist/esm/icons/IconX.mjs';
import IconZoomIn from '@tabler/icons-react/dist/esm/icons/IconZoomIn.mjs';
import IconZoomOut from '@tabler/icons-react/dist/esm/icons/IconZoomOut.mjs';

const icons: Record<string, TablerIcon> = {
  undo: IconArrowBackUp,
  redo: IconArrowForwardUp,
  expand: IconCirclePlus,
  collapse: IconCircleMinus,
  remove: IconCircleX,
  hide: IconEyeOff,
  show: IconEye,
  only: IconFilter,
  pin: IconPin,
  path: IconRoute,
  connect: IconLink,
  note: IconNote,
  trajectory: IconMapRoute,
  fit: IconMaximize,
  zoomIn: IconZoomIn,
  zoomOut: IconZoomOut,
  focus: IconFocus2,
  labels: IconTag,
  layoutForce: IconAffiliate,
  layoutGrid: IconLayoutGrid,
  layoutRadial: IconTopologyStarRing,
  layoutTime: IconTimeline,
  image: IconPhoto,
  chart: IconChartDots3,
  map: IconMap2,
  table: IconTable,
  split: IconLayoutColumns,
  operations: IconUsersGroup,
  query: IconTerminal2,
  imports: IconDatabaseImport,
  search: IconSearch,
  keyboard: IconKeyboard,
  purpose: IconGavel,
  timeline: IconChartHistogram,
  panel: IconLayoutSidebarRight,
  theme: IconMoon,
  language: IconLanguage,
  signOut: IconLogout,
  copy: IconCopy,
  check: IconCheck,
  close: IconX,
  play: IconPlayerPlay,
  pause: IconPlayerPause,
  alert: IconAlertTriangle,
  info: IconInfoCircle,
  pencil: IconPencil,
  right: IconChevronRight,
  flask: IconFlask,
};

export function Icon({ name, size = 16 }: { name: string; size?: number }) {
  const Shape = icons[name];
  return Shape ? <Shape size={size} stroke={1.6} aria-hidden="true" /> : null;
}
