import type { Client } from '../api/client.ts';
import type { Endpoint } from '../api/endpoint.ts';
import { ApiError } from '../api/error.ts';
import { createVarsReader, type VarsPoint, type Wanted } from '../vars/page.ts';

export interface VarsOf {
  readonly node: string;
  /** The node's own endpoint. */
  readonly endpoint: Endpoint | undefined;
}

export interface VarsRun {
  readonly signal: AbortSignal;
  /** An endpoint that passes on what is asked of nodes without one of their own. */
  readonly through: Endpoint | undefined;
  fail(error: unknown): void;
}

export interface Vars {
  /** What the pages of these nodes have, by node. Never rejects. */
  read(nodes: readonly VarsOf[], run: VarsRun): Promise<ReadonlyMap<string, readonly VarsPoint[]>>;
}

/** Pages of megabytes: more at once would only wait for one another. */
const parallel = 8;

/**
 * The page of each node, from its own endpoint if the config has it, otherwise passed on by another node, which versions
 * from 21.2 do for `remote_node_id`. Those before answer with their own page: each page says whose it is.
 */
export function createVars(client: Client, wanted: Wanted): Vars {
  const readers = new Map<string, ReturnType<typeof createVarsReader>>();
  let passesOn = true;

  async function readOne({ node, endpoint }: VarsOf, { signal, through }: VarsRun): Promise<readonly VarsPoint[]> {
    const asked = endpoint ?? through!;
    const path = endpoint ? '/_status/vars' : `/_status/vars?remote_node_id=${node}`;
    const reader = readers.get(node) ?? createVarsReader(wanted);
    readers.set(node, reader);
    const page = reader.begin();
    await client.stream({ endpoint: asked, path, signal, session: 'known' }, (chunk) => page.push(chunk));
    const { node: found, points } = page.end();
    if (found === node || (found === undefined && endpoint)) return points;
    readers.delete(node);
    if (endpoint)
      throw new ApiError(`${asked.base} is node ${found} now, no longer node ${node}.`, { reason: 'bad_reply' });
    passesOn = false;
    throw new ApiError(
      `${asked.base} does not pass on what is asked of node ${node}: add the node's own address to endpoints.`,
      { reason: 'bad_reply' },
    );
  }

  return {
    async read(nodes, run) {
      const here = new Set(nodes.map(({ node }) => node));
      for (const node of readers.keys()) if (!here.has(node)) readers.delete(node);
      const pages = new Map<string, readonly VarsPoint[]>();
      const waiting = nodes.filter(({ endpoint }) => endpoint ?? (run.through && passesOn));
      async function work(): Promise<void> {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          if (!next.endpoint && !passesOn) continue;
          try {
            pages.set(next.node, await readOne(next, run));
          } catch (error) {
            run.fail(error);
          }
        }
      }
      await Promise.all(Array.from({ length: parallel }, work));
      return pages;
    },
  };
}
