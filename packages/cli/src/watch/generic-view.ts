import type { ClusterState, ResourceState } from './cluster-state.ts';
import { attributesText, type Reading, readingsOf, shown } from './readings.ts';
import { type Cell, type Column, flow, layTable, type Page } from './table.ts';
import { unknown } from './units.ts';

const mostRows = 20;
const mostSeries = 40;

/** Reports of anything: a table a kind of resource, or, where there are few resources with many series, a list of those. */
export function genericView({ resources }: ClusterState, page: Page): string[] {
  const kinds = Map.groupBy(resources, ({ attributes }) => Object.keys(attributes).sort().join());
  return [...kinds.values()].flatMap((alike) => kindView(alike, page));
}

function kindView(resources: readonly ResourceState[], page: Page): string[] {
  const names = Object.keys(resources[0]!.attributes);
  const first = resources[0]!.attributes;
  const same = (name: string): boolean =>
    resources.every(({ attributes }) => shown(attributes[name]) === shown(first[name]));
  const common = names.filter((name) => same(name));
  const labels = names.filter((name) => !same(name));
  const heading = flow(
    common.map((name) => ({ text: `${shown(name)}: ${shown(first[name])}`, paint: 'cyan' })),
    page,
  );
  const body = resources.length > 2 ? resourceTable(resources, labels, page) : seriesLists(resources, labels, page);
  return [...heading, ...body];
}

const seriesName = ({ metric, attributes }: Reading): string => `${shown(metric)}${attributesText(attributes)}`;

/**
 * A row a resource, the largest by its first series first. Labels that tell the rows apart come first, then the series, and
 * then the other labels where there is room.
 */
function resourceTable(resources: readonly ResourceState[], labels: readonly string[], page: Page): string[] {
  const rows = resources.map((resource) => ({
    resource,
    readings: new Map(readingsOf(resource).map((reading) => [seriesName(reading), reading])),
  }));
  const series = [...new Set(rows.flatMap(({ readings }) => [...readings.keys()]))];
  const size = (row: (typeof rows)[number]): number => row.readings.get(series[0]!)?.size ?? Number.NEGATIVE_INFINITY;
  const top = rows.toSorted((a, b) => size(b) - size(a) || 0).slice(0, mostRows);
  const prefix = commonPrefix(series);
  const telling = tellingLabels(resources, labels);
  const others = labels.filter((label) => !telling.includes(label));
  const label = (name: string) => ({
    title: shortLabel(name),
    align: 'left' as const,
    text: ({ resource }: (typeof rows)[number]) => shortText(shown(resource.attributes[name])),
  });
  const columns = [
    ...telling.map(label),
    ...series.map((name) => ({
      title: name.slice(prefix),
      align: 'right' as const,
      text: ({ readings }: (typeof rows)[number]) => readings.get(name)?.text ?? unknown,
    })),
    ...others.map(label),
  ].map((column, rank) => ({ ...column, rank }));
  const cells = top.map((row) => columns.map(({ text }): Cell => ({ text: text(row) })));
  const { lines, hidden } = layTable({ columns, rows: cells }, page);
  const more = [
    ...(rows.length > top.length ? [`${rows.length - top.length} more rows`] : []),
    ...(hidden.length > 0 ? [`no room for ${hidden.length}: ${shortText(hidden.join(', '))}`] : []),
  ];
  return [
    ...lines,
    ...flow(
      more.map((text) => ({ text, paint: 'dim' })),
      page,
    ),
  ];
}

/** Those of which each tells more resources apart than those before it, and names. */
function tellingLabels(resources: readonly ResourceState[], labels: readonly string[]): string[] {
  const told: string[] = [];
  const apart = (names: readonly string[]): number =>
    new Set(resources.map(({ attributes }) => names.map((name) => shown(attributes[name])).join('\n'))).size;
  for (const label of labels) if (apart([...told, label]) > apart(told)) told.push(label);
  return labels.filter((label) => told.includes(label) || /(?:^|\.)name$/.test(label));
}

const shortText = (text: string): string => (text.length > 40 ? `${text.slice(0, 39).toWellFormed()}…` : text);

/** A line a series, the largest first. */
function seriesLists(resources: readonly ResourceState[], labels: readonly string[], page: Page): string[] {
  return resources.flatMap((resource) => {
    const readings = readingsOf(resource);
    const top = readings.length > mostSeries ? readings.toSorted((a, b) => b.size - a.size || 0) : readings;
    const columns: Column[] = [
      { title: 'series', align: 'left', rank: 0 },
      { title: 'value', align: 'right', rank: 0 },
    ];
    const rows = top.slice(0, mostSeries).map((reading) => [{ text: seriesName(reading) }, { text: reading.text }]);
    const names = labels.map((label) => ({ text: `${shown(label)}: ${shown(resource.attributes[label])}` }));
    const rest = readings.length - rows.length;
    return [
      ...flow(names, page),
      ...layTable({ columns, rows }, page).lines,
      ...(rest > 0 ? flow([{ text: `${rest} more series`, paint: 'dim' }], page) : []),
    ];
  });
}

const shortLabel = (label: string): string => shown(label.split('.').slice(-2).join('.'));

/** The length of what all names begin with, up to a dot. */
function commonPrefix(names: readonly string[]): number {
  const [first = ''] = names;
  if (names.length < 2) return 0;
  let end = first.search(/\{|$/);
  for (const name of names) while (!name.startsWith(first.slice(0, end))) end -= 1;
  return first.lastIndexOf('.', end) + 1 > end ? 0 : first.slice(0, end).lastIndexOf('.') + 1;
}
