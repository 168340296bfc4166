import { jsonOf } from './answers.ts';
import type { Connection } from './connection.ts';
import { ServiceError } from './service-error.ts';

/** `GET /v1/reports`: the newest of each cluster, one of each signal that it has, as JSON values. */
export async function newestReports(
  connection: Connection,
  clusters: readonly string[],
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const query = String(new URLSearchParams(clusters.map((cluster): [string, string] => ['cluster', cluster])));
  const path = `/v1/reports${query && `?${query}`}`;
  const answer = await connection.send({ path, timeoutMs: 10_000, signal });
  const { reports } = Object(await jsonOf(answer, connection)) as { reports?: unknown };
  if (Array.isArray(reports)) return reports;
  throw new ServiceError(`${connection.endpoint} answered without reports: it is not a report cache.`, {
    permanent: true,
  });
}

/** The cursor to go on after, having seen these. From the beginning where there was none: what comes meanwhile is not lost. */
export function cursorBefore(reports: readonly unknown[]): string {
  return String(
    reports.reduce((newest: bigint, report) => (cursorOf(report) > newest ? cursorOf(report) : newest), 0n),
  );
}

function cursorOf(report: unknown): bigint {
  const cursor = String(Object(report).cursor);
  return /^\d{1,20}$/.test(cursor) ? BigInt(cursor) : 0n;
}
