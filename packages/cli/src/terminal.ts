import { styleText } from 'node:util';
import {
  type Attributes,
  attributesKey,
  type Batch,
  defineExporter,
  isEnded,
  type ResourceMetrics,
} from '@millrace/core';
import { cells, type Screen } from './screen.ts';

interface Column {
  readonly metric: string;
  readonly title: string;
}

interface Table {
  readonly title: string;
  /** Resource attributes that name a row. */
  readonly labels: readonly string[];
  /** Resources with one of these attributes are not of this table. */
  readonly without?: readonly string[];
  readonly columns: readonly Column[];
  readonly sort_by: string;
  readonly rows: number;
}

const columns = (prefix: string): Column[] => [
  { metric: `${prefix}.memory.pss`, title: 'PSS' },
  { metric: `${prefix}.memory.uss`, title: 'USS' },
  { metric: `${prefix}.memory.usage`, title: 'RSS' },
  { metric: `${prefix}.cpu.utilization`, title: 'CPU' },
];

const hostTables: readonly Table[] = [
  {
    title: 'Groups',
    labels: ['process.group', 'process.subgroup'],
    without: ['process.pid', 'topn.other'],
    columns: [{ metric: 'process.group.size', title: 'COUNT' }, ...columns('process.group')],
    sort_by: 'process.group.memory.pss',
    rows: 12,
  },
  {
    title: 'Processes',
    labels: ['process.pid', 'process.executable.name', 'process.owner'],
    columns: columns('process'),
    sort_by: 'process.memory.pss',
    rows: 15,
  },
];

/** The `terminal` exporter: a live table on the screen, or, where output is not a terminal, one at the end of `--once`. */
export const terminalExporter = (screen: Screen, { once }: { once: boolean }) =>
  defineExporter({
    type: 'terminal',
    description: 'Shows the biggest entities as a table that refreshes in place, on a terminal; nothing elsewhere.',
    signals: ['metrics'],
    delivery: 'direct',
    config: {
      properties: {
        tables: {
          type: 'array',
          default: hostTables,
          description: 'The tables, one below the other. Default: process groups and processes by PSS.',
          items: {
            type: 'object',
            description: 'One table: a row for each resource that has all of `labels`.',
            required: ['title', 'labels', 'columns', 'sort_by'],
            properties: {
              title: { type: 'string', description: 'Its heading.' },
              labels: {
                type: 'array',
                description: 'Resource attributes that name a row.',
                items: { type: 'string', description: 'An attribute.' },
              },
              without: {
                type: 'array',
                description: 'Resources that have one of these attributes are left out.',
                items: { type: 'string', description: 'An attribute.' },
              },
              columns: {
                type: 'array',
                description: 'The values of a row.',
                items: {
                  type: 'object',
                  description: 'One column: the points of a metric, added up.',
                  required: ['metric', 'title'],
                  properties: {
                    metric: { type: 'string', description: 'The metric.' },
                    title: { type: 'string', description: 'Its heading.' },
                  },
                },
              },
              sort_by: { type: 'string', description: 'The metric that orders the rows, the largest first.' },
              rows: { type: 'integer', minimum: 1, default: 15, description: 'How many rows are shown.' },
            },
          },
        },
      },
    },
    create({ tables }, { clock }) {
      const seen = new Map<string, ResourceMetrics>();
      const picture = (color: boolean): string[] =>
        (tables as readonly Table[]).flatMap((table) => renderTable(table, [...seen.values()], color));
      return {
        async consume(batch: Batch) {
          if (batch.signal !== 'metrics') return;
          for (const one of batch.resourceMetrics) {
            const key = identity(one.resource.attributes);
            if (one.scopeMetrics.some(({ metrics }) => metrics.some(hasValue))) seen.set(key, one);
            else seen.delete(key);
          }
          if (screen.live && !once)
            screen.draw([
              ...picture(true),
              styleText('dim', `${new Date(clock.now()).toTimeString().slice(0, 8)} · Ctrl-C ends`),
            ]);
        },
        async shutdown() {
          if (once && seen.size > 0) screen.print(`${picture(screen.live).join('\n')}\n`);
          seen.clear();
          screen.end();
        },
      };
    },
  });

