import type { Attributes, Batch, LogsBatch, ResourceBatch } from '@millrace/core';
import { byteSize, cutBatch, itemCount, logsBatch, mergeBatches, splitByResource } from '@millrace/core';
import { bodyOf } from '@millrace/http-client';
import { encodeChunks } from '@millrace/otlp';
import type { Config } from './config.ts';
import { once, type Part } from './part.ts';
import { tenantOf } from './tenant.ts';

export interface OtlpOptions {
  readonly config: Config;
  drop(lines: number, reason: string): void;
  compress(chunks: readonly Uint8Array[]): Promise<Uint8Array> | Uint8Array;
}

/** The batch as it is, in requests for Loki's OTLP endpoint: one tenant each, within their size. */
export function otlpParts(batch: LogsBatch, options: OtlpOptions): readonly Part[] {
  const { config, drop } = options;
  const parts: Part[] = [];
  for (const [tenant, ofTenant] of byTenant(batch, config)) {
    if (tenant === '') drop(itemCount(ofTenant), 'invalid_tenant');
    else parts.push(...withinSize(partOf(tenant, ofTenant, options), config.max_request_bytes));
  }
  return parts;
}

function byTenant(batch: LogsBatch, config: Config): ReadonlyMap<string | undefined, Batch> {
  const tenant = tenantOf(config);
  if (!tenant) return new Map([[config.tenant.default, batch]]);
  const batches = new Map<string | undefined, Batch[]>();
  const put = (id: string | undefined, one: Batch): void => {
    const known = batches.get(id);
    if (known) known.push(one);
    else batches.set(id, [one]);
  };
  // A hint may be in a record too, but then records have to be decoded: only where the config says that they name tenants.
  if (config.tenant.attribute === undefined)
    for (const { resource, batch: one } of splitByResource(batch)) put(tenant(resource.attributes, undefined), one);
  else for (const resourceLogs of batch.resourceLogs) putRecords(resourceLogs, { tenant, put });
  return new Map(Array.from(batches, ([id, all]) => [id, mergeBatches(all)]));
}

function putRecords(
  resourceLogs: LogsBatch['resourceLogs'][number],
  {
    tenant,
    put,
  }: {
    tenant(resource: Attributes, record: Attributes): string | undefined;
    put(id: string | undefined, one: Batch): void;
  },
): void {
  const ids = new Set<string | undefined>();
  const { resource, scopeLogs } = resourceLogs;
  const of = new Map(
    scopeLogs.flatMap(({ logRecords }) =>
      logRecords.map((record) => {
        const id = tenant(resource.attributes, record.attributes);
        ids.add(id);
        return [record, id] as const;
      }),
    ),
  );
  for (const id of ids) {
    const some = scopeLogs.map((one) => ({
      ...one,
      logRecords: one.logRecords.filter((record) => of.get(record) === id),
    }));
    put(id, logsBatch([{ ...resourceLogs, scopeLogs: some.filter(({ logRecords }) => logRecords.length > 0) }]));
  }
}

function partOf(tenant: string | undefined, batch: Batch, options: OtlpOptions): Part & { readonly bytes: number } {
  const lines = itemCount(batch);
  return {
    tenant,
    lines,
    bytes: byteSize(batch),
    body: once(async () => bodyOf([await options.compress(encodeChunks(batch))])),
    halves() {
      const [first, ...others] = cutBatch(batch, Math.ceil(lines / 2));
      return [partOf(tenant, first!, options), partOf(tenant, mergeBatches(others as ResourceBatch[]), options)];
    },
    linesOf: () => undefined,
  };
}

function withinSize(part: Part, maxBytes: number): readonly Part[] {
  const { bytes } = part as Part & { readonly bytes: number };
  if (bytes <= maxBytes || part.lines === 1) return [part];
  return part.halves().flatMap((half) => withinSize(half, maxBytes));
}
