import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  defineExporter,
  describeError,
  dropCounter,
  itemCount,
  metricsBatch,
  PermanentError,
  type ResourceMetrics,
  toSdk,
} from '@millrace/core';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';

type ExporterClass = new (options?: object) => PushMetricExporter;

/**
 * Any npm package that exports an OpenTelemetry SDK `PushMetricExporter` is an exporter here. An SDK exporter takes one
 * resource a call and knows no summaries, no ended series and no integers beyond 2^53: those are left out and counted.
 */
export default defineExporter({
  type: 'sdk',
  description: 'Hands metrics to any OpenTelemetry SDK metric exporter, named by its npm module.',
  signals: ['metrics'],
  config: {
    required: ['module', 'export'],
    properties: {
      module: {
        type: 'string',
        minLength: 1,
        description: 'The npm package, or the path of a file, that has the exporter.',
      },
      export: { type: 'string', minLength: 1, description: "The name of the exporter's class in it." },
      options: {
        type: 'object',
        default: {},
        description: "What the class's constructor gets.",
        additionalProperties: {
          description: 'An option.',
          anyOf: [
            { type: 'string', description: 'Text.' },
            { type: 'number', description: 'A number.' },
            { type: 'boolean', description: 'A switch.' },
            {
              type: 'object',
              description: 'A map of texts.',
              additionalProperties: { type: 'string', description: 'Text.' },
            },
          ],
        },
      },
    },
  },
  create(config, context) {
    let exporter: PushMetricExporter | undefined;
    const drop = dropCounter(context);

    async function send(resourceMetrics: ResourceMetrics): Promise<void> {
      const { resourceMetrics: converted, left } = toSdk(resourceMetrics);
      const items = itemCount(metricsBatch([fromConverted(converted)]));
      if (items > 0) {
        const result = Promise.withResolvers<void>();
        exporter!.export(converted, ({ code, error }) =>
          code === 0 ? result.resolve() : result.reject(error ?? new Error(`${config.export} reported a failure`)),
        );
        await result.promise;
      }
      for (const [reason, points] of left) drop(points, `sdk_cannot_hold_${reason.split(' ', 1)[0]}`);
    }

    return {
      async start() {
        exporter ??= await construct(config.module, config.export, config.options);
      },
      async consume(batch) {
        if (batch.signal !== 'metrics')
          throw new PermanentError(`an SDK metric exporter takes metrics, not ${batch.signal}`);
        for (const one of batch.resourceMetrics) await send(one);
      },
      async shutdown() {
        const ended = exporter;
        exporter = undefined;
        await ended?.shutdown();
      },
    };
  },
});

const fromConverted = (converted: unknown): ResourceMetrics => converted as ResourceMetrics;

async function construct(module: string, name: string, options: object): Promise<PushMetricExporter> {
  const isPath = module.startsWith('.') || isAbsolute(module);
  let loaded: Record<string, unknown>;
  try {
    const path = isPath ? resolve(module) : createRequire(join(process.cwd(), 'package.json')).resolve(module);
    loaded = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new PermanentError(`${module} cannot be loaded (npm install ${module}?): ${describeError(error)}`, {
      cause: error,
    });
  }
  const found = loaded[name] ?? (loaded.default as Record<string, unknown> | undefined)?.[name];
  if (typeof found !== 'function') {
    const classes = Object.keys(loaded).filter((key) => key.endsWith('Exporter'));
    throw new PermanentError(
      `${module} has no class ${name}${classes.length > 0 ? `; it has ${classes.join(', ')}` : ''}`,
    );
  }
  return new (found as ExporterClass)(options);
}
