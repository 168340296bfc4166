import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admission } from '@millrace/server';
import { code, invalid, Refusal, refusalOf, shuttingDown } from '@millrace/server';
import { notFound } from '../not-found.ts';
import type { Exchange } from './answer.ts';
import { answerRefusal } from './answer.ts';
import type { Guard } from './guard.ts';
import { segmentsOf } from './query.ts';
import type { Asked, Answering, Route } from './routes.ts';
import { paths, routes } from './routes.ts';

export interface HttpServed extends Answering {
  readonly admission: Admission;
  readonly guard: Guard;
  isDraining(): boolean;
}

/** Answers one request, and never rejects. */
export async function serveRequest(
  request: IncomingMessage,
  response: ServerResponse,
  served: HttpServed,
): Promise<void> {
  const exchange: Exchange = { request, response, headers: {} };
  response.on('error', ignore);
  if (served.isDraining()) response.shouldKeepAlive = false;
  try {
    const preflight = served.guard.preflight(request);
    if (preflight) return void response.writeHead(204, preflight).end();
    exchange.headers = served.guard.check(request);
    if (served.isDraining()) throw shuttingDown();
    await served.admission.authenticate(request.headers);
    const { route, asked } = find(request);
    if (request.method === route.method) return await route.serve(exchange, asked, served);
    const only = new Refusal(`Only ${route.method} is taken here.`, { code: code.unimplemented, status: 405 });
    answerRefusal(exchange, only, { allow: route.method });
  } catch (error) {
    answerRefusal(exchange, refusalOf(error));
    // An answer that has begun cannot become an error; its client sees that it is cut.
    if (!response.writableEnded) response.destroy();
  }
  return undefined;
}

function find({ url: text = '' }: IncomingMessage): { route: Route; asked: Asked } {
  if (!URL.canParse(text, 'http://host')) throw invalid('The path of the request is none.');
  const url = new URL(text, 'http://host');
  const [version, name = '', ...rest] = segmentsOf(url.pathname);
  const route = version === 'v1' ? routes.get(rest.length > 0 ? `${name}/` : name) : undefined;
  if (!route) throw notFound(`There is nothing at this path. There is ${paths.join(', ')}.`);
  return { route, asked: { url, rest } };
}

function ignore(): void {
  // The client has gone; what is written to it goes nowhere.
}
