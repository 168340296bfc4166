import type { Consumer, Context, Signal } from '@millrace/core';
import { encodeResponse } from '@millrace/otlp';
import type { Method, RunningServer } from '@millrace/server';
import { startGrpc } from '@millrace/server';
import { createIntake } from '../intake.ts';
import type { OtlpGrpcConfig } from './config.ts';

const services: Readonly<Record<Signal, string>> = {
  metrics: 'metrics.v1.MetricsService',
  logs: 'logs.v1.LogsService',
  traces: 'trace.v1.TraceService',
  profiles: 'profiles.v1development.ProfilesService',
};

/** The full success of all signals is alike: it has nothing to say. */
const taken = encodeResponse('metrics');

/** Rejects with a PermanentError if it cannot listen. */
export function startOtlpGrpc(
  config: OtlpGrpcConfig,
  { context, next }: { context: Context; next: Consumer },
): Promise<RunningServer> {
  const intake = createIntake(config, context, next);
  const exportTo =
    (signal: Signal): Method =>
    async (message, aborted) => {
      await intake.deliver({ ...message, signal, format: 'protobuf' }, aborted);
      return taken;
    };
  const methods = new Map(
    (Object.entries(services) as [Signal, string][]).map(([signal, service]) => [
      `/opentelemetry.proto.collector.${service}/Export`,
      exportTo(signal),
    ]),
  );
  return startGrpc(config, { context, admission: intake, methods });
}
