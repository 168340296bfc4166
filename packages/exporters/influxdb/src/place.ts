import type { Headers } from '@millrace/http-client';
import { secretsIn } from '@millrace/http-client';
import type { Config } from './config.ts';
import type { Precision } from './line/lines.ts';

/** InfluxDB 1 takes `us` for nanoseconds without a word. */
const precisionV1: Readonly<Record<Precision, string>> = { ns: 'ns', us: 'u', ms: 'ms', s: 's' };

/** Where lines with times in this unit are written to. There is no secret in it. */
export function writeUrl(config: Config, precision: Precision): URL {
  const url = new URL(config.endpoint);
  const { enabled, db, retention_policy: rp, consistency } = config.v1_compatibility;
  if (url.pathname === '/') url.pathname = enabled ? '/write' : '/api/v2/write';
  const parameters = enabled
    ? { db, rp, consistency, precision: precisionV1[precision] }
    : { org: config.org, bucket: config.bucket, precision };
  for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, value);
  return url;
}

/** The header that says who writes. */
export function authorization({ token, v1_compatibility: { enabled, username, password } }: Config): Headers {
  if (!enabled) return token ? { authorization: `Token ${token}` } : {};
  if (username === '') return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

const places: ReadonlySet<string> = new Set(['db', 'rp', 'org', 'bucket']);

/** What must not be in messages: who writes. Where to, as the endpoint's query may say it, can be. */
export function secretsOf(config: Config): readonly Headers[] {
  const { password, username } = config.v1_compatibility;
  return [config.headers, authorization(config), { password, username }, secretsIn(new URL(config.endpoint), places)];
}
