import { encodeJson } from '@millrace/otlp';
import type { Report } from './cache/report.ts';
import { batchOfReport } from './cache/report.ts';

/** A report as text, made at the first ask and shared by all who ask soon after. */
export interface Texts {
  /** `{"cluster":"roachy","cursor":"17",…,"data":{OTLP/JSON}}` */
  json(report: Report): Buffer;
  /** The same as a server-sent event. */
  event(report: Report): Buffer;
}

/** A text is some six times as large as its report: what is kept of them is for clients that ask at about the same time. */
const keptBytes = 4 * 1024 * 1024;

export function createTexts(): Texts {
  /** By cursor: what is not kept of reports any more is not kept for their texts. */
  const made = new Map<number, { readonly event: Buffer; readonly json: Buffer }>();
  let bytes = 0;

  function textsOf(report: Report): { readonly event: Buffer; readonly json: Buffer } {
    const known = made.get(report.cursor);
    if (known) return known;
    const json = jsonOf(report);
    const head = `id: ${report.cursor}\nevent: report\ndata: `;
    const event = Buffer.from(`${head}${json}\n\n`);
    const texts = { event, json: event.subarray(head.length, event.length - 2) };
    made.set(report.cursor, texts);
    bytes += event.length;
    for (const [oldest, { event: old }] of made) {
      if (bytes <= keptBytes) break;
      made.delete(oldest);
      bytes -= old.length;
    }
    return texts;
  }

  return {
    json: (report) => textsOf(report).json,
    event: (report) => textsOf(report).event,
  };
}

function jsonOf(report: Report): string {
  const { cluster, cursor, time, signal } = report;
  const head = JSON.stringify({ cluster, cursor: String(cursor), time: new Date(time).toISOString(), signal });
  return `${head.slice(0, -1)},"data":${encodeJson(batchOfReport(report))}}`;
}

/** What a command answers, as JSON: 64-bit integers are decimal strings. */
export const resultText = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)) ?? 'null';
