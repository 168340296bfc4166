import type { Attributes } from '@millrace/core';
import type { NodeView } from './cluster/view.ts';
import type { NodeStatus } from './status/nodes.ts';

/** The attributes of a cluster's entities: the same objects from scrape to scrape. */
export interface Identities {
  readonly cluster: Attributes;
  node(id: string): Attributes;
  store(node: string, id: string): Attributes;
  /** What `cockroachdb.node.info` tells. */
  info(status: NodeStatus): Attributes;
  /** Forgets the nodes that are not among these. */
  keep(nodes: readonly NodeView[]): void;
}

interface NodeIdentity {
  readonly attributes: Attributes;
  readonly stores: Map<string, Attributes>;
  info: Attributes;
}

const none: Attributes = Object.freeze({});

export function createIdentities(name: string): Identities {
  const cluster = Object.freeze({ 'cockroachdb.cluster.name': name });
  const nodes = new Map<string, NodeIdentity>();

  function identity(id: string): NodeIdentity {
    let known = nodes.get(id);
    if (!known) {
      const attributes = Object.freeze({ ...cluster, 'cockroachdb.node.id': id });
      known = { attributes, stores: new Map(), info: none };
      nodes.set(id, known);
    }
    return known;
  }

  return {
    cluster,
    node: (id) => identity(id).attributes,
    store(node, id) {
      const { attributes, stores } = identity(node);
      let store = stores.get(id);
      if (!store) {
        store = Object.freeze({ ...attributes, 'cockroachdb.store.id': id });
        stores.set(id, store);
      }
      return store;
    },
    info(status) {
      const known = identity(status.id);
      const info = infoOf(status);
      const same = Object.keys(info).length === Object.keys(known.info).length && isPart(info, known.info);
      if (!same) known.info = Object.freeze(info);
      return known.info;
    },
    keep(views) {
      const here = new Set(views.map(({ id }) => id));
      for (const id of nodes.keys()) if (!here.has(id)) nodes.delete(id);
    },
  };
}

const isPart = (part: Attributes, of: Attributes): boolean =>
  Object.entries(part).every(([key, value]) => of[key] === value);

const infoOf = ({ version, address, locality }: NodeStatus): Attributes => ({
  ...(version !== undefined && { 'cockroachdb.version': version }),
  ...(address !== undefined && { 'cockroachdb.node.address': address }),
  ...(locality !== undefined && { 'cockroachdb.node.locality': locality }),
});
