import type { Context, ProfilesBatch } from '@millrace/core';
import type { Headers, PartSender, Poster } from '@millrace/http-client';
import {
  bodyOf,
  createPartSender,
  lowerCase,
  secretsIn,
  senderOf,
  tenantHeader,
  userAgent,
  withoutTenant,
} from '@millrace/http-client';
import { outcomeOf } from './answer.ts';
import type { Config } from './config.ts';
import type { Part } from './part.ts';
import { halves, partsOf, requestMaker } from './part.ts';
import { profilesOf } from './profiles.ts';
import { createTimes } from './times.ts';

export function pyroscopeSender(config: Config, poster: Poster, context: Context): PartSender<ProfilesBatch> {
  const options = { config, clock: context.clock, timeOf: createTimes() };
  const requestOf = requestMaker(config, context.clock);
  const own: Headers = { 'user-agent': userAgent, ...lowerCase(config.headers) };
  const secrets = [secretsIn(new URL(config.endpoint)), withoutTenant(config.headers)];
  const post = senderOf({ poster, context, auth: config.auth, secrets });

  return createPartSender<ProfilesBatch, Part>(
    (drop) => ({
      of: (batch) => partsOf(profilesOf(batch, { ...options, drop }), config.api),
      items: ({ profiles }) => profiles.reduce((sum, { items }) => sum + items, 0),
      halves: (part) => (part.profiles.length > 1 ? halves(part) : undefined),
      owner: ({ tenant }) => tenant,
      async post(part, _batch, signal) {
        const { url, headers, body } = await requestOf(part);
        const override = part.tenant === undefined ? undefined : { [tenantHeader]: part.tenant };
        return outcomeOf(await post({ url, headers: { ...own, ...headers }, override, body: bodyOf([body]), signal }));
      },
      complaint: 'Pyroscope has rejected some profiles.',
    }),
    context,
  );
}
