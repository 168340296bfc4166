// One way to parse a page, in a process of its own. Says at each message how much CPU that took.
import { createAssembler, createParser } from '@millrace/prometheus-parser';
import parsePrometheusTextFormat from 'parse-prometheus-text-format';
import { renderPage } from './page.ts';

export type Variant =
  | 'npm'
  | 'samples, first'
  | 'samples, again'
  | 'metrics, first'
  | 'metrics, again'
  | 'objects alone';

const chunkBytes = 64 * 1024;

function* chunksOf(page: Buffer): Generator<Buffer, void, void> {
  for (let at = 0; at < page.length; at += chunkBytes) yield page.subarray(at, at + chunkBytes);
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function samplesParser() {
  let samples: Sample[] = [];
  const parser = createParser<Omit<Sample, 'value'>>({
    sink: {
      series: (series) => series,
      sample: ({ name, labels }, value) => void samples.push({ name, labels, value }),
    },
  });
  return (page: Buffer): Sample[] => {
    samples = [];
    const open = parser.begin('prometheus');
    for (const chunk of chunksOf(page)) open.push(chunk);
    open.end();
    return samples;
  };
}

function metricsParser() {
  const assembler = createAssembler({ scope: { name: 'bench' } });
  return (page: Buffer): unknown => {
    const open = assembler.begin({ format: 'prometheus', timeMs: Date.now() });
    for (const chunk of chunksOf(page)) open.push(chunk);
    return open.end();
  };
}

/** What the engine takes to make the samples and their labels, of strings that are there: nobody can be faster. */
function samplesMaker() {
  const known = new Map<Buffer, Sample[]>();
  return (page: Buffer): Sample[] => {
    let samples = known.get(page);
    if (!samples) known.set(page, (samples = samplesParser()(page)));
    return samples.map(({ name, labels, value }) => ({ name, labels: { ...labels }, value }));
  };
}

function parserOf(variant: Variant): (page: Buffer) => unknown {
  switch (variant) {
    case 'npm':
      return (page) => parsePrometheusTextFormat(page.toString());
    case 'samples, first':
      return (page) => samplesParser()(page);
    case 'samples, again':
      return samplesParser();
    case 'metrics, first':
      return (page) => metricsParser()(page);
    case 'metrics, again':
      return metricsParser();
    case 'objects alone':
      return samplesMaker();
  }
}

const parse = parserOf(process.argv[2] as Variant);
const pages = [0, 1, 2].map(renderPage);
let round = 0;
let kept: unknown;

process.on('message', () => {
  const page = pages[round++ % pages.length]!;
  const before = process.cpuUsage();
  const began = performance.now();
  kept = parse(page);
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  process.send!([(user + system) / 1000, ms, page.length]);
});
process.on('disconnect', () => process.exit(kept === undefined ? 1 : 0));
process.send!('ready');
