import { bodyOf } from '@millrace/http-client';
import { Writer } from '@millrace/protobuf';
import type { Window } from '../times.ts';
import { ProfileProblem, usage } from '../problem.ts';
import type { Server } from './ask.ts';
import type { Query } from './query.ts';

/** As `querier.v1.QuerierService/ProfileTypes` answers. */
interface ProfileType {
  readonly ID: string;
  readonly name: string;
  readonly sampleType: string;
}

/** Of the second generation what it has; undefined if the server is none. */
export async function profileTypes(
  server: Server,
  { from, until }: Window,
): Promise<readonly ProfileType[] | undefined> {
  const body = Buffer.from(JSON.stringify({ start: String(from), end: String(until) }));
  const { status, contentType, bytes } = await server.fetch({
    url: new URL('querier.v1.QuerierService/ProfileTypes', server.base),
    headers: { ...server.headers, 'content-type': 'application/json', 'connect-protocol-version': '1' },
    body: bodyOf([body]),
    timeoutMs: server.timeoutMs,
    // Servers of the first generation do not know the path, or show their page for any.
    allowed: (answer) => answer === 404 || answer === 405,
  });
  if (status !== 200 || !contentType.startsWith('application/json')) return undefined;
  const { profileTypes: types = [] } = JSON.parse(bytes.toString()) as { profileTypes?: readonly ProfileType[] };
  return types;
}

/** Which of the types `cpu` or `inuse_space` means. */
export function typeOf({ type = 'cpu' }: Query, types: readonly ProfileType[]): string {
  const all = [...new Set(types.map(({ ID }) => ID))].sort();
  if (all.length === 0) throw new ProfileProblem('The Pyroscope server has no profiles at all in this window.');
  const found = [
    types.filter(({ ID, sampleType }) => sampleType === type || ID === type),
    types.filter(({ name }) => name === type),
  ].find((some) => some.length > 0);
  const ids = [...new Set((found ?? []).map(({ ID }) => ID))];
  const preferred = ids.filter((id) => id.startsWith(`process_${type}:`));
  if (ids.length === 1) return ids[0]!;
  if (preferred.length === 1) return preferred[0]!;
  const which =
    ids.length === 0
      ? `There is no profile type ${type}; there are`
      : `${type} may be any of these, so say which: --type`;
  throw usage(`${which} ${(ids.length === 0 ? all : ids).join(', ')}`);
}

interface Merge {
  readonly profileType: string;
  readonly selector: string;
  readonly window: Window;
}

/** A `google.v1.Profile`, which is pprof's own message. */
export async function mergeProfile(server: Server, { profileType, selector, window }: Merge): Promise<Uint8Array> {
  // From the last field to the first.
  const writer = new Writer(1024);
  writer.varint(window.until);
  writer.tag(4 << 3);
  writer.varint(window.from);
  writer.tag(3 << 3);
  for (const [field, text] of [
    [2, selector],
    [1, profileType],
  ] as const) {
    const mark = writer.length;
    writer.text(text);
    writer.message((field << 3) | 2, mark);
  }
  const { bytes } = await server.fetch({
    url: new URL('querier.v1.QuerierService/SelectMergeProfile', server.base),
    headers: { ...server.headers, 'content-type': 'application/proto', 'connect-protocol-version': '1' },
    body: bodyOf([writer.copy()]),
    timeoutMs: server.timeoutMs,
  });
  return bytes;
}
