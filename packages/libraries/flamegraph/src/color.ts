/** Colours are classes: `c0` to `c71`, 24 hues in three tones; in a comparison `d0` (gone) to `d10` (new); `rest`. */
const hues = 24;
const tones = 3;
const steps = 5;

/** The same place has the same hue, in every flame graph, and the functions of a place differ in tone. */
export const colorOf = (name: string, place: string): string =>
  place === '' ? 'rest' : `c${(hash(place) % hues) * tones + (hash(name) % tones)}`;

/** How much has changed, in eleven steps: `d5` is the same, beyond 95 %. */
export function changeColor(before: number, after: number): string {
  const greater = Math.max(before, after);
  const change = greater === 0 ? 0 : (after - before) / greater;
  const step = Math.abs(change) < 0.05 ? 0 : Math.max(1, Math.round(Math.abs(change) * steps));
  return `d${steps + Math.sign(change) * step}`;
}

interface Shade {
  readonly hue: number;
  readonly saturation: number;
  readonly light: number;
  readonly dark: number;
}

/** A rule a class for light pages, and one for dark. `property` is what colours a frame: `fill` or `background-color`. */
export function colorRules(property: string, classes: ReadonlySet<string>): string {
  const shades = [...classes].sort().map((name) => ({ name, shade: shadeOf(name) }));
  const rules = (theme: 'light' | 'dark'): string =>
    shades
      .map(({ name, shade: { hue, saturation, [theme]: lightness } }) => {
        const color = `hsl(${hue}, ${theme === 'light' ? saturation : Math.round(saturation * 0.6)}%, ${lightness}%)`;
        return `.${name} { ${property}: ${color}; }`;
      })
      .join('\n');
  return `${rules('light')}\n@media (prefers-color-scheme: dark) {\n${rules('dark')}\n}`;
}

function shadeOf(name: string): Shade {
  const number = Number(name.slice(1));
  if (name === 'rest') return { hue: 0, saturation: 0, light: 82, dark: 32 };
  if (name.startsWith('c')) {
    const tone = number % tones;
    return {
      hue: (Math.floor(number / tones) * 360) / hues,
      saturation: 65,
      light: 72 + tone * 5,
      dark: 23 + tone * 3,
    };
  }
  const strength = Math.abs(number - steps);
  if (strength === 0) return { hue: 0, saturation: 0, light: 88, dark: 30 };
  return { hue: number > steps ? 5 : 212, saturation: 85, light: 90 - strength * 5, dark: 24 + strength * 3 };
}

/** FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  // The low bits of short texts differ little.
  return (value ^ (value >>> 15)) >>> 0;
}
