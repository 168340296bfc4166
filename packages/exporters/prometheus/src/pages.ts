import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Context, ResourceMetrics } from '@millrace/core';
import { dropCounter } from '@millrace/core';
import { createPage, namingOf } from '@millrace/prometheus-text';
import type { Drop, DropReason, Negotiated, Page } from '@millrace/prometheus-text';
import type { Config } from './config.ts';
import { resourceLabelOf, strategyOf } from './config.ts';
import { createLock, inSlices } from './slices.ts';

/** The bytes of a page, in pieces: to put 25 MB into one would hold the event loop for some 20 ms. */
export interface Body {
  readonly pieces: readonly Buffer[];
  readonly length: number;
}

export interface Pages {
  /** Whether there is a page with names beyond the classic alphabet. */
  readonly utf8: boolean;
  update(resourceMetrics: readonly ResourceMetrics[]): Promise<void>;
  /** The page as it stands. Rendered only if something changed since it was last asked for. */
  body(wanted: Pick<Negotiated, 'format' | 'utf8'>, encoding: 'identity' | 'gzip'): Promise<Body>;
}

/** What to do about a drop, said once for each reason and metric. */
const advice: Readonly<Record<DropReason, string>> = {
  duplicate_series:
    'Series of several resources or scopes have the same name and labels; the newest is shown. Let resource_constant_labels make labels of the attributes that tell the resources apart.',
  type_conflict: 'A metric was left out: another of a different type has its name.',
  delta: 'A metric was left out: its deltas cannot be added up. Let its source send cumulative values.',
  out_of_order: 'Points were left out: they are older than what is shown.',
  no_name: 'A metric without a name was left out.',
};

export function createPages(config: Config, context: Context): Pages {
  const { clock } = context;
  const shared = {
    constLabels: config.const_labels,
    resourceLabel: resourceLabelOf(config),
    scopeInfo: !config.without_scope_info,
    targetInfo: !config.without_target_info,
  };
  const naming = namingOf(strategyOf(config), config.namespace);
  // Scrapers that cannot read UTF-8 names get a page of escaped ones, on which other series may collide.
  const main = createPage({ ...shared, naming, onDrop: dropReporter(context) });
  const escaped = naming.utf8 ? createPage({ ...shared, naming: { ...naming, utf8: false } }) : main;
  const pages = naming.utf8 ? [main, escaped] : [main];
  const locked = createLock();
  const rendered = new Map<string, { page: Page; version: number; body: Body; zipped?: Promise<Body> }>();
  let sweepAt = 0;

  function expire(now: number): void {
    for (const page of pages) page.expire(now - config.metric_expiration);
    sweepAt = now + config.metric_expiration / 4;
  }

  return {
    utf8: naming.utf8,
    update: (resourceMetrics) =>
      locked(async () => {
        const now = clock.now();
        for (const page of pages) await inSlices(page.update(resourceMetrics, now));
        if (now >= sweepAt) expire(now);
        for (const [key, { page, version }] of rendered) if (page.version !== version) rendered.delete(key);
      }),
    body: ({ format, utf8 }, encoding) =>
      locked(async () => {
        expire(clock.now());
        const page = utf8 ? main : escaped;
        const key = `${format} ${utf8}`;
        let known = rendered.get(key);
        if (known?.version !== page.version) {
          const pieces: Buffer[] = [];
          const timestamps = config.send_timestamps;
          await inSlices(page.render({ format, timestamps }), (piece) => pieces.push(Buffer.from(piece)));
          known = { page, version: page.version, body: bodyOf(pieces) };
          rendered.set(key, known);
        }
        return known;
      }).then((known) => {
        if (encoding === 'identity') return known.body;
        return (known.zipped ??= compressed(known.body));
      }),
  };
}

const bodyOf = (pieces: readonly Buffer[]): Body => ({
  pieces,
  length: pieces.reduce((sum, { length }) => sum + length, 0),
});

const compressed = async ({ pieces }: Body): Promise<Body> =>
  bodyOf(
    (await Readable.from(pieces)
      .pipe(createGzip({ level: 1 }))
      .toArray()) as Buffer[],
  );

const warningsKept = 100;

function dropReporter(context: Context): (drop: Drop) => void {
  const count = dropCounter(context);
  const warned = new Set<string>();
  return ({ points, reason, metric }) => {
    count(points, reason);
    const key = `${reason} ${metric}`;
    if (warned.has(key) || warned.size >= warningsKept) return;
    warned.add(key);
    context.log.warn({ metric, reason }, advice[reason]);
  };
}
