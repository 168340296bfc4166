import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:http';
import type { RequestOptions } from 'node:https';
import { request as httpsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { Component, Consumer, DataPoint, InputOf, ResourceMetrics } from '@millrace/core';
import { hrTime, metricsBatch, pointType, resolveConfig, valueType } from '@millrace/core';
import type { ManualClock, TestContext } from '@millrace/core/testing';
import { manualClock, testContext } from '@millrace/core/testing';
import { onTestFinished } from 'vitest';
import definition from '../src/index.ts';

export interface Running {
  readonly url: string;
  readonly context: TestContext;
  readonly clock: ManualClock;
  readonly component: Component & Consumer;
  take(...resourceMetrics: ResourceMetrics[]): Promise<void>;
}

/** An exporter that is shut down when the test has ended. */
export function create(input: InputOf<typeof definition.config> = {}): Omit<Running, 'url'> {
  const clock = manualClock();
  const context = testContext({ id: 'prometheus', clock });
  const config = resolveConfig(definition.config, { endpoint: '127.0.0.1:0', ...input });
  const component = definition.create(config, context);
  onTestFinished(async () => component.shutdown?.(AbortSignal.timeout(1000)));
  const take = (...resourceMetrics: ResourceMetrics[]): Promise<void> =>
    component.consume(metricsBatch(resourceMetrics));
  return { context, clock, component, take };
}

export async function start(input: InputOf<typeof definition.config> = {}): Promise<Running> {
  const created = create(input);
  await created.component.start?.();
  const { url } = created.context.lines.at(-1)!.fields as { url: string };
  return { ...created, url };
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Buffer;
}

export async function fetched(url: string, options: RequestOptions = {}): Promise<Answer> {
  const outgoing = url.startsWith('https:') ? httpsRequest(url, options) : request(url, options);
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const body = await buffer(response);
  return { status: response.statusCode, headers: response.headers, body, text: body.toString() };
}

export const point = (value: number, attributes = {}): DataPoint<number> => ({
  startTime: hrTime(0),
  endTime: hrTime(0),
  attributes,
  value,
});

export const gauge = (
  attributes: Record<string, string | number>,
  ...dataPoints: DataPoint<number>[]
): ResourceMetrics => ({
  resource: { attributes },
  scopeMetrics: [
    {
      scope: { name: 's' },
      metrics: [
        {
          descriptor: { name: 'a.size', unit: 'By', description: 'A size.', valueType: valueType.int },
          dataPointType: pointType.gauge,
          dataPoints,
        },
      ],
    },
  ],
});

/** What is served of a gauge of one point. */
export const page = '# HELP a_size_bytes A size.\n# TYPE a_size_bytes gauge\na_size_bytes{otel_scope_name="s"} 1\n';
