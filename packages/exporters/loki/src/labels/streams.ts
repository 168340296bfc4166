import type { Context } from '@millrace/core';
import type { Limits } from '../config.ts';
import type { Fitted, Label, Pair } from './label.ts';
import { fitted, labelsText, unnamed } from './label.ts';

const activeMs = 3_600_000;
const purgeMs = 60_000;
/** The part of the limit from which on there is a warning. */
const warnAt = 0.8;

/** What Loki keeps apart: the lines of one tenant with the same labels. */
export interface Stream {
  readonly tenant: string | undefined;
  readonly labels: readonly Pair[];
  readonly text: string;
  /** When a line was last seen, in milliseconds. */
  seen: number;
  /** It is not counted any more. */
  gone: boolean;
}

export interface Streams {
  /** The stream of these labels, as far as they can be labels. */
  open(tenant: string | undefined, chosen: readonly Label[]): Fitted & { readonly stream: Stream };
  /** How often labels were barred. What was opened before is to be opened anew when it has changed. */
  readonly epoch: number;
  /** How many were active in the last hour, of all tenants. */
  readonly size: number;
}

interface Tenant {
  active: Map<string, Stream>;
  /** Labels that have made too many streams. */
  readonly barred: Set<string>;
  warned: boolean;
  purged: number;
}

/** Keeps the number of active streams within `max` for each tenant, by giving up the labels with the most values. */
export function createStreams(
  { log, clock }: Pick<Context, 'log' | 'clock'>,
  { max, limits }: { readonly max: number; readonly limits: Limits },
): Streams {
  const tenants = new Map<string | undefined, Tenant>();
  let epoch = 0;

  function purge(tenant: Tenant, now: number): void {
    tenant.purged = now;
    for (const [text, stream] of tenant.active)
      if (now - stream.seen > activeMs) {
        stream.gone = true;
        tenant.active.delete(text);
      }
  }

  function give(tenant: Tenant, id: string | undefined): void {
    const widest = widestLabel(tenant.active.values());
    if (!widest) return;
    tenant.barred.add(widest.label);
    epoch++;
    const streams = tenant.active.size;
    const left = new Map<string, Stream>();
    for (const stream of tenant.active.values()) {
      stream.gone = true;
      const rest = stream.labels.filter(([name]) => name !== widest.label);
      const labels = rest.length > 0 ? rest : unnamed;
      const text = labelsText(labels);
      const same = left.get(text);
      if (same) same.seen = Math.max(same.seen, stream.seen);
      else left.set(text, { ...stream, labels, text, gone: false });
    }
    tenant.active = left;
    log.warn(
      { ...widest, tenant: id, streams, max_streams: max },
      'A label has made too many streams: from now on it is structured metadata.',
    );
  }

  return {
    get epoch() {
      return epoch;
    },
    get size() {
      let size = 0;
      for (const [id, tenant] of tenants) {
        purge(tenant, clock.now());
        size += tenant.active.size;
        if (tenant.active.size === 0 && tenant.barred.size === 0) tenants.delete(id);
      }
      return size;
    },
    open(id, chosen) {
      const now = clock.now();
      let tenant = tenants.get(id);
      if (!tenant) tenants.set(id, (tenant = { active: new Map(), barred: new Set(), warned: false, purged: now }));
      for (;;) {
        const fit = fitted(chosen, limits, tenant.barred);
        const text = labelsText(fit.labels);
        const known = tenant.active.get(text);
        if (known) return { ...fit, stream: known };
        if (now - tenant.purged > purgeMs) purge(tenant, now);
        const full = max > 0 && tenant.active.size >= max;
        if (full) purge(tenant, now);
        if (full && tenant.active.size >= max) {
          const before = tenant.barred.size;
          give(tenant, id);
          if (tenant.barred.size > before) continue;
        }
        const stream: Stream = { tenant: id, labels: fit.labels, text, seen: now, gone: false };
        tenant.active.set(text, stream);
        if (max > 0 && !tenant.warned && tenant.active.size >= max * warnAt) {
          tenant.warned = true;
          log.warn(
            { ...widestLabel(tenant.active.values()), tenant: id, streams: tenant.active.size, max_streams: max },
            'There are many streams. The label with the most values is to become structured metadata at max_streams.',
          );
        }
        return { ...fit, stream };
      }
    },
  };
}

/** The label with the most values, if one has more than one. */
function widestLabel(streams: Iterable<Stream>): { readonly label: string; readonly values: number } | undefined {
  const values = new Map<string, Set<string>>();
  for (const { labels } of streams)
    for (const [name, value] of labels) {
      const seen = values.get(name);
      if (seen) seen.add(value);
      else values.set(name, new Set([value]));
    }
  let widest: { label: string; values: number } | undefined;
  for (const [label, { size }] of values) if (size > (widest?.values ?? 1)) widest = { label, values: size };
  return widest;
}
