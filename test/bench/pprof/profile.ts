import { Function, Label, Line, Location, Mapping, Profile, Sample, StringTable, ValueType } from 'pprof-format';

const functionCount = 6000;
const locationCount = 24_000;
const sampleCount = 105_000;
/** Different calls that a location makes. */
const calleeCount = 4;

/** A CPU profile of about 10 MB as a large server has it: deep stacks that share their roots, some inlined calls, labels. */
export function bigProfile(): Uint8Array {
  const random = generator(7);
  const below = (limit: number): number => Math.floor(random() * limit);
  const strings = new StringTable();
  const text = (value: string): number => strings.dedup(value);
  const functions = Array.from({ length: functionCount }, (_, index) => {
    const name = text(`example.com/service/internal/package${index % 211}.(*Component${index % 53}).method${index}`);
    const filename = text(`/go/src/example.com/service/internal/package${index % 211}/file${index % 17}.go`);
    return new Function({ id: index + 1, name, systemName: name, filename, startLine: below(900) + 1 });
  });
  const line = (): Line => new Line({ functionId: below(functionCount) + 1, line: below(1000) + 1 });
  const locations = Array.from(
    { length: locationCount },
    (_, index) =>
      new Location({
        id: index + 1,
        mappingId: 1,
        address: 0x400000 + index * 32,
        line: index % 5 === 0 ? [line(), line()] : [line()],
      }),
  );
  const route = text('route');
  const routes = Array.from({ length: 40 }, (_, index) => text(`/api/v1/resource${index}`));
  const stacks: number[][] = [];
  const samples = Array.from({ length: sampleCount }, (_, index) => {
    // Most stacks branch off another one.
    const before = stacks[below(stacks.length)] ?? [];
    const shared = before.slice(0, below(before.length));
    const depth = 12 + below(40);
    while (shared.length < depth) shared.push(calleeOf(shared.at(-1) ?? 0, below(calleeCount)));
    if (stacks.length < 4000) stacks.push(shared);
    const count = 1 + below(4);
    return new Sample({
      locationId: shared.toReversed(),
      value: [count, count * 10_000_000],
      label: index % 4 === 0 ? [new Label({ key: route, str: routes[below(40)]! })] : [],
    });
  });
  const valueType = (type: string, unit: string): ValueType => new ValueType({ type: text(type), unit: text(unit) });
  return new Profile({
    sampleType: [valueType('samples', 'count'), valueType('cpu', 'nanoseconds')],
    sample: samples,
    mapping: [
      new Mapping({
        id: 1,
        memoryStart: 0x400000,
        memoryLimit: 0x2000000,
        filename: text('/usr/bin/service'),
        hasFunctions: true,
      }),
    ],
    location: locations,
    function: functions,
    stringTable: strings,
    timeNanos: 1_700_000_000_000_000_000n,
    durationNanos: 10_000_000_000,
    periodType: valueType('cpu', 'nanoseconds'),
    period: 10_000_000,
  }).encode();
}

const calleeOf = (caller: number, index: number): number => ((caller * 31 + index * 7919 + 13) % locationCount) + 1;

/** https://en.wikipedia.org/wiki/Linear_congruential_generator: the same profile every time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
