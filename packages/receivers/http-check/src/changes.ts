import type { ScrapedLog } from '@millrace/core';
import { describeError, formatDuration } from '@millrace/core';
import { isGood, type Outcome } from './probe.ts';
import type { Target } from './target.ts';

const hourMs = 3_600_000;

/** Tells what has changed since the check before. That an endpoint is up the first time is no news. */
export function createChanges({
  attributes,
  endpoint,
  config,
}: Target): (outcome: Outcome, time: number) => ScrapedLog[] {
  let downSince: number | undefined;
  let expiring: number | undefined;

  function reachability(outcome: Outcome, time: number): ScrapedLog[] {
    if (isGood(outcome)) {
      if (downSince === undefined) return [];
      const wasDownFor = formatDuration(time - downSince);
      downSince = undefined;
      return [
        {
          ...severity.info,
          eventName: 'httpcheck.up',
          time,
          attributes,
          body: `${endpoint} is up again, after ${wasDownFor}.`,
        },
      ];
    }
    if (downSince !== undefined) return [];
    downSince = time;
    const why = outcome.verdict?.complaint ?? describeError(outcome.error);
    const status = outcome.reply && { 'http.status_code': outcome.reply.status };
    return [
      {
        ...severity.error,
        eventName: 'httpcheck.down',
        time,
        attributes: { ...attributes, ...status },
        body: `${endpoint} is down: ${why}`,
      },
    ];
  }

  function certificates({ chain }: Outcome, time: number): ScrapedLog[] {
    const [first] = chain.toSorted((a, b) => a.validUntil - b.validUntil);
    if (!first) return [];
    const { validUntil, commonName } = first;
    if (validUntil - time >= config.certificate_warning) {
      if (expiring === undefined) return [];
      expiring = undefined;
      return [
        {
          ...severity.info,
          eventName: 'httpcheck.certificate.renewed',
          time,
          attributes,
          body: `The certificates of ${endpoint} last again.`,
        },
      ];
    }
    if (expiring === validUntil) return [];
    expiring = validUntil;
    const left = Math.trunc((validUntil - time) / hourMs);
    const until =
      left > 0
        ? `ends in ${left >= 48 ? `${Math.trunc(left / 24)} days` : `${left} hours`}`
        : left < 0 || validUntil <= time
          ? 'has ended'
          : 'ends within an hour';
    return [
      {
        ...severity.warning,
        eventName: 'httpcheck.certificate.expiring',
        time,
        attributes: { ...attributes, 'http.tls.cn': commonName },
        body: `A certificate of ${endpoint}, ${commonName}, ${until}: ${new Date(validUntil).toISOString()}.`,
      },
    ];
  }

  return (outcome, time) => [...reachability(outcome, time), ...certificates(outcome, time)];
}

/** https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const severity = {
  info: { severityNumber: 9, severityText: 'INFO' },
  warning: { severityNumber: 13, severityText: 'WARN' },
  error: { severityNumber: 17, severityText: 'ERROR' },
} as const;
