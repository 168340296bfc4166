import type { Method } from '@millrace/server';
import { Writer } from '@millrace/protobuf';
import type { Cache } from '../cache/cache.ts';
import type { Report } from '../cache/report.ts';
import { batchOfReport } from '../cache/report.ts';
import { fieldsOf } from '../grpc/messages.ts';
import { unknownCluster } from '../not-found.ts';
import type { Probe } from './probe.ts';
import { goTime, probeOf } from './probe.ts';

/**
 * dbmon's own service: the oldest probes that this connection has not had yet. dbmon took them out of its cache, so that two
 * clients had half of them each; here each connection has a place of its own, which ends with it.
 */
export function createPull(cache: Cache): Method {
  /** By connection and cluster: the cursor of the last that it was given. */
  const places = new WeakMap<object, Map<string, number>>();
  const probes = new WeakMap<Report, Probe>();

  function probe(report: Report): Probe {
    let known = probes.get(report);
    if (!known) {
      known = probeOf(batchOfReport(report));
      probes.set(report, known);
    }
    return known;
  }

  return async ({ bytes, connection }) => {
    const fields = fieldsOf(bytes);
    const cluster = fields.text(1);
    const wanted = Number(BigInt.asIntN(32, fields.integer(2) ?? 0n));
    let place = places.get(connection);
    if (!place) places.set(connection, (place = new Map()));
    const range = cache.range({ cluster, after: place.get(cluster) ?? 0, limit: 0 });
    if (!range) throw unknownCluster(cluster, cache.clusters());
    const given = range.reports.filter(({ signal }) => signal === 'metrics').slice(0, wanted > 0 ? wanted : undefined);
    const isAll = wanted <= 0 || given.length < wanted;
    const last = isAll ? range.next : given.at(-1)!.cursor;
    place.set(cluster, last);
    return pullReply(
      cluster,
      given.map((report) => ({ ...probe(report), time: report.time })),
    );
  };
}

function pullReply(cluster: string, probes: readonly (Probe & { readonly time: number })[]): Uint8Array {
  const writer = new Writer(1024);
  for (const { status, data, time } of probes.toReversed()) {
    const end = writer.length;
    text(writer, 34, goTime(time));
    text(writer, 26, data);
    text(writer, 18, status);
    text(writer, 10, cluster);
    writer.message(26, end);
  }
  text(writer, 10, cluster);
  return writer.copy();
}

function text(writer: Writer, tag: number, value: string): void {
  const mark = writer.length;
  writer.text(value);
  writer.message(tag, mark);
}
