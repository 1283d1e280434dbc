// Hues of the eight families of kinds, apart from each other for colour-blind eyes on both themes. Red, amber
// and green are kept for deadlines and conflicts; one accent means selection and action.
import type { Palette } from '../model/palette';

export const light: Palette = {
  background: '#ffffff',
  text: '#1b2430',
  muted: '#586474',
  link: '#98a4b3',
  accent: '#1a5fb4',
  tint: 0.13,
  kinds: {
    person: '#2a5d9f',
    vehicle: '#7a4fa3',
    phone: '#0b7d85',
    device: '#0b7d85',
    account: '#6f6424',
    loan: '#6f6424',
    place: '#52606f',
    organisation: '#a3467c',
    case: '#3c3f8f',
    event: '#8f5330',
    document: '#4f6f52',
    object: '#6b7280',
  },
};

export const dark: Palette = {
  background: '#181c22',
  text: '#e3e8ef',
  muted: '#9aa6b6',
  link: '#5d6878',
  accent: '#78aef5',
  tint: 0.2,
  kinds: {
    person: '#7fb0ec',
    vehicle: '#b994e0',
    phone: '#55c2c9',
    device: '#55c2c9',
    account: '#c4b566',
    loan: '#c4b566',
    place: '#a3b1c2',
    organisation: '#e08bbd',
    case: '#9a9df0',
    event: '#d69a72',
    document: '#93b896',
    object: '#aab2bf',
  },
};

export const themes = { light, dark };
