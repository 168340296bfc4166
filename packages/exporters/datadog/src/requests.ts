import type { Batch, Context, LogsBatch, MetricsBatch } from '@millrace/core';
import { dropCounter } from '@millrace/core';
import type { Headers } from '@millrace/http-client';
import type { LogsAccount, MetricsAccount } from './accounts.ts';
import type { DatadogConfig } from './config.ts';
import type { Parcel, Share } from './delivery.ts';
import { logsJson, logsMapper } from './logs/logs.ts';
import type { Mapper } from './map/mapper.ts';
import type { Compression } from './payload/compress.ts';
import type { Format } from './payload/format.ts';
import type { Payload } from './payload/pack.ts';
import { pack } from './payload/pack.ts';
import { seriesJson, seriesProtobuf, seriesV1 } from './payload/series.ts';
import { sketchesProtobuf } from './payload/sketches.ts';

/** The release of github.com/DataDog/agent-payload whose messages these are, as the Agent says it of its own. */
const agentPayload = '5.0.215';

/** Makes of a batch what each account is to get of it. */
export type Requests<B extends Batch> = (batch: B) => Promise<readonly Share[]>;

export interface MetricsRequests {
  readonly config: DatadogConfig['metrics'];
  readonly accounts: readonly MetricsAccount[];
  readonly mapper: Pick<Mapper, 'map'>;
}

/** Maps before it waits for anything, so that points are seen in the order of their batches. */
export function metricsRequests(
  { config, accounts, mapper }: MetricsRequests,
  context: Context,
): Requests<MetricsBatch> {
  const compression = config.compression ?? (config.api === 'v1' ? 'deflate' : 'zstd');
  const format = config.api === 'v1' ? seriesV1 : config.encoding === 'json' ? seriesJson : seriesProtobuf;
  const packed = packer(compression, context);
  const headers = headersOf(format, compression);
  const sketchHeaders = headersOf(sketchesProtobuf, compression);
  return async (batch) => {
    const mapped = mapper.map(batch);
    const [series, sketches] = await Promise.all([
      packed(mapped.series, format),
      packed(mapped.sketches, sketchesProtobuf),
    ]);
    return accounts.map((account) => ({
      account,
      parcels: [
        ...parcels(series, { url: account.series, apiKey: account.apiKey, headers }),
        ...parcels(sketches, { url: account.sketches, apiKey: account.apiKey, headers: sketchHeaders }),
      ],
    }));
  };
}

export interface LogsRequests {
  readonly config: DatadogConfig;
  readonly accounts: readonly LogsAccount[];
  readonly hostname: string;
}

export function logsRequests({ config, accounts, hostname }: LogsRequests, context: Context): Requests<LogsBatch> {
  const { compression } = config.logs;
  const map = logsMapper({ tags: config.tags, hostname }, context);
  const packed = packer(compression, context);
  const headers = headersOf(logsJson, compression);
  return async (batch) => {
    const logs = await packed(map(batch), logsJson);
    return accounts.map((account) => ({
      account,
      parcels: parcels(logs, { url: account.logs, apiKey: account.apiKey, headers }),
    }));
  };
}

function packer(compression: Compression, context: Context) {
  const dropped = dropCounter(context);
  const tooLarge = (items: number): void => dropped(items, 'too_large');
  return <Item>(items: readonly Item[], format: Format<Item>) => pack(items, { format, compression, tooLarge });
}

const headersOf = ({ contentType }: { readonly contentType: string }, compression: Compression): Headers => ({
  'content-type': contentType,
  ...(contentType === 'application/x-protobuf' && { 'dd-agent-payload': agentPayload }),
  ...(compression !== 'none' && { 'content-encoding': compression }),
});

const parcels = (
  payloads: readonly Payload[],
  { url, apiKey, headers }: { readonly url: URL; readonly apiKey: string; readonly headers: Headers },
): Parcel[] => payloads.map((payload) => ({ target: { url, apiKey }, headers, payload }));
