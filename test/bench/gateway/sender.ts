// A process of its own: sends as many requests to a gateway as its parent says, and answers when all are answered.
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:http2';
import type { Case } from './cases.ts';
import { requestsOf } from './requests.ts';

/** Given as an argument. */
export interface Task {
  readonly case: Case;
  /** Of the gateways. */
  readonly ports: readonly number[];
}

export interface Order {
  readonly port: number;
  readonly requests: number;
  /** Requests a second. */
  readonly rate: number;
}

export interface Sent {
  /** Requests that were taken. */
  readonly requests: number;
  readonly failures: readonly string[];
  readonly seconds: number;
}

/*
 * Enough to keep up the rate where a request is answered only once its batch has gone on: 600 requests a second of 100 points
 * that wait 200 ms each are 120 at once, as many agents would have them.
 */
const maxInFlight = 256;
const connections = 8;
const answerTimeoutMs = 20_000;
const noAnswer = (): Error => new Error(`There was no answer in ${answerTimeoutMs / 1000} s.`);

type Send = (body: Buffer) => Promise<void>;

/**
 * Sends at a steady rate, with only so many requests at once. What could not be sent in time, because the gateway or this
 * process was held up, is not made up for by a burst: it is all sent later.
 */
async function carryOut(order: Order, { bodies, send }: { bodies: readonly Buffer[]; send: Send }): Promise<Sent> {
  const failures: string[] = [];
  const interval = 1000 / order.rate;
  const maxLateness = Math.max(interval, 20);
  const began = performance.now();
  let next = began;
  let started = 0;
  let taken = 0;
  await new Promise<void>((resolve) => {
    let inFlight = 0;
    const settle = (failure?: unknown): void => {
      if (failure === undefined) taken++;
      else failures.push(String(failure));
      inFlight--;
      if (started === order.requests && inFlight === 0) resolve();
    };
    const timer = setInterval(() => {
      const now = performance.now();
      next = Math.max(next, now - maxLateness);
      for (; next <= now && started < order.requests && inFlight < maxInFlight; next += interval) {
        inFlight++;
        send(bodies[started++ % bodies.length]!).then(() => settle(), settle);
      }
      if (started === order.requests) clearInterval(timer);
    }, 1);
  });
  return { requests: taken, failures, seconds: (performance.now() - began) / 1000 };
}

async function grpcSender({ compression }: Case, port: number): Promise<Send> {
  const sessions: ClientHttp2Session[] = [];
  for (let i = 0; i < connections; i++) {
    const session = connect(`http://127.0.0.1:${port}`);
    await once(session, 'connect');
    sessions.push(session);
  }
  const headers = {
    ':method': 'POST',
    ':path': '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    ...(compression !== 'none' && { 'grpc-encoding': compression }),
  };
  let turn = 0;
  return (body) =>
    new Promise((resolve, reject) => {
      const stream = sessions[turn++ % connections]!.request(headers, { endStream: false });
      let status: unknown;
      stream.on('response', (answer) => (status = answer['grpc-status']));
      stream.on('trailers', (trailers) => (status = trailers['grpc-status']));
      stream.on('error', reject);
      stream.setTimeout(answerTimeoutMs, () => stream.destroy(noAnswer()));
      stream.on('close', () => (status === '0' ? resolve() : reject(new Error(`gRPC status ${String(status)}`))));
      stream.resume();
      const prefix = Buffer.alloc(5);
      prefix[0] = compression === 'none' ? 0 : 1;
      prefix.writeUInt32BE(body.length, 1);
      stream.cork();
      stream.write(prefix);
      stream.end(body);
      stream.uncork();
    });
}

function httpSender({ compression }: Case, port: number): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: maxInFlight });
  return (body) =>
    new Promise((resolve, reject) => {
      const request = httpRequest({
        agent,
        port,
        host: '127.0.0.1',
        timeout: answerTimeoutMs,
        path: '/v1/metrics',
        method: 'POST',
        headers: {
          'content-type': 'application/x-protobuf',
          'content-length': body.length,
          ...(compression !== 'none' && { 'content-encoding': compression }),
        },
      });
      request.on('error', reject);
      request.on('timeout', () => request.destroy(noAnswer()));
      request.on('response', (response) => {
        response.resume();
        response.on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`HTTP status ${response.statusCode}`));
        });
      });
      request.end(body);
    });
}

const { case: own, ports } = JSON.parse(process.argv[2]!) as Task;
const bodies = requestsOf(own);
const sends = new Map<number, Send>();
for (const port of ports)
  sends.set(port, own.protocol === 'grpc' ? await grpcSender(own, port) : httpSender(own, port));

process.on('message', (order: Order) => {
  void carryOut(order, { bodies, send: sends.get(order.port)! }).then((sent) => process.send!(sent));
});
process.on('disconnect', () => process.exit(0));
process.send!('ready');
