/** Values for a reader, short. What is not known is `–`. */
export const unknown = '–';

export type Value = number | bigint | undefined;

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;
const decimal = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const small = [
  ['s', 1],
  ['ms', 1e-3],
  ['µs', 1e-6],
  ['ns', 1e-9],
] as const;

/** A known value through `format`; `–` for one that is not a number. */
const known =
  (format: (value: number) => string) =>
  (value: Value): string =>
    value === undefined || Number.isNaN(Number(value)) ? unknown : format(Number(value));

/** Three digits that count, where there is a fraction. */
function short(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size < 0.1) return String(Number(value.toPrecision(2)));
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

function scaled(value: number, base: 1000 | 1024): { readonly text: string; readonly power: number } {
  let power = 0;
  let rest = value;
  while (Math.abs(rest) >= base * 0.9995 && power < 6) {
    rest /= base;
    power += 1;
  }
  return { text: power === 0 ? short(rest) : rest.toFixed(Math.abs(rest) < 99.95 ? 1 : 0), power };
}

/** `1.5 GiB` */
export const bytes = known((value) => {
  const { text, power } = scaled(value, 1024);
  return `${text} ${binary[power]}`;
});

/** `1234`, `12.3k` */
export const count = known((value) => {
  if (Math.abs(value) < 10_000) return short(value);
  const { text, power } = scaled(value, 1000);
  return `${text}${decimal[power]}`;
});

/** Of a ratio: `42.1%` */
export const percent = known((ratio) => `${(ratio * 100).toFixed(1)}%`);

/** Seconds as a measurement: `1.25 ms` */
export const seconds = known((value) => {
  if (value === 0) return '0 s';
  const size = Math.abs(value);
  if (size >= 120) return age(value);
  const [unit, scale] = small.find(([, least]) => size >= least * 0.9995) ?? small[3];
  return `${short(value / scale)} ${unit}`;
});

/** The same with its sign. */
export const signedSeconds = known((value) => (value > 0 ? `+${seconds(value)}` : seconds(value)));

/** Seconds as a length of time: `3d 4h`, `12m 5s` */
export const age = known((value) => {
  const whole = Math.max(0, Math.round(value));
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first === -1) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(' ');
});

/** By the UCUM unit of a metric. */
export function inUnit(value: Value, unit: string): string {
  if (value === undefined) return unknown;
  const per = unit.endsWith('/s') ? '/s' : '';
  const base = unit.slice(0, unit.length - per.length);
  switch (base) {
    case 'By':
      return `${bytes(value)}${per}`;
    case 's':
      return `${seconds(value)}${per}`;
    case 'ms':
      return `${seconds(Number(value) / 1e3)}${per}`;
    case 'us':
      return `${seconds(Number(value) / 1e6)}${per}`;
    case 'ns':
      return `${seconds(Number(value) / 1e9)}${per}`;
    case '%':
      return percent(Number(value) / 100);
    default:
      return `${count(value)}${per}`;
  }
}
