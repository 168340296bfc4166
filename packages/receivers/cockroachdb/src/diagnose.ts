import type { Finding } from '@millrace/core';
import { describeError, standaloneContext } from '@millrace/core';
import { createCluster } from './cluster/cluster.ts';
import { readCluster } from './cluster/read.ts';
import type { Config } from './config.ts';

/** Whether each endpoint answers, and whether the user may see what is asked for. */
export async function diagnose(config: Config): Promise<readonly Finding[]> {
  const findings = await Promise.all(config.clusters.map((cluster) => diagnoseCluster(cluster, config)));
  return findings.flat();
}

async function diagnoseCluster(cluster: Config['clusters'][number], config: Config): Promise<readonly Finding[]> {
  const { name, auth } = cluster;
  if (auth)
    return [
      { level: 'ok', text: `Cluster ${name} is asked with the credentials of ${auth.authenticator}, when it runs.` },
    ];
  const { client, ...rest } = createCluster(cluster, config, standaloneContext('cockroachdb'));
  const failures = new Set<string>();
  try {
    const { nodes, jobs } = await readCluster(
      { client, ...rest },
      {
        time: Date.now(),
        signal: new AbortController().signal,
        wantsJobs: true,
        identities: new Map(),
        fail: (error) => failures.add(describeError(error)),
      },
    );
    const findings: Finding[] = [...failures].map((text) => ({
      level: nodes ? 'warning' : 'error',
      text,
      advice: 'Correct endpoints, tls or the credentials of the cluster, or start the node.',
    }));
    if (nodes) findings.push({ level: 'ok', text: `Cluster ${name} tells of ${nodes.length} nodes.` });
    if (nodes && !jobs)
      findings.push({
        level: 'warning',
        text: `Cluster ${name} does not tell of its jobs.`,
        advice: 'Give the user the role admin, or the system privilege VIEWJOB.',
      });
    return findings;
  } finally {
    await client.close(AbortSignal.abort());
  }
}