const hasValue = ({ dataPoints }: ResourceMetrics['scopeMetrics'][number]['metrics'][number]): boolean =>
  dataPoints.some((point) => !isEnded(point));

const identities = new WeakMap<Attributes, string>();

function identity(attributes: Attributes): string {
  let key = identities.get(attributes);
  if (key === undefined) identities.set(attributes, (key = attributesKey(attributes)));
  return key;
}

interface Row {
  readonly labels: readonly string[];
  readonly values: ReadonlyMap<string, { readonly value: number; readonly unit: string }>;
}

/** The lines of a table: its title, headings, and a line a row. */
export function renderTable(table: Table, resources: readonly ResourceMetrics[], color: boolean): string[] {
  const rows = resources
    .filter(({ resource }) => belongs(table, resource.attributes))
    .map((one) => row(table, one))
    .filter(({ values }) => values.size > 0)
    .sort((a, b) => sortValue(table, b) - sortValue(table, a))
    .slice(0, table.rows);
  if (rows.length === 0) return [];
  const headings = [
    ...table.labels.map((label) => label.split('.').at(-1)!.toUpperCase()),
    ...table.columns.map(({ title }) => title),
  ];
  const body = rows.map(({ labels, values }) => [
    ...labels,
    ...table.columns.map(({ metric }) => format(values.get(metric))),
  ]);
  const widths = headings.map((heading, at) => Math.max(cells(heading), ...body.map((line) => cells(line[at]!))));
  const lay = (line: readonly string[]): string =>
    line
      .map((cell, at) => (at < table.labels.length ? padEnd(cell, widths[at]!) : cell.padStart(widths[at]!)))
      .join('  ');
  const style = (how: 'bold' | 'dim', text: string): string => (color ? styleText(how, text) : text);
  return [style('bold', table.title), style('dim', lay(headings)), ...body.map(lay), ''];
}

const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - cells(text)));

function belongs({ labels, without = [] }: Table, attributes: Attributes): boolean {
  return attributes[labels[0]!] !== undefined && without.every((name) => attributes[name] === undefined);
}

function row({ labels, columns: shown }: Table, { resource, scopeMetrics }: ResourceMetrics): Row {
  const values = new Map<string, { value: number; unit: string }>();
  const wanted = new Set(shown.map(({ metric }) => metric));
  for (const { metrics } of scopeMetrics)
    for (const { descriptor, dataPoints } of metrics) {
      if (!wanted.has(descriptor.name)) continue;
      let value: number | undefined;
      for (const point of dataPoints)
        if (typeof point.value === 'number' || typeof point.value === 'bigint')
          value = (value ?? 0) + Number(point.value);
      if (value !== undefined) values.set(descriptor.name, { value, unit: descriptor.unit });
    }
  return { labels: labels.map((label) => printable(resource.attributes[label])), values };
}

const sortValue = ({ sort_by }: Table, { values }: Row): number => values.get(sort_by)?.value ?? -1;

/** Names come from other processes: nothing in them may steer the terminal. */
const printable = (value: unknown): string =>
  value === undefined
    ? ''
    : String(value)
        .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
        .slice(0, 40);

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function format(cell: { readonly value: number; readonly unit: string } | undefined): string {
  if (!cell) return '-';
  const { value, unit } = cell;
  if (unit === '1') return `${(value * 100).toFixed(1)}%`;
  if (unit === '%') return `${value.toFixed(1)}%`;
  if (unit !== 'By') return String(+value.toFixed(2));
  const power = value < 1024 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), byteUnits.length - 1);
  return `${(value / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${byteUnits[power]}`;
}
