import { unlink } from 'node:fs/promises';
import type { Attributes, Component, Consumer, Context, LogRecord } from '@millrace/core';
import { describeError, dropCounter, hrTime, itemCount, stateLog } from '@millrace/core';
import { compileOperators, type Entry, type OperatorConfig, rangesOf } from '@millrace/log-operators';
import { createAttributes } from './attributes.ts';
import type { Config } from './config.ts';
import { createDeliver } from './deliver.ts';
import { encodingNamed } from './encoding.ts';
import { createMeters } from './meters.ts';
import { createOperatorEvents } from './operator-events.ts';
import { openPositions, type Positions } from './positions.ts';
import { createReader } from './reader.ts';
import { createCanonical, createGathering, type Gathering } from './records.ts';
import { createSplit } from './split.ts';
import type { Tail } from './tail.ts';
import { createWatch, type Watch } from './watch.ts';

export function createReceiver(config: Config, context: Context, next: Consumer): Component {
  const { log, clock } = context;
  const stop = new AbortController();
  const deadline = new AbortController();
  const dropped = dropCounter(context);
  const storing = stateLog(log);
  const working = stateLog(log);
  const resource = config.resource as Attributes;
  const canonical = createCanonical(resource);
  const configs = config.operators as readonly OperatorConfig[];
  const operators = compileOperators(configs, createOperatorEvents(context, dropped));
  const isDurable = config.storage !== undefined;
  let loop: Promise<void> | undefined;
  let open: { readonly watch: Watch; readonly meters: ReturnType<typeof createMeters> } | undefined;

  async function run(positions: Positions): Promise<void> {
    let gathering: Gathering = createGathering(canonical);
    const encoding = encodingNamed(config.encoding)!;
    const meters = createMeters(context, () => watch.open);
    const watch: Watch = createWatch({
      config,
      positions,
      log,
      clock,
      attributesOf: createAttributes(config),
      createChain: (tail) => operators.createChain((entry) => emit(tail(), entry)),
      released: (position) => gathering.mark(position, position.read),
    });
    open = { watch, meters };
    const deliver = createDeliver({
      next,
      clock,
      state: stateLog(log),
      retry: config.retry_on_failure,
      tickMs: config.poll_interval,
      tick: () => watch.refresh(),
      stop: stop.signal,
      deadline: deadline.signal,
    });

    function emit(_tail: Tail, entry: Entry): void {
      gathering.add(recordOf(entry, clock.now()), entry, entry.end - entry.start);
    }

    async function handOn(): Promise<void> {
      const { records, marks } = gathering;
      if (marks.size === 0 && records === 0) return save();
      const batch = gathering.batch();
      gathering = createGathering(canonical);
      if (records > 0 && (await deliver(batch)) === 'dropped') dropped(itemCount(batch), 'pipeline_refused');
      for (const [position, mark] of marks) {
        position.done = mark;
        positions.changed(position);
      }
      await save();
    }

    async function save(): Promise<void> {
      try {
        await positions.save();
        storing.fine('Positions are stored again.');
      } catch (error) {
        storing.trouble('Could not store how far files have been read. After a crash, some may come twice.', error);
      }
    }

    const reader = createReader({
      config,
      clock,
      watch,
      positions,
      encoding,
      split: createSplit({
        encoding,
        isBinary: config.encoding === 'nop',
        lineStart: config.multiline?.line_start_pattern,
        lineEnd: config.multiline?.line_end_pattern,
        omitPattern: config.multiline?.omit_pattern ?? false,
      }),
      resource,
      hasOperators: !operators.isEmpty,
      emit: (record, size) => gathering.add(record, { resource }, size),
      isFull: () => gathering.isFull,
      async handOn(position) {
        gathering.mark(position, position.read);
        await handOn();
      },
      count: meters.count,
      signal: stop.signal,
    });

    async function readAll(): Promise<void> {
      for (let busy = [...watch.tails.values()]; busy.length > 0 && !stop.signal.aborted; ) {
        const more: Tail[] = [];
        for (const tail of busy) {
          stop.signal.throwIfAborted();
          const { position } = tail;
          const before = position.read;
          if ((await readSafely(tail)) === 'more') more.push(tail);
          if (position.read !== before) gathering.mark(position, position.read);
          if (gathering.isFull) await handOn();
        }
        if (more.length > 0) await watch.refresh();
        busy = more;
      }
    }

    async function readSafely(tail: Tail): Promise<'more' | 'caught_up'> {
      try {
        return await reader(tail);
      } catch (error) {
        if (stop.signal.aborted) throw error;
        log.warn({ file: tail.found.path, error: describeError(error) }, 'Cannot read a file.');
        return 'caught_up';
      }
    }

    function flushWaiting(now: number): void {
      for (const { chain, position } of watch.tails.values()) {
        if (position.read.held.length === 0) continue;
        chain.flush(now);
        const held = rangesOf(chain.held());
        if (held.length === position.read.held.length) continue;
        position.read = { ...position.read, held };
        gathering.mark(position, position.read);
      }
    }

    async function deleteRead(): Promise<void> {
      for (const tail of watch.tails.values()) {
        const { found, position, seen, hasRest } = tail;
        const isRead = seen?.size === found.size && !hasRest && position.done === position.read;
        if (!isRead || position.done.held.length > 0 || tail.isDeleted || tail.goneSince !== undefined) continue;
        tail.isDeleted = true;
        await unlink(found.path).catch((error: unknown) => {
          log.warn({ file: found.path, error: describeError(error) }, 'Cannot delete a file that was read.');
        });
      }
    }

    async function poll(): Promise<void> {
      await watch.refresh();
      await readAll();
      flushWaiting(clock.now());
      await handOn();
      if (config.delete_after_read) await deleteRead();
    }

    while (!stop.signal.aborted) {
      try {
        await poll();
        working.fine('Files are read again.');
      } catch (error) {
        if (!stop.signal.aborted) working.trouble('Could not read files.', error);
      }
      await clock.sleep(config.poll_interval, stop.signal).catch(() => {});
    }
    // What waits to be joined is read again after the start, if it is known then that it was not handed on.
    if (!isDurable) await lastWords();

    async function lastWords(): Promise<void> {
      flushWaiting(Infinity);
      if (gathering.records > 0) await next.consume(gathering.batch(), deadline.signal);
    }
  }

  return {
    async start() {
      const positions = await openPositions(context.storage, config.include);
      loop ??= run(positions).catch((error: unknown) => working.trouble('Files are not read any more.', error));
    },
    async shutdown(signal) {
      stop.abort(new Error('shut down'));
      const expire = (): void => deadline.abort(signal.reason);
      if (signal.aborted) expire();
      signal.addEventListener('abort', expire);
      await loop;
      signal.removeEventListener('abort', expire);
      await open?.watch.close();
      open?.meters.close();
      open = undefined;
    },
  };
}

function recordOf(entry: Entry, now: number): LogRecord {
  const { time, severityNumber, severityText, body, attributes, traceId, spanId, flags } = entry;
  return {
    ...(time && { time }),
    observedTime: hrTime(now),
    ...(severityNumber !== undefined && { severityNumber }),
    ...(severityText !== undefined && severityText !== '' && { severityText }),
    body,
    attributes,
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    ...(flags !== undefined && { flags }),
  };
}
