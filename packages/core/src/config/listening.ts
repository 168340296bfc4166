import { type HostPort, parseEndpoint } from '../probe.ts';
import type { Components } from './components.ts';
import type { Findings } from './findings.ts';
import { kinds, sectionOf } from './identifiers.ts';
import { leavesOf } from './leaves.ts';
import type { Kind, TelemetryConfig } from './model.ts';
import { pathText } from './schema-errors.ts';
import type { Path } from './tree.ts';

/** Where something is to listen. */
interface Listening {
  /** Of what listens there, and of the key that says where. */
  readonly owner: Path;
  readonly path: Path;
  readonly text: string;
}

/** Reports what is to listen where something else does. What nothing uses does not start, so it does not listen. */
export function checkListening(
  { components, used }: { components: Components; used: Readonly<Record<Kind, ReadonlySet<string>>> },
  telemetry: TelemetryConfig,
  found: Findings,
): void {
  const all = [...ofTelemetry(telemetry), ...ofComponents(components, used)];
  for (const [index, { owner, path, text }] of all.entries()) {
    const other = all.slice(0, index).find((one) => clash(one.text, text));
    if (other)
      found.error(path, {
        message: `${pathText(owner)}: ${text} is where ${pathText(other.owner)} listens`,
        hint: 'give one of them another port; port 0 takes one that is free',
      });
  }
}

function* ofComponents(
  components: Components,
  used: Readonly<Record<Kind, ReadonlySet<string>>>,
): Generator<Listening> {
  for (const kind of kinds)
    for (const [id, configured] of components[kind]) {
      if (!configured || !used[kind].has(id)) continue;
      const owner = [sectionOf(kind), id];
      const schema = { ...configured.definition.config, type: 'object', description: '' } as const;
      for (const { schema: of, path, value } of leavesOf(schema, configured.config))
        if (of.listens) yield { owner, path: [...owner, ...path], text: value };
    }
}

/** Where nothing is said of it, nobody listens if the port is taken. */
function* ofTelemetry({ metrics: { level, readers = [] } }: TelemetryConfig): Generator<Listening> {
  if (level === 'none') return;
  const owner = ['service', 'telemetry', 'metrics'];
  for (const [index, reader] of readers.entries()) {
    if (!('pull' in reader)) continue;
    const { host, port } = reader.pull.exporter.prometheus;
    const path = [...owner, 'readers', index, 'pull', 'exporter', 'prometheus', 'port'];
    yield { owner, path, text: `${host.includes(':') ? `[${host}]` : host}:${port}` };
  }
}

/** Whether both cannot be had. Where that depends on the machine, as with a name for an address, it shows at the start. */
function clash(one: string, other: string): boolean {
  const [here, there] = [parseEndpoint(one), parseEndpoint(other)];
  // The path of a socket, or the like.
  if (!here || !there) return one === other;
  if (here.port !== there.port || here.port === 0) return false;
  return here.host === there.host || covers(here, there) || covers(there, here);
}

/** All addresses, or all of IPv4, among which is the other. */
const covers = ({ host }: HostPort, { host: other }: HostPort): boolean =>
  host === '' || (host === '0.0.0.0' && !other.includes(':'));
