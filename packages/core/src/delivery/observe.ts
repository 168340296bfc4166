import type { Attributes, Meter } from '@opentelemetry/api';
import type { Batch, Signal } from '../batch.ts';
import { itemCount } from '../batch.ts';
import { isPermanent, NoPipelineError } from '../errors.ts';
import type { AdmittingConsumer } from './fanout.ts';

const itemNames: Readonly<Record<Signal, { name: string; unit: string; text: string }>> = {
  metrics: { name: 'metric_points', unit: '{datapoint}', text: 'metric points' },
  logs: { name: 'log_records', unit: '{record}', text: 'log records' },
  traces: { name: 'spans', unit: '{span}', text: 'spans' },
  profiles: { name: 'profile_samples', unit: '{sample}', text: 'profile samples' },
};

/** Without `items`: all of the batch. */
type Count = (batch: Batch, items?: number, more?: Attributes) => void;

/** Counts items under one of the collector's names, a counter for each signal, made at first use. */
function counter(meter: Meter, prefix: string, { attributes, text }: { attributes: Attributes; text: string }): Count {
  const bySignal = new Map<Signal, (items: number, more?: Attributes) => void>();
  return (batch, items = itemCount(batch), more) => {
    let add = bySignal.get(batch.signal);
    if (!add) {
      const { name, unit, text: what } = itemNames[batch.signal];
      const instrument = meter.createCounter(`${prefix}_${name}`, { unit, description: `Number of ${what} ${text}.` });
      add = (amount, extra) => instrument.add(amount, extra ? { ...attributes, ...extra } : attributes);
      bySignal.set(batch.signal, add);
    }
    add(items, more);
  };
}

/** The edge out of a receiver. */
export function observeReceiver(meter: Meter, id: string, next: AdmittingConsumer): AdmittingConsumer {
  const attributes = { receiver: id };
  const accepted = counter(meter, 'otelcol_receiver_accepted', {
    attributes,
    text: 'successfully pushed into the pipeline',
  });
  const refused = counter(meter, 'otelcol_receiver_refused', {
    attributes,
    text: 'that could not be pushed into the pipeline',
  });
  return {
    admit: (batch, signal) => next.admit?.(batch, signal),
    async consume(batch, signal) {
      try {
        await next.consume(batch, signal);
      } catch (error) {
        // What nobody asked for is not refused.
        if (!(error instanceof NoPipelineError)) refused(batch);
        throw error;
      }
      accepted(batch);
    },
  };
}

export interface ScraperCounts {
  scraped(batch: Batch): void;
  errored(errors: number): void;
}

export function scraperCounts(meter: Meter, id: string): ScraperCounts {
  const attributes = { receiver: id, scraper: id };
  const scraped = counter(meter, 'otelcol_scraper_scraped', { attributes, text: 'successfully scraped' });
  const errored = meter.createCounter('otelcol_scraper_errored_metric_points', {
    unit: '{datapoint}',
    description: 'Number of errors met while scraping metric points.',
  });
  return { scraped, errored: (errors) => errored.add(errors, attributes) };
}

/** The edges into and out of a processor. */
export function observeProcessor(
  meter: Meter,
  id: string,
): { incoming(batch: Batch): void; outgoing(next: AdmittingConsumer): AdmittingConsumer } {
  const attributes = { processor: id };
  const incoming = meter.createCounter('otelcol_processor_incoming_items', {
    unit: '{item}',
    description: 'Number of items passed to the processor.',
  });
  const outgoing = meter.createCounter('otelcol_processor_outgoing_items', {
    unit: '{item}',
    description: 'Number of items emitted from the processor.',
  });
  return {
    incoming: (batch) => incoming.add(itemCount(batch), { ...attributes, 'otel.signal': batch.signal }),
    outgoing: (next) => ({
      admit: (batch, signal) => next.admit?.(batch, signal),
      async consume(batch, signal) {
        await next.consume(batch, signal);
        outgoing.add(itemCount(batch), { ...attributes, 'otel.signal': batch.signal });
      },
    }),
  };
}

export interface ExporterCounts {
  sent: Count;
  /** So many items of the batch were not delivered. */
  failed(batch: Batch, items: number, error: unknown): void;
  refused: Count;
  queue(sizes: { size(): number; capacity: number }): void;
  inFlight(change: 1 | -1): void;
}

/** The edge into an exporter. */
export function exporterCounts(meter: Meter, id: string): ExporterCounts {
  const attributes = { exporter: id };
  const failed = counter(meter, 'otelcol_exporter_send_failed', {
    attributes,
    text: 'in failed attempts to send to destination',
  });
  const requests = meter.createUpDownCounter('otelcol_exporter_in_flight_requests', {
    unit: '{request}',
    description: 'Number of requests that are being sent.',
  });
  return {
    sent: counter(meter, 'otelcol_exporter_sent', { attributes, text: 'successfully sent to destination' }),
    failed(batch, items, error) {
      const reason = {
        'error.permanent': isPermanent(error),
        'error.type': error instanceof Error ? error.name : 'Error',
      };
      if (items > 0) failed(batch, items, reason);
    },
    refused: counter(meter, 'otelcol_exporter_enqueue_failed', {
      attributes,
      text: 'that could not be added to the sending queue',
    }),
    queue({ size, capacity }) {
      meter
        .createObservableGauge('otelcol_exporter_queue_size', { unit: '{batch}', description: 'What the queue holds.' })
        .addCallback((result) => result.observe(size(), attributes));
      meter
        .createObservableGauge('otelcol_exporter_queue_capacity', {
          unit: '{batch}',
          description: 'What the queue can hold.',
        })
        .addCallback((result) => result.observe(capacity, attributes));
    },
    inFlight: (change) => requests.add(change, attributes),
  };
}
