import type { CommandCall, CommandDeclarations, ConfigSchema } from '@millrace/core';
import { PermanentError } from '@millrace/core';
import type { Cluster } from '../cluster/cluster.ts';
import { type Row, tellHealth, tellHotRanges, tellInfo, tellJobs, tellNodes } from './answers.ts';

const cluster = {
  type: 'string',
  minLength: 1,
  description: 'The cluster to ask, by its name in the config. Without: all.',
} as const;
const ofCluster = { properties: { cluster } } as const satisfies ConfigSchema;
const limit = {
  type: 'integer',
  minimum: 1,
  default: 20,
  description: 'How many ranges to tell of, the hottest first.',
} as const;

export const commands = {
  health: {
    description: 'Whether each endpoint answers, and whether its node takes SQL clients.',
    arguments: ofCluster,
  },
  info: { description: 'Version, address, locality, CPUs, memory and uptime of each node.', arguments: ofCluster },
  nodes: { description: 'State and numbers of each node.', arguments: ofCluster },
  jobs: { description: 'The jobs that run or wait, the oldest first.', arguments: ofCluster },
  hot_ranges: {
    description: 'The ranges with the most queries.',
    arguments: { properties: { cluster, limit } },
  },
} as const satisfies CommandDeclarations;

const answers: Readonly<
  Record<keyof typeof commands, (cluster: Cluster, call: CommandCall) => Promise<readonly Row[]>>
> = {
  health: (asked, { signal }) => tellHealth(asked, signal),
  info: (asked, { signal }) => tellInfo(asked, signal),
  nodes: (asked, { signal }) => tellNodes(asked, signal),
  jobs: (asked, { signal }) => tellJobs(asked, signal),
  hot_ranges: (asked, { signal, arguments: { limit: most } }) => tellHotRanges(asked, signal, Number(most)),
};

/** One row for each endpoint, node, job or range; for a cluster that cannot be asked, one with its `error`. */
export async function answer(clusters: readonly Cluster[], call: CommandCall): Promise<readonly Row[]> {
  const { cluster: wanted } = call.arguments;
  const asked = wanted === undefined ? clusters : clusters.filter(({ name }) => name === wanted);
  if (asked.length === 0)
    throw new PermanentError(
      `There is no cluster ${String(wanted)}; there are ${clusters.map(({ name }) => name).join(', ')}.`,
    );
  const tell = answers[call.name as keyof typeof commands];
  const rows = await Promise.all(asked.map((one) => tell(one, call)));
  return rows.flat();
}
