import type { Int64 } from '@millrace/pprof';
import { changeColor, colorOf } from './color.ts';
import { readable } from './escape.ts';
import type { FlameTree } from './flame-tree.ts';
import { parentsOf, totalsOf } from './sums.ts';
import { type UnitScale, unitsFor } from './units.ts';

/** What the script of the page reads: columns by frame, depth first, and tables that they refer to by index. */
export interface PageData {
  readonly orientation: 'icicle' | 'flame';
  readonly unit: string;
  readonly units: readonly UnitScale[];
  readonly names: readonly string[];
  readonly places: readonly string[];
  readonly colors: readonly string[];
  /** By name. */
  readonly place: readonly number[];
  readonly color: readonly number[];
  /** By frame. */
  readonly name: readonly number[];
  readonly depth: readonly number[];
  readonly self: readonly (number | string)[];
  /** In a comparison: self of the base, and colours. */
  readonly base?: readonly (number | string)[];
  readonly change?: readonly number[];
  /** Values are integers beyond 2^53, as text. */
  readonly exact?: true;
}

export interface Shown {
  readonly orientation: 'icicle' | 'flame';
  readonly unit: string | undefined;
}

export function pageData({ frames, sampleType }: FlameTree, { orientation, unit }: Shown): PageData {
  const [names, places, colors] = [createTable(), createTable(), createTable()];
  const [place, color, name]: [number[], number[], number[]] = [[], [], []];
  for (const frame of frames) {
    const index = names.indexOf(frame.name);
    name.push(index);
    place[index] ??= places.indexOf(frame.place);
    color[index] ??= colors.indexOf(colorOf(frame.name, frame.place));
  }
  const parents = parentsOf(frames);
  const selfs = frames.map(({ self }) => self);
  const totals = totalsOf(selfs, parents);
  const isDiff = frames.some(({ baseSelf }) => baseSelf !== undefined);
  const baseSelfs = frames.map(({ baseSelf = 0 }) => baseSelf);
  const baseTotals = totalsOf(baseSelfs, parents);
  const isExact = typeof totals[0] === 'bigint' || typeof baseTotals[0] === 'bigint';
  const column = (values: readonly Int64[]): (number | string)[] =>
    values.map((value) => (isExact ? String(value) : Number(value)));
  return {
    orientation,
    unit: sampleType.unit,
    units: unitsFor(sampleType.unit, unit),
    names: names.texts.map(readable),
    places: places.texts.map(readable),
    place,
    color,
    name,
    depth: frames.map(({ depth }) => depth),
    self: column(selfs),
    ...(isDiff && {
      base: column(baseSelfs),
      change: totals.map((total, index) =>
        colors.indexOf(
          frames[index]!.folded === undefined ? changeColor(Number(baseTotals[index]), Number(total)) : 'rest',
        ),
      ),
    }),
    colors: colors.texts,
    ...(isExact && { exact: true }),
  };
}

function createTable(): { texts: string[]; indexOf: (text: string) => number } {
  const texts: string[] = [];
  const known = new Map<string, number>();
  return {
    texts,
    indexOf(text) {
      let index = known.get(text);
      if (index === undefined) known.set(text, (index = texts.push(text) - 1));
      return index;
    },
  };
}
