import { resolve } from 'node:path';
import { type HostPort, parseEndpoint } from '../probe.ts';
import type { StringSchema } from '../schema.ts';
import type { Components } from './components.ts';
import type { Findings } from './findings.ts';
import { kinds, sectionOf } from './identifiers.ts';
import { leavesOf } from './leaves.ts';
import type { Kind, TelemetryConfig } from './model.ts';
import { pathText } from './schema-errors.ts';
import type { Path } from './tree.ts';

type What = NonNullable<StringSchema['exclusive']>;

/** A key whose value only one can have. */
interface Claim {
  readonly owner: Path;
  readonly path: Path;
  readonly what: What;
  readonly text: string;
}

const clashes: Readonly<Record<What, (one: string, other: string) => boolean>> = {
  address: sameAddress,
  path: samePath,
};
const hints: Readonly<Record<What, string>> = {
  address: 'give one of them another port; port 0 takes one that is free',
  path: 'give one of them another path',
};

/** Reports what two want for themselves. What nothing uses does not start, so it takes nothing. */
export function checkExclusive(
  { components, used }: { components: Components; used: Readonly<Record<Kind, ReadonlySet<string>>> },
  telemetry: TelemetryConfig,
  found: Findings,
): void {
  const all = [...ofTelemetry(telemetry), ...ofComponents(components, used)];
  for (const [index, { owner, path, what, text }] of all.entries()) {
    const other = all.slice(0, index).find((one) => one.what === what && clashes[what](one.text, text));
    if (other)
      found.error(path, {
        message: `${pathText(owner)}: ${text} is taken by ${pathText(other.path)}`,
        hint: hints[what],
      });
  }
}

function* ofComponents(components: Components, used: Readonly<Record<Kind, ReadonlySet<string>>>): Generator<Claim> {
  for (const kind of kinds)
    for (const [id, configured] of components[kind]) {
      if (!configured || !used[kind].has(id)) continue;
      const owner = [sectionOf(kind), id];
      const schema = { ...configured.definition.config, type: 'object', description: '' } as const;
      for (const { schema: of, path, value } of leavesOf(schema, configured.config))
        if (of.exclusive) yield { owner, path: [...owner, ...path], what: of.exclusive, text: value };
    }
}

/** Where nothing is said of it, nobody listens if the port is taken. */
function* ofTelemetry({ metrics: { level, readers = [] } }: TelemetryConfig): Generator<Claim> {
  if (level === 'none') return;
  const owner = ['service', 'telemetry', 'metrics'];
  for (const [index, reader] of readers.entries()) {
    if (!('pull' in reader)) continue;
    const { host, port } = reader.pull.exporter.prometheus;
    const path = [...owner, 'readers', index, 'pull', 'exporter', 'prometheus', 'port'];
    yield { owner, path, what: 'address', text: `${host.includes(':') ? `[${host}]` : host}:${port}` };
  }
}

/** Whether both cannot be had. Where that depends on the machine, as with a name for an address, it shows at the start. */
function sameAddress(one: string, other: string): boolean {
  const [here, there] = [parseEndpoint(one), parseEndpoint(other)];
  if (!here || !there) return samePath(one, other); // of a socket
  if (here.port !== there.port || here.port === 0) return false;
  return here.host === there.host || covers(here, there) || covers(there, here);
}

/** All addresses, or all of IPv4, among which is the other. */
const covers = ({ host }: HostPort, { host: other }: HostPort): boolean =>
  host === '' || (host === '0.0.0.0' && !other.includes(':'));

/** What is there for all, such as /dev/stdout, is nobody's own. */
function samePath(one: string, other: string): boolean {
  const path = resolve(one);
  return path === resolve(other) && !path.startsWith('/dev/');
}
