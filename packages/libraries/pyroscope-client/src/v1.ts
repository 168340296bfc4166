import type { WholeAnswer } from '@millrace/http-client';
import { decode, type Profile, ProfileError, subtract } from '@millrace/pprof';
import { Reader, Writer } from '@millrace/protobuf';
import { BoundaryMoved } from './error.ts';
import { resolveType } from './profile-type.ts';
import { type Query, v1Query } from './query.ts';
import type { Found, Reached, Source, Window } from './source.ts';
import { isRecord } from './url.ts';

const service = 'querier.v1.QuerierService';
const headers = { 'connect-protocol-version': '1' };

/**
 * Grafana Pyroscope from 1.0 on, over Connect.
 *
 * Its profiles have times in nanoseconds, its questions are in milliseconds, and both ends of a question belong to it
 * (IntBetweenPredicate in pkg/phlaredb). So no row of questions meets every profile once: from S to E-1 ms and from E on leaves
 * out what lies in the last millisecond before E, from S to E and from E on has what lies at E twice. What is in [S, E) is the
 * difference of two: from S to E+1 ms, and from E to E+1 ms. That holds too if the end should not belong to it.
 */
export function v1Source({ ask, url, maxBytes, read = (body) => decode(body, { maxBytes }) }: Reached): Source {
  const call = (
    method: string,
    content: { readonly type: string; readonly bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<WholeAnswer> => ask({ url: url(`${service}/${method}`), headers, content, maxBytes, signal });

  async function told(method: string, request: object, signal: AbortSignal): Promise<unknown> {
    const content = { type: 'application/json', bytes: Buffer.from(JSON.stringify(request)) };
    return JSON.parse((await call(method, content, signal)).body.toString());
  }

  async function merged(query: Query, { startMs, endMs }: Window, signal: AbortSignal) {
    const bytes = mergeRequest(v1Query(query), { startMs, endMs });
    const { body, dateMs } = await call('SelectMergeProfile', { type: 'application/proto', bytes }, signal);
    return { profile: hasSamples(body) ? read(body) : undefined, dateMs };
  }

  return {
    generation: 'v1',
    async pull(query, { startMs, endMs }, signal) {
      const whole = await merged(query, { startMs, endMs: endMs + 1 }, signal);
      if (!whole.profile) return whole;
      const behind = await merged(query, { startMs: endMs, endMs: endMs + 1 }, signal);
      if (!behind.profile) return whole;
      const profile = subtract(whole.profile, behind.profile);
      if (hasNegative(profile)) throw new BoundaryMoved();
      return { profile: profile.samples.count > 0 ? profile : undefined, dateMs: whole.dateMs };
    },
    async find({ startMs, endMs }, signal) {
      const labelNames = ['service_name', '__profile_type__'];
      return foundIn(await told('Series', { matchers: [], labelNames, start: startMs, end: endMs }, signal));
    },
    async resolve(query, { startMs, endMs }, signal) {
      if (query.profileType.includes(':')) return query;
      const types = typesIn(await told('ProfileTypes', { start: startMs, end: endMs }, signal));
      return { ...query, profileType: resolveType(query.profileType, types) };
    },
  };
}

/** https://github.com/grafana/pyroscope/blob/main/api/querier/v1/querier.proto */
function mergeRequest(
  { type, selector }: { readonly type: string; readonly selector: string },
  { startMs, endMs }: Window,
): Uint8Array {
  const writer = new Writer(256);
  writer.varint(endMs);
  writer.tag(4 << 3);
  writer.varint(startMs);
  writer.tag(3 << 3);
  for (const [field, text] of [
    [2, selector],
    [1, type],
  ] as const) {
    const mark = writer.length;
    writer.text(text);
    writer.message((field << 3) | 2, mark);
  }
  return writer.copy();
}

/** An empty profile is no profile: it has a time at most, and not even the empty string. */
export function hasSamples(body: Uint8Array): boolean {
  const sample = (2 << 3) | 2;
  if (body[0] === 0x1f) return true;
  try {
    const reader = new Reader(body);
    for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
      if (tag === sample) return true;
      reader.skip(tag);
    }
    return false;
  } catch {
    // What is wrong with it, decoding says better.
    return true;
  }
}

function hasNegative({ samples }: Profile): boolean {
  for (let at = 0; at < samples.values.length; at++) if (samples.values.number(at) < 0) return true;
  return false;
}

function foundIn(answer: unknown): Found[] {
  const sets = isRecord(answer) ? (answer['labelsSet'] ?? []) : undefined;
  if (!Array.isArray(sets)) throw new ProfileError('The series of the server are no list.');
  return sets.flatMap((set): Found[] => {
    const labels = isRecord(set) && Array.isArray(set['labels']) ? set['labels'] : [];
    const values = new Map(labels.filter(isRecord).map(({ name, value }) => [name, value]));
    const [application, profileType] = [values.get('service_name'), values.get('__profile_type__')];
    return typeof application === 'string' && typeof profileType === 'string' ? [{ application, profileType }] : [];
  });
}

function typesIn(answer: unknown): string[] {
  const types = isRecord(answer) ? (answer['profileTypes'] ?? []) : undefined;
  if (!Array.isArray(types)) throw new ProfileError('The profile types of the server are no list.');
  return types.flatMap((type) => (isRecord(type) && typeof type['ID'] === 'string' ? [type['ID']] : []));
}
