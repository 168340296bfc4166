import { formatPercentage, formatValue, type Int64 } from '@millrace/pprof';
import { changeColor, colorOf, colorRules } from './color.ts';
import { escapeMarkup, readable } from './escape.ts';
import type { FlameFrame, FlameTree } from './flame-tree.ts';
import { legend } from './legend.ts';
import { parentsOf, plus, totalsOf } from './sums.ts';

export interface PictureOptions {
  readonly title?: string;
  /** Lines below the heading. */
  readonly notes?: readonly string[];
  /** Callers above what they call, or below it. `icicle` by default. */
  readonly orientation?: 'icicle' | 'flame';
  readonly unit?: string;
  /** In pixels. 1200. */
  readonly width?: number;
}

const rowHeight = 17;
const margin = 10;
/** Of a character of the font, in pixels: what is too long is cut here, and clipped where the font is wider. */
const characterWidth = 6.6;
/** Narrower, in pixels, nothing is drawn, and it is counted. */
const narrow = 0.3;

/** A picture for where no script may run: each frame has a title, which browsers show where the pointer is. */
export function flamegraphSvg(tree: FlameTree, options: PictureOptions = {}): string {
  const { title = 'Flame graph', notes = [], orientation = 'icicle', unit = 'auto', width = 1200 } = options;
  const { boxes, hidden } = layOut(tree.frames, width - 2 * margin);
  const rows = boxes.reduce((most, { frame }) => Math.max(most, frame.depth), 0) + 1;
  const isDiff = boxes[0]?.baseTotal !== undefined;
  const lines = [
    ...notes,
    ...(isDiff ? legend : []),
    ...(hidden > 0 ? [`${hidden} frames are too narrow to be drawn.`] : []),
  ];
  const top = 34 + lines.length * 16;
  const height = top + rows * rowHeight + margin;
  const y = (depth: number): number => top + (orientation === 'icicle' ? depth : rows - 1 - depth) * rowHeight;
  const titleOf = (box: Box): string => describe(box, { root: boxes[0]!, from: tree.sampleType.unit, to: unit });
  const heading = lines.map(
    (line, index) => `<text x="${margin}" y="${40 + index * 16}" class="note">${escapeMarkup(line)}</text>\n`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeMarkup(title)}</title>
<style>
${style}
${colorRules('fill', new Set(boxes.map(({ color }) => color)))}
</style>
<rect width="100%" height="100%" class="paper"/>
<text x="${margin}" y="22" class="heading">${escapeMarkup(title)}</text>
${heading.join('')}${boxes.map((box) => drawBox(box, { y: y(box.frame.depth), title: titleOf(box) })).join('')}</svg>
`;
}

const style = `text { font: 11px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1b1b1b; white-space: pre; }
.heading { font: bold 16px system-ui, sans-serif; }
.note { font: 12px system-ui, sans-serif; }
.paper { fill: #fff; }
@media (prefers-color-scheme: dark) { text { fill: #e8e8e8; } .paper { fill: #16181c; } }`;

interface Box {
  readonly frame: FlameFrame;
  /** As it is shown. */
  readonly name: string;
  readonly color: string;
  readonly x: number;
  readonly width: number;
  readonly total: Int64;
  /** In a comparison. */
  readonly baseTotal: Int64 | undefined;
}

function layOut(frames: readonly FlameFrame[], pixels: number): { boxes: readonly Box[]; hidden: number } {
  const parents = parentsOf(frames);
  const selfs = frames.map(({ self }) => self);
  const totals = totalsOf(selfs, parents);
  const isDiff = frames.some(({ baseSelf }) => baseSelf !== undefined);
  const baseSelfs = frames.map(({ baseSelf = 0 }) => baseSelf);
  const baseTotals = totalsOf(baseSelfs, parents);
  const scale = pixels / (Number(plus(totals[0]!, baseTotals[0]!)) || 1);
  const next = new Float64Array(frames.length);
  next[0] = margin;
  const boxes: Box[] = [];
  for (const [index, frame] of frames.entries()) {
    const total = totals[index]!;
    const width = index === 0 ? pixels : (Number(total) + Number(baseTotals[index])) * scale;
    const from = index === 0 ? 0 : parents[index]!;
    const x = next[from]!;
    if (index > 0) next[from] = x + width;
    next[index] = x;
    if (width < narrow) continue;
    const baseTotal = isDiff ? baseTotals[index]! : undefined;
    const isPlain = baseTotal === undefined || frame.folded !== undefined;
    const color = isPlain ? colorOf(frame.name, frame.place) : changeColor(Number(baseTotal), Number(total));
    boxes.push({ frame, name: readable(frame.name), color, x, width, total, baseTotal });
  }
  return { boxes, hidden: frames.length - boxes.length };
}

function drawBox({ name: whole, color, x, width }: Box, { y, title }: { y: number; title: string }): string {
  const [left, size] = [x.toFixed(2), Math.max(width - (width > 3 ? 0.6 : 0), narrow).toFixed(2)];
  const room = Math.floor((width - 6) / characterWidth);
  const characters = Array.from(whole);
  const name = characters.length <= room ? whole : `${characters.slice(0, room - 1).join('')}…`;
  const hint = `<title>${escapeMarkup(title)}</title>`;
  const box = `height="${rowHeight - 1}"`;
  if (room < 2) return `<rect x="${left}" y="${y}" width="${size}" ${box} class="${color}">${hint}</rect>\n`;
  // An inner svg clips what is in it.
  return `<svg x="${left}" y="${y}" width="${size}" ${box}>${hint}<rect width="100%" height="100%" rx="2" class="${color}"/><text x="3" y="12">${escapeMarkup(name)}</text></svg>\n`;
}

function describe(
  { name, total, baseTotal }: Box,
  { root, from, to }: { root: Box; from: string; to: string },
): string {
  const measure = (value: Int64, all: Int64): string =>
    `${formatValue(value, from, to)} (${value} ${from}), ${formatPercentage(value, all).trim()}`;
  if (baseTotal === undefined) return `${name}\n${measure(total, root.total)}`;
  return `${name}\nbefore ${measure(baseTotal, root.baseTotal!)}\nafter ${measure(total, root.total)}`;
}
