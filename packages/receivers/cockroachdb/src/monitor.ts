import type { Scrape } from '@millrace/core';
import { watchNodes } from './changes/nodes.ts';
import { watchRanges } from './changes/ranges.ts';
import { watchReach } from './changes/reach.ts';
import { recordOf } from './changes/record.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { Probe } from './cluster/probe.ts';
import { probesByNode, type Reading, readCluster } from './cluster/read.ts';
import { createVars, type VarsOf } from './cluster/vars.ts';
import type { NodeView } from './cluster/view.ts';
import { createIdentities } from './identities.ts';
import type { metrics } from './metrics.ts';
import type { PresetName } from './presets/index.ts';
import { recordCluster } from './record/cluster.ts';
import { recordNode, recordProbe } from './record/node.ts';
import { heartbeatOf, type Page, recordPage } from './record/page.ts';
import { recordStore } from './record/store.ts';
import { wantedByPresets } from './vars/wanted.ts';

type Run = Scrape<typeof metrics>;
type Pages = ReadonlyMap<string, Page>;

/** One cluster, from scrape to scrape. */
export interface Monitor {
  /** Never rejects: what fails is reported. What has not been answered when the signal aborts is left out. */
  scrape(run: Run, signal: AbortSignal): Promise<void>;
}

export function createMonitor(cluster: Cluster, presetNames: readonly PresetName[]): Monitor {
  const { name, client } = cluster;
  const identities = createIdentities(name);
  /** Which endpoint is which node. */
  const nodeOf = new Map<string, string>();
  const vars = createVars(client, wantedByPresets(presetNames));
  const changed = { nodes: watchNodes(), ranges: watchRanges(), reach: watchReach(name) };

  /** Of a cluster that tells nothing of its nodes, those whose endpoints answer: this page needs no other node. */
  function wantedPages({ nodes, probes }: Reading): VarsOf[] {
    const own = (probe: Probe | undefined) => (probe?.health ? probe.endpoint : undefined);
    const forPresets = presetNames.length > 0;
    if (nodes)
      return nodes
        .filter(({ current, status }) => current && (forPresets || status?.heartbeatP99Ns === undefined))
        .map(({ id, probe }) => ({ node: id, endpoint: own(probe) }));
    if (!forPresets) return [];
    return [...probesByNode(probes, nodeOf)]
      .filter(([, { health }]) => health)
      .map(([node, { endpoint }]) => ({ node, endpoint }));
  }

  function recordNodes(nodes: readonly NodeView[], pages: Pages, run: Run): void {
    for (const view of nodes) {
      const { id, status, current } = view;
      const options = { startTime: status?.startedAt };
      const entity = run.entity(identities.node(id), options);
      const storeOf = (store: string) => run.entity(identities.store(id, store), options);
      const info = status && identities.info(status);
      recordNode(entity, view, { time: run.time, info, heartbeatSeconds: heartbeatOf(pages.get(id)) });
      if (!current || !status) continue;
      for (const store of status.stores) recordStore(storeOf(store.id), store);
      recordPage(pages.get(id) ?? [], entity, storeOf);
    }
  }

  function recordEndpoints(probes: readonly Probe[], pages: Pages, run: Run): void {
    for (const [id, probe] of probesByNode(probes, nodeOf)) {
      const entity = run.entity(identities.node(id));
      recordProbe(entity, probe);
      recordPage(pages.get(id) ?? [], entity, (store) => run.entity(identities.store(id, store)));
    }
  }

  function logChanges(reading: Reading, run: Run): void {
    const { nodes } = reading;
    for (const change of changed.reach(reading)) run.log(recordOf(change), identities.cluster);
    if (!nodes) return;
    for (const { node, change } of changed.nodes(nodes)) run.log(recordOf(change), identities.node(node));
    for (const change of changed.ranges(nodes)) run.log(recordOf(change), identities.cluster);
  }

  return {
    async scrape(run, signal) {
      const { time, fail } = run;
      const wantsJobs = run.wants('cockroachdb.cluster.jobs') || run.wants('cockroachdb.tasks.oldest_age');
      const reading = await readCluster(cluster, { time, signal, fail, wantsJobs, identities: nodeOf });
      const { nodes, probes } = reading;
      const through = probes.find(({ health }) => health?.ready)?.endpoint;
      const pages = await vars.read(wantedPages(reading), { signal, fail, through });
      recordCluster(run.entity(identities.cluster), reading, { time, pages });
      if (nodes) recordNodes(nodes, pages, run);
      else recordEndpoints(probes, pages, run);
      logChanges(reading, run);
      if (nodes) identities.keep(nodes);
    },
  };
}
