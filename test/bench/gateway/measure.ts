import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@millrace/core/testing';
import type { Case } from './cases.ts';
import { configOf } from './cases.ts';
import type { Gateway } from './gateways.ts';
import { startCollector, startMillrace } from './gateways.ts';
import type { Backend, Sender } from './load.ts';
import { startSender, untilArrived } from './load.ts';

/*
 * The requests come at a steady rate, the same for both gateways, below what either can take. Unthrottled, a gateway that takes requests
 * faster than it sends them on fills its queue: its memory is then the backlog, and what does not fit is lost. And the faster one would
 * be measured at another load than the slower one. At one rate both do the same work in the same time. The rate itself matters little
 * for the collector's points per CPU second: from 20,000 to 120,000 a second they differ by a tenth. Its memory grows with it.
 *
 * A round ends when its last point has arrived at the backend, so that its CPU time has all of the work in it. Rounds are short and in
 * turns, because what else the machine does changes what CPU time is worth: a ratio is of two rounds side by side.
 */
const warmUpSeconds = 3;
const roundSeconds = 1.2;
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);

export const programs = ['millrace', 'collector'] as const;
export type ProgramName = (typeof programs)[number];

export interface Figures {
  /** By round. */
  readonly pointsPerCpuSecond: readonly number[];
  /** By round; the warm-up is none. */
  readonly peakRssBytes: readonly number[];
}

export interface Measured {
  readonly figures: Partial<Record<ProgramName, Figures>>;
  /** What is wrong: points that did not arrive, a gateway that did not start or stop. */
  readonly failures: string[];
}

interface Running {
  readonly name: ProgramName;
  readonly gateway: Gateway;
  readonly port: number;
  readonly figures: { readonly pointsPerCpuSecond: number[]; readonly peakRssBytes: number[] };
}

const starts = { millrace: startMillrace, collector: startCollector };

/** Measures one case: the gateways run side by side and are given load in turns. */
export async function measure(
  own: Case,
  { backend, names }: { backend: Backend; names: readonly ProgramName[] },
): Promise<Measured> {
  const failures: string[] = [];
  const running: Running[] = [];
  let sender: Sender | undefined;
  try {
    for (const name of names) {
      const [port, telemetry] = [await freePort(), await freePort()];
      const config = configOf(own, { receiver: port, backend: backend.ports[own.protocol], telemetry });
      try {
        running.push({
          name,
          port,
          gateway: await starts[name](config),
          figures: { pointsPerCpuSecond: [], peakRssBytes: [] },
        });
      } catch (error) {
        failures.push(`${name} did not start: ${String(error)}`);
      }
    }
    sender = await startSender({ case: own, ports: running.map(({ port }) => port) });
    const load = (target: Running, seconds: number): Promise<number> =>
      loaded(own, { target, seconds, sender: sender!, backend, failures });

    for (const target of running) await load(target, warmUpSeconds);
    for (let round = 0; round < rounds; round++)
      for (const target of round % 2 === 0 ? running : running.toReversed()) {
        target.gateway.forgetPeak();
        target.figures.pointsPerCpuSecond.push(await load(target, roundSeconds));
        target.figures.peakRssBytes.push(target.gateway.peakRssBytes());
      }

    return { figures: Object.fromEntries(running.map(({ name, figures }) => [name, figures])), failures };
  } finally {
    sender?.stop();
    for (const { name, gateway } of running)
      await gateway.stop().catch((error: unknown) => failures.push(`${name}: ${String(error)}`));
  }
}

interface Load {
  readonly target: Running;
  readonly seconds: number;
  readonly sender: Sender;
  readonly backend: Backend;
  readonly failures: string[];
}

/** Sends for so many seconds, and returns how many points arrived for each CPU second of the gateway. */
async function loaded(own: Case, { target, seconds, sender, backend, failures }: Load): Promise<number> {
  const { name, gateway, port } = target;
  const logBefore = gateway.log().length;
  const rate = own.pointsPerSecond / own.points;
  const requests = Math.ceil(rate * seconds);
  const before = await backend.arrived();
  const cpuBefore = gateway.cpuSeconds();
  const sent = await sender.send({ port, requests, rate });
  const expected = before.points + sent.requests * own.points;
  const after = await untilArrived(backend, expected);
  const cpu = gateway.cpuSeconds() - cpuBefore;

  // Anything twice would come after the rest.
  await sleep(50);
  const atLast = await backend.arrived();
  const where = `${own.name}, ${name}`;
  if (sent.seconds > seconds * 1.5)
    console.error(
      `bench gateway: ${where}: ${seconds} s of load took ${sent.seconds.toFixed(1)} s; is the machine busy?`,
    );
  const failuresBefore = failures.length;
  if (sent.failures.length > 0)
    failures.push(`${where}: ${sent.failures.length} of ${requests} requests were refused: ${sent.failures[0]}`);
  if (atLast.points !== expected)
    failures.push(
      `${where}: of ${sent.requests * own.points} points that were taken ${atLast.points - before.points} arrived.`,
    );
  if (atLast.failures.length > before.failures.length) failures.push(`${where}: ${atLast.failures.at(-1)}`);
  const said = gateway.log().slice(logBefore).trim();
  if (failures.length > failuresBefore && said !== '') failures.push(`${where}: it says: ${said.slice(0, 2000)}`);
  return (after.points - before.points) / cpu;
}
