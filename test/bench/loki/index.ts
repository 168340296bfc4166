import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Variant } from './sender.ts';

/*
 * Lines of a web server as they come by OTLP, of 20 pods, each with attributes of its own, to a server in a process of its
 * own. What is counted is the CPU of the sender's process, threads that compress included, from the decoded batch to the
 * answer. Against it: objects in the shape of Loki's JSON, JSON.stringify and gzip, over the same client. Each sender has a
 * process, and they run in turns.
 */
const rounds = 7;
const variants: readonly Variant[] = ['raw', 'json_format', 'gzip_json', 'stringify'];

export default async function bench(): Promise<{ rows: string[][]; json: Record<string, number> }> {
  const server = fork(join(import.meta.dirname, 'server.ts'));
  const senders = new Map<Variant, ChildProcess>();
  try {
    const [port] = (await once(server, 'message')) as [number];
    for (const variant of variants)
      senders.set(variant, fork(join(import.meta.dirname, 'sender.ts'), [variant, `http://127.0.0.1:${port}`]));
    await Promise.all(Array.from(senders.values(), said));
    const figures = new Map(variants.map((variant) => [variant, [] as number[]]));
    for (let round = 0; round < rounds; round++)
      for (const [variant, sender] of senders) {
        const figure = said(sender) as Promise<number>;
        sender.send('go');
        figures.get(variant)!.push(await figure);
      }
    const figure = (variant: Variant): number => Math.round(median(figures.get(variant)!));
    const ratios = figures.get('raw')!.map((value, round) => value / figures.get('stringify')![round]!);
    const json = {
      lines_per_cpu_s: figure('raw'),
      json_format_lines_per_cpu_s: figure('json_format'),
      gzip_json_lines_per_cpu_s: figure('gzip_json'),
      stringify_lines_per_cpu_s: figure('stringify'),
      ratio_to_stringify: Math.round(median(ratios) * 100) / 100,
    };
    const rows = [
      ['lines per CPU second', 'lines'],
      ['protobuf, raw line and structured metadata', String(json.lines_per_cpu_s)],
      ['protobuf, all in a JSON line', String(json.json_format_lines_per_cpu_s)],
      ['JSON and gzip, raw line and structured metadata', String(json.gzip_json_lines_per_cpu_s)],
      ['the same by JSON.stringify', String(json.stringify_lines_per_cpu_s)],
    ];
    return { rows, json };
  } finally {
    for (const sender of senders.values()) sender.disconnect();
    server.disconnect();
  }
}

/** What it says next; rejects if it ends instead. */
async function said(sender: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const { signal } = ended;
  const exit = once(sender, 'exit', { signal }).then(() => Promise.reject(new Error('The sender has ended.')));
  try {
    const [message] = await Promise.race([once(sender, 'message', { signal }), exit]);
    return message as unknown;
  } finally {
    ended.abort();
    exit.catch(() => {});
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
