import { randomUUID } from 'node:crypto';
import type { Profile } from '@millrace/pprof';
import type { Labels } from './labels.ts';

/** How a server before Grafana Pyroscope is to keep values of a sample type. Names and values are those of its API. */
interface SampleType {
  readonly units: 'samples' | 'objects' | 'goroutines' | 'bytes' | 'lock_samples' | 'lock_nanoseconds';
  readonly 'display-name'?: string;
  readonly aggregation: 'sum' | 'average';
  /** Never: a cumulative type would be kept only as the difference of two profiles, and these are differences already. */
  readonly cumulative: false;
  readonly sampled: boolean;
}

/** Not to be guessed: what is in a profile cannot end its part. */
const boundary = `millrace-${randomUUID()}`;
export const multipartType = `multipart/form-data; boundary=${boundary}`;

/** The body of a request to `/ingest`: a pprof file, and what its sample types are. */
export function ingestBody(pprof: Uint8Array, profile: Profile, name: string): Buffer {
  const types = JSON.stringify(sampleTypes(profile, name));
  const part = (field: string, file: string, content: Uint8Array): Buffer =>
    Buffer.concat([
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${file}"\r\n` +
          'Content-Type: application/octet-stream\r\n\r\n',
      ),
      content,
      Buffer.from('\r\n'),
    ]);
  return Buffer.concat([
    part('profile', 'profile.pprof', pprof),
    part('sample_type_config', 'sample_type_config.json', Buffer.from(types)),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}

function sampleTypes(profile: Profile, name: string): Record<string, SampleType> {
  const types = profile.sampleTypes.map(({ type }) => type);
  const found: Record<string, SampleType> = {};
  // Of a CPU profile's counts and times, such a server wants the counts, and multiplies them by the period.
  for (const { type, unit } of profile.sampleTypes)
    if (!(types.includes('samples') && (type === 'cpu' || type === 'wall'))) found[type] = sampleType(type, unit, name);
  return found;
}

function sampleType(type: string, unit: string, name: string): SampleType {
  const common = { aggregation: 'sum', cumulative: false, sampled: false } as const;
  if (type === 'samples')
    return { ...common, units: 'samples', 'display-name': name === 'wall' ? 'wall' : 'cpu', sampled: true };
  if (type.startsWith('inuse_')) return { ...common, units: unitsOf(unit), aggregation: 'average' };
  if (type === 'goroutine')
    return { ...common, units: 'goroutines', 'display-name': 'goroutines', aggregation: 'average' };
  const kind = name === 'block' ? 'block' : 'mutex';
  if (type === 'contentions') return { ...common, units: 'lock_samples', 'display-name': `${kind}_count` };
  if (type === 'delay') return { ...common, units: 'lock_nanoseconds', 'display-name': `${kind}_duration` };
  return { ...common, units: unitsOf(unit) };
}

function unitsOf(unit: string): SampleType['units'] {
  if (unit === 'bytes') return 'bytes';
  if (unit === 'nanoseconds') return 'lock_nanoseconds';
  return unit === 'count' || unit === 'objects' ? 'objects' : 'samples';
}

/** `app{label=value,…}`; what would end a name or a value becomes `_`. */
export function ingestName(labels: Labels): string {
  const rest = [...labels]
    .filter(([name]) => name !== 'service_name')
    .map(([name, value]) => `${name}=${value.replace(/[{},=]/g, '_')}`);
  const app = labels.get('service_name')!.replace(/[^A-Za-z0-9_.-]/g, '_');
  return `${app}{${rest.sort().join()}}`;
}

const nanos = 1_000_000_000n;
/** Of a profile that says no duration. */
const defaultSeconds = 10n;

/** When it was taken, in whole seconds since the epoch, with nothing left out. */
export function ingestTimes({ timeNanos, durationNanos }: Profile, nowMs: number): { from: bigint; until: bigint } {
  const duration = durationNanos > 0n ? durationNanos : defaultSeconds * nanos;
  const start = timeNanos > 0n ? timeNanos : BigInt(Math.floor(nowMs)) * 1_000_000n - duration;
  const from = start / nanos;
  const until = (start + duration + nanos - 1n) / nanos;
  return { from, until: until > from ? until : from + 1n };
}
