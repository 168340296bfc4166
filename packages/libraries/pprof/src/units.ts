import type { Int64 } from './int64.ts';

interface Unit {
  readonly name: string;
  readonly aliases: readonly string[];
  /** In the smallest unit of its kind. */
  readonly factor: number;
}

interface UnitKind {
  readonly units: readonly Unit[];
  /** For values that fit none of the units, as 0, and for target units of another kind. */
  readonly fallback: { readonly name: string; readonly factor: number };
}

/** The units that pprof knows, with its names and factors: a kB has 1024 bytes. */
const kinds: readonly UnitKind[] = [
  {
    units: [
      { name: 'B', aliases: ['b', 'byte'], factor: 1 },
      { name: 'kB', aliases: ['kb', 'kbyte', 'kilobyte'], factor: 2 ** 10 },
      { name: 'MB', aliases: ['mb', 'mbyte', 'megabyte'], factor: 2 ** 20 },
      { name: 'GB', aliases: ['gb', 'gbyte', 'gigabyte'], factor: 2 ** 30 },
      { name: 'TB', aliases: ['tb', 'tbyte', 'terabyte'], factor: 2 ** 40 },
      { name: 'PB', aliases: ['pb', 'pbyte', 'petabyte'], factor: 2 ** 50 },
    ],
    fallback: { name: 'B', factor: 1 },
  },
  {
    units: [
      { name: 'ns', aliases: ['ns', 'nanosecond'], factor: 1 },
      { name: 'us', aliases: ['μs', 'us', 'microsecond'], factor: 1e3 },
      { name: 'ms', aliases: ['ms', 'millisecond'], factor: 1e6 },
      { name: 's', aliases: ['s', 'sec', 'second'], factor: 1e9 },
      { name: 'hrs', aliases: ['hour', 'hr'], factor: 3600e9 },
    ],
    fallback: { name: 's', factor: 1e9 },
  },
  {
    units: (
      [
        ['n*GCU', 'nanogcu', 1e-9],
        ['u*GCU', 'microgcu', 1e-6],
        ['m*GCU', 'milligcu', 1e-3],
        ['GCU', 'gcu', 1],
        ['k*GCU', 'kilogcu', 1e3],
        ['M*GCU', 'megagcu', 1e6],
        ['G*GCU', 'gigagcu', 1e9],
        ['T*GCU', 'teragcu', 1e12],
        ['P*GCU', 'petagcu', 1e15],
      ] as const
    ).map(([name, alias, factor]) => ({ name, aliases: [alias], factor })),
    fallback: { name: 'GCU', factor: 1 },
  },
];

const plainUnits = new Set(['count', 'sample', 'unit', 'minimum', 'auto']);

/** A measured value; the unit is empty where it goes without saying, as for counts. */
export interface Measure {
  readonly value: number;
  readonly unit: string;
}

/** A value in another unit; `auto` takes the greatest unit that leaves at least 1. Kinds of units are never mixed. */
export function scaleValue(value: Int64, from: string, to: string): Measure {
  if (value < 0) {
    const measure = scaleValue(-Number(value), from, to);
    return { value: -measure.value, unit: measure.unit };
  }
  for (const kind of kinds) {
    const unit = findUnit(kind, from);
    if (!unit) continue;
    const base = Number(value) * unit.factor;
    const target = to === 'auto' || to === 'minimum' ? greatest(kind, base) : findUnit(kind, to);
    const { name, factor } = target ?? kind.fallback;
    return { value: base / factor, unit: name };
  }
  return { value: Number(value), unit: plainUnits.has(to) ? '' : to };
}

/** A value as people read it: `1.50MB`, `250ms`, `12`. */
export function formatValue(value: Int64, from: string, to = 'auto'): string {
  const measure = scaleValue(value, from, to);
  const digits = twoDecimals(measure.value).replace(/\.00$/, '');
  return digits === '0' || digits === '-0' ? '0' : `${digits}${measure.unit}`;
}

/** The share of a total, of six characters or more, as pprof prints it; without sign. */
export function formatPercentage(value: Int64, total: Int64): string {
  const percent = Number(total) === 0 ? 0 : Math.abs(Number(value) / Number(total)) * 100;
  if (percent >= 99.95 && percent <= 100.05) return '  100%';
  return `${(percent >= 1 ? twoDecimals(percent) : twoDigits(percent)).padStart(5)}%`;
}

/** Whether values of these units can be added when they are scaled. */
export function sameKind(one: string, other: string): boolean {
  return one === other || kinds.some((kind) => findUnit(kind, one) && findUnit(kind, other));
}

function findUnit(kind: UnitKind, name: string): Unit | undefined {
  const lower = name.toLowerCase();
  const alias = lower.length > 2 && lower.endsWith('s') ? lower.slice(0, -1) : lower;
  return kind.units.find(({ aliases }) => aliases.includes(alias));
}

const greatest = (kind: UnitKind, base: number): Unit | undefined =>
  kind.units.findLast(({ factor }) => base / factor >= 1);

/** toFixed rounds 0.125 up; C and Go round a tie to the even digit. Only eighths are ties in binary. */
function twoDecimals(value: number): string {
  const eighths = Math.abs(value) * 8;
  if (eighths % 8 === 1 || eighths % 8 === 5) return (value - Math.sign(value) * 0.004).toFixed(2);
  return value.toFixed(2);
}

/** As %.2g: two significant digits, without zeros at the end, with an exponent below 0.0001. */
function twoDigits(value: number): string {
  if (value === 0 || value >= 0.0001) return String(Number(value.toPrecision(2)));
  return Number(value.toPrecision(2))
    .toExponential()
    .replace(/e-(\d)$/, 'e-0$1');
}
