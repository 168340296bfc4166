import type { Finding } from '@millrace/core';
import { describeError, systemClock } from '@millrace/core';
import { clientOf, createAsk, shown } from '@millrace/http-client';
import { decode } from '@millrace/pprof';
import type { Config } from './config/schema.ts';
import type { ServerConfig } from './config/server.ts';
import type { TargetConfig } from './config/target.ts';
import { createServer } from './server/server.ts';
import { wantedProfiles } from './target/profiles.ts';
import { profileUrl, type Target, targetOf } from './target/target.ts';

const timeoutMs = 10_000;
/** Of the targets of a part of the config; more are not tried. */
const mostTried = 20;

/** Which generation each server is of, and whether the targets that the config itself says give profiles. */
export async function diagnose(config: Config): Promise<readonly Finding[]> {
  const servers = config.servers.map((server) => diagnoseServer(server, config));
  const targets = config.targets.map((target) => diagnoseTargets(target, config.max_profile_bytes));
  return [...(await Promise.all(servers)), ...(await Promise.all(targets)).flat()];
}

async function diagnoseServer(server: ServerConfig, config: Config): Promise<Finding> {
  const client = clientOf(server);
  const { name: where, detect } = createServer(server, { config, clock: systemClock, client });
  try {
    const { generation } = await detect(AbortSignal.timeout(timeoutMs));
    const what = generation === 'legacy' ? 'a legacy Pyroscope' : 'a Grafana Pyroscope';
    return { level: 'ok', text: `${where} is ${what}.` };
  } catch (error) {
    return {
      level: 'error',
      text: `${where} cannot be asked: ${describeError(error)}`,
      advice: 'Check the endpoint, the tenant and the credentials, and that the server runs.',
    };
  } finally {
    await client.close(AbortSignal.timeout(1_000));
  }
}

async function diagnoseTargets(config: TargetConfig, maxBytes: number): Promise<Finding[]> {
  const client = clientOf(config);
  const ask = createAsk(client, config);
  // Those that take their time are not tried.
  const wanted = wantedProfiles(config).filter(({ durationMs }) => durationMs === undefined);
  const own = { serviceName: config.service_name, attributes: config.attributes };

  async function tryTarget(target: Target): Promise<Finding[]> {
    return Promise.all(
      wanted.map(async ({ name, path }): Promise<Finding> => {
        const url = profileUrl(target, path);
        try {
          const { body } = await ask({ url, maxBytes, signal: AbortSignal.timeout(timeoutMs) });
          decode(body, { maxBytes });
          return { level: 'ok', text: `${shown(url)} gives a profile.` };
        } catch (error) {
          return {
            level: 'warning',
            text: `${shown(url)} gives no profile: ${describeError(error)}`,
            advice: `Start what should answer there, or turn profiles.${name} off.`,
          };
        }
      }),
    );
  }

  const targets = config.urls.slice(0, mostTried).map((url) => targetOf(new URL(url), own));
  const found = await Promise.all(targets.map(tryTarget));
  await client.close(AbortSignal.timeout(1_000));
  return found.flat();
}
