import type { Consumer, Context, HrTime } from '@millrace/core';
import { describeError, dropCounter, metricsBatch } from '@millrace/core';
import type { Method } from '@millrace/server';
import { invalid, metadataOf } from '@millrace/server';
import type { Message } from './message.ts';
import { decodeMessage } from './message.ts';
import { metricsOf } from './metrics.ts';
import { createResources } from './resources.ts';

export interface PublishConfig {
  readonly extra_tags: readonly string[];
  readonly unlimited: 'absent' | 'as_sent';
  readonly include_metadata: boolean;
}

const taken = new Uint8Array();

/** `/Aggregator/Publish`: answers once the next owner has the point. */
export function createPublish(config: PublishConfig, { context, next }: { context: Context; next: Consumer }): Method {
  const resourceOf = createResources(config.extra_tags.map((name) => name.toLowerCase()));
  const drop = dropCounter(context);
  const { unlimited } = config;

  return async ({ bytes, headers }, aborted) => {
    const resource = resourceOf(headers);
    const message = decode(bytes);
    const metrics = metricsOf(message, { resource, time: timeOf(message), unlimited, drop });
    await next.consume(metricsBatch([metrics], config.include_metadata ? metadataOf(headers) : undefined), aborted);
    return taken;
  };
}

function decode(bytes: Uint8Array): Message {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    throw invalid(describeError(error));
  }
}

/** Nanoseconds since the epoch must fit an int64: that ends in the year 2262. */
const lastSecond = (2n ** 63n - 1n) / 1_000_000_000n;

function timeOf({ unix_time: seconds = 0n }: Message): HrTime {
  if (seconds > 0n && seconds <= lastSecond) return [Number(seconds), 0];
  throw invalid(`unix_time is ${seconds}; it must be seconds since 1970, from 1 to ${lastSecond}.`);
}
