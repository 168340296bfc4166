import type { Finding } from '@millrace/core';
import { describeError } from '@millrace/core';
import { createEngineApi } from './api/engine.ts';
import { createTransport } from './api/transport.ts';
import { type Config, endpointOf } from './config.ts';
import { parseContainer } from './containers/container.ts';
import { openCgroups } from './numbers/cgroups.ts';

/** Whether the engine answers, and whether the cgroup of a container that runs can be read. */
export async function diagnose(config: Config): Promise<readonly Finding[]> {
  const { endpoint, request_timeout: timeoutMs, api_version: pinnedVersion, root_path: rootPath } = config;
  const api = createEngineApi({ transport: createTransport(endpointOf(config)), timeoutMs, pinnedVersion });
  const { signal } = new AbortController();
  try {
    const { runtime, release, apiVersion } = await api.greet(signal);
    const findings: Finding[] = [
      { level: 'ok', text: `${endpoint} is ${runtime} ${release ?? ''}, which speaks the API ${apiVersion} with us.` },
    ];
    const [first] = await api.list({ all: false, signal });
    if (!first || config.stats_source === 'api') return findings;
    const found = await openCgroups({ rootPath, wanted: { cpu: true }, networks: false }).find(
      parseContainer(await api.inspect(first.id, signal)),
    );
    if (typeof found === 'string')
      findings.push({
        level: config.stats_source === 'cgroup' ? 'error' : 'warning',
        text: `The cgroup of a container cannot be read: ${found}`,
        advice:
          'The statistics of the API are used instead. In a container, mount the host’s /sys/fs/cgroup and /proc, and set root_path.',
      });
    else {
      findings.push({ level: 'ok', text: 'The cgroups of containers can be read.' });
      found.close();
    }
    return findings;
  } catch (error) {
    return [
      {
        level: 'error',
        text: describeError(error),
        advice:
          'Start the engine, or set endpoint to where it listens; for its socket, root or a member of its group may ask.',
      },
    ];
  } finally {
    api.close();
  }
}
