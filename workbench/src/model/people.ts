// Colours of people in a joint operation: stable per person, apart from the kinds' hues and from red, amber and
// green, which mean deadlines and conflicts.
const colours = ['#0072b2', '#cc79a7', '#56b4e9', '#7b4fd0', '#00a3a3', '#8c6d1f', '#b0418f', '#4b6584'];

export function personColour(person: string): string {
  let hash = 2166136261;
  for (let i = 0; i < person.length; i += 1) hash = Math.imul(hash ^ person.charCodeAt(i), 16777619);
  return colours[(hash >>> 0) % colours.length] as string;
}
