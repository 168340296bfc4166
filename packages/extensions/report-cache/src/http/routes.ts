import { argumentsOf, parseJson, schemaOf } from '../arguments.ts';
import type { Report } from '../cache/report.ts';
import type { Served } from '../grpc/methods.ts';
import { unknownCluster } from '../not-found.ts';
import type { Texts } from '../text.ts';
import type { Exchange } from './answer.ts';
import { answerJson, startJson, writeAll } from './answer.ts';
import { readJson } from './body.ts';
import { numberIn } from './query.ts';
import type { Beats } from './subscribe.ts';
import { streamEvents } from './subscribe.ts';

/** What answers are made of. */
export interface Answering extends Served {
  readonly texts: Texts;
  readonly beats: Beats;
}

export interface Asked {
  readonly url: URL;
  /** Of the path, below what named the route. */
  readonly rest: readonly string[];
}

export interface Route {
  readonly method: 'GET' | 'POST';
  serve(exchange: Exchange, asked: Asked, answering: Answering): Promise<void> | void;
}

export const paths = [
  'GET /v1/reports',
  'GET /v1/reports/{cluster}',
  'GET /v1/subscribe',
  'GET /v1/commands',
  'POST /v1/commands/{receiver}/{command}',
];

const get = (serve: Route['serve']): Route => ({ method: 'GET', serve });

/** By what follows `/v1/`; with a slash behind it where more does. */
export const routes: ReadonlyMap<string, Route> = new Map([
  ['reports', get(latest)],
  ['reports/', get(range)],
  ['subscribe', get(subscribe)],
  ['commands', get(listCommands)],
  ['commands/', { method: 'POST', serve: ask }],
]);

function latest(exchange: Exchange, { url }: Asked, { cache, ...answering }: Answering): Promise<void> {
  return answerReports(exchange, cache.latest(url.searchParams.getAll('cluster')), { ...answering, end: ']}\n' });
}

function range(exchange: Exchange, { url, rest }: Asked, { cache, ...answering }: Answering): Promise<void> {
  const cluster = rest.join('/');
  const found = cache.range({ cluster, after: numberIn(url, 'after') ?? 0, limit: numberIn(url, 'limit') ?? 0 });
  if (!found) throw unknownCluster(cluster, cache.clusters());
  const end = `],"next":"${found.next}","missed":"${found.missed}"}\n`;
  return answerReports(exchange, found.reports, { ...answering, end });
}

function subscribe(exchange: Exchange, { url }: Asked, answering: Answering): Promise<void> {
  const { 'last-event-id': last } = exchange.request.headers;
  // A browser that comes again asks for the same address, and says where it was.
  if (typeof last === 'string' && last !== '') url.searchParams.set('after', last);
  const request = { clusters: url.searchParams.getAll('cluster'), after: numberIn(url, 'after') };
  return streamEvents(exchange, request, answering);
}

function listCommands(exchange: Exchange, _asked: Asked, { commands }: Answering): void {
  const offered = commands.list().map((one) => ({
    receiver: one.receiver,
    command: one.name,
    description: one.description,
    arguments: schemaOf(one),
    changes: one.changes === true,
  }));
  answerJson(exchange, JSON.stringify({ commands: offered }));
}

async function ask(exchange: Exchange, { rest }: Asked, { commands }: Answering): Promise<void> {
  // The id of a receiver may have a slash.
  const [command = '', receiver] = [rest.at(-1), rest.slice(0, -1).join('/')];
  const gone = new AbortController();
  exchange.response.on('close', () => gone.abort(new Error('The client has gone.')));
  const body = argumentsOf(parseJson(await readJson(exchange.request)));
  const given = argumentsOf(body['arguments'] ?? {});
  const result = await commands.ask({ receiver, command, arguments: given }, gone.signal);
  answerJson(exchange, `{"result":${result}}`);
}

/** Report by report: their texts are never all in memory at once. */
async function answerReports(
  exchange: Exchange,
  reports: readonly Report[],
  { texts, patience, end }: Pick<Answering, 'texts' | 'patience'> & { readonly end: string },
): Promise<void> {
  startJson(exchange);
  await writeAll(exchange.response, pieces(), patience);
  exchange.response.end(end);

  function* pieces(): Iterable<Uint8Array | string> {
    yield '{"reports":[';
    for (const [index, report] of reports.entries()) {
      if (index > 0) yield ',';
      yield texts.json(report);
    }
  }
}
