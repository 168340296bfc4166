import type { Clock, Logger } from '@millrace/core';
import { stateLog, toError } from '@millrace/core';
import { type Engine, type EngineApi, events } from '../api/engine.ts';
import { EngineError } from '../api/errors.ts';
import { type ContainerEvent, parseEvent } from '../api/events.ts';
import { eachLine } from '../api/lines.ts';
import { type Container, parseContainer } from './container.ts';
import type { Selection } from './selection.ts';

export interface WatchOptions {
  readonly api: EngineApi;
  readonly selection: Selection;
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds after which all are inspected anew. */
  readonly listIntervalMs: number;
  /** Called for each event in their order, of containers that are not wanted too. The container is as it was known, if it was. */
  onEvent?(event: ContainerEvent, container: Container | undefined): void;
}

/** The containers of an engine that are wanted, kept up to date by its events. */
export interface Watch {
  /** By id. The objects are replaced when something has changed. */
  readonly containers: ReadonlyMap<string, Container>;
  /** Undefined until it has answered once. */
  readonly engine: Engine | undefined;
  /** Why the containers may not be up to date. Undefined while the engine is listened to. */
  readonly problem: Error | undefined;
  start(): void;
  /** Resolves when the engine was listed for the first time, or could not be reached. */
  firstLook(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

const inspectedAtOnce = 4;
const inspectAgainMs = 5000;
const shortestPause = 500;
const longestPause = 30_000;
/** Some engines send no headers before the first event. */
const headersWaitMs = 1000;

export function watchContainers({ api, selection, clock, log, listIntervalMs, onEvent }: WatchOptions): Watch {
  const containers = new Map<string, Container>();
  const stop = new AbortController();
  const said = stateLog(log);
  const looked = Promise.withResolvers<void>();
  let engine: Engine | undefined;
  let problem: Error | undefined = new Error('The container engine was not asked yet.');
  let since: string | undefined;
  let running: Promise<void> | undefined;

  /** Ids to inspect. One that comes again while it is in flight is inspected again after. */
  const due = new Set<string>();
  const inFlight = new Set<string>();
  const failed = new Map<string, Error>();
  let inspecting: Promise<void> | undefined;

  async function inspectNext(): Promise<void> {
    for (const id of due) {
      if (inFlight.has(id)) continue;
      due.delete(id);
      inFlight.add(id);
      try {
        const container = parseContainer(await api.inspect(id, stop.signal));
        failed.delete(id);
        // What was destroyed meanwhile is not in flight any more.
        if (inFlight.has(id) && selection.wants(container)) containers.set(id, container);
        else containers.delete(id);
      } catch (error) {
        if (stop.signal.aborted) return;
        if (error instanceof EngineError && error.isGone) forget(id);
        else {
          failed.set(id, toError(error));
          looked.resolve();
          clock.sleep(inspectAgainMs, stop.signal).then(
            () => failed.has(id) && again(id),
            () => {},
          );
        }
      } finally {
        inFlight.delete(id);
      }
    }
  }

  function again(id: string): void {
    due.add(id);
    void inspect();
  }

  function forget(id: string): void {
    due.delete(id);
    inFlight.delete(id);
    failed.delete(id);
    containers.delete(id);
  }

  function inspect(): Promise<void> {
    return (inspecting ??= Promise.all(Array.from({ length: inspectedAtOnce }, inspectNext)).then(async () => {
      inspecting = undefined;
      if (due.size > 0) await inspect();
    }));
  }

  async function listAll(signal: AbortSignal): Promise<void> {
    const listed = await api.list({ all: selection.stopped, signal });
    const there = new Set<string>();
    for (const { id, state } of listed) {
      if (!selection.wantsState(state)) continue;
      there.add(id);
      due.add(id);
    }
    for (const id of containers.keys()) if (!there.has(id)) due.add(id);
    problem = undefined;
    await inspect();
  }

  function take(line: Buffer): void {
    const event = parseEvent(line.toString());
    if (!event) return;
    since = event.next;
    if (!events.includes(event.action)) return;
    onEvent?.(event, containers.get(event.id));
    if (event.action === 'destroy') forget(event.id);
    else again(event.id);
  }

  /** Listens until the connection breaks, which rejects. */
  async function listen(): Promise<void> {
    engine = await api.greet(stop.signal);
    const broken = new AbortController();
    const signal = AbortSignal.any([stop.signal, broken.signal]);
    // Events are opened before the list is read, so that nothing falls between the two.
    const stream = api.events(since, signal);
    const listening = stream.then((answer) => eachLine(answer, take));
    const ended = listening.then(() => {
      throw new EngineError('The engine ended the stream of its events.');
    });
    ended.catch(() => {});
    try {
      await Promise.race([stream, clock.sleep(headersWaitMs, signal), ended]);
      for (;;) {
        await Promise.race([listAll(signal), ended]);
        said.fine('The container engine answers again.');
        looked.resolve();
        await Promise.race([clock.sleep(listIntervalMs, signal), ended]);
      }
    } finally {
      broken.abort(new Error('not listening any more'));
    }
  }

  async function run(): Promise<void> {
    let pause = shortestPause;
    while (!stop.signal.aborted) {
      const began = clock.now();
      try {
        await listen();
      } catch (error) {
        if (stop.signal.aborted) return;
        problem = toError(error);
        // All are inspected once it is back.
        due.clear();
        failed.clear();
        said.trouble('The container engine cannot be listened to. It is tried again.', error);
        looked.resolve();
      }
      if (clock.now() - began > longestPause) pause = shortestPause;
      await clock.sleep(pause, stop.signal).catch(() => {});
      pause = Math.min(pause * 2, longestPause);
    }
  }

  return {
    containers,
    get engine() {
      return engine;
    },
    get problem() {
      return problem ?? failed.values().next().value;
    },
    start() {
      running ??= run();
    },
    firstLook: (signal) =>
      new Promise((resolve, reject) => {
        const aborted = (): void => reject(signal.reason as Error);
        if (signal.aborted) return aborted();
        signal.addEventListener('abort', aborted, { once: true });
        void looked.promise.then(() => {
          signal.removeEventListener('abort', aborted);
          resolve();
        });
        return undefined;
      }),
    async stop() {
      stop.abort(new Error('shut down'));
      looked.resolve();
      api.close();
      await running;
      await inspecting;
    },
  };
}
