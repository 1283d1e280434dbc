// Dates as people of both languages read them; UTC everywhere, because units sit in several zones.
export function dateTimeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}

export function usText(us: number): string {
  return dateTimeText(us / 1000);
}

// Presence of the last moment, for notes that wait for their server time.
export function isUnset(us: number): boolean {
  return us >= Number.MAX_SAFE_INTEGER;
}
