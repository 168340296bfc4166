import type { Attributes, Entity } from '@millrace/core';
import { describeError } from '@millrace/core';
import type { Certificate } from './certificate.ts';
import type { metrics } from './metrics.ts';
import { isGood, type Outcome } from './probe.ts';
import { quantileOf, type Samples } from './samples.ts';
import type { Target } from './target.ts';

const classes = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

export type Recorder = (entity: Entity<typeof metrics>, check: Check) => void;

export interface Check {
  readonly outcome: Outcome;
  readonly samples: Samples | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** Records the checks of one target. Attributes are the same objects from check to check. */
export function createRecorder({ attributes, config, going }: Target): Recorder {
  const method = going.sent.method;
  const known = new Map<string, Attributes>();

  function extended(more: Attributes): Attributes {
    const key = JSON.stringify(more);
    let all = known.get(key);
    if (!all) {
      // What a server says may change for ever.
      if (known.size >= 200) known.clear();
      known.set(key, (all = Object.freeze({ ...attributes, ...more })));
    }
    return all;
  }

  const ofCertificate = ({ issuer, commonName, names }: Certificate): Attributes => ({
    'http.tls.issuer': issuer,
    'http.tls.cn': commonName,
    'http.tls.san': names,
  });

  function recordCertificates(entity: Entity<typeof metrics>, chain: readonly Certificate[], time: number): void {
    for (const [index, certificate] of chain.entries()) {
      const remaining = Math.trunc((certificate.validUntil - time) / 1000);
      const described = ofCertificate(certificate);
      if (index === 0) entity.record('httpcheck.tls.cert_remaining', remaining, extended(described));
      const placed = extended({ ...described, 'http.tls.chain_index': index });
      entity.record('httpcheck.tls.chain.cert_remaining', remaining, placed);
    }
  }

  function recordReply(entity: Entity<typeof metrics>, { reply, verdict, redirects }: Outcome): void {
    if (!reply || !verdict) return;
    const { connection, body, isCut, requestMs, firstByteMs, responseMs } = reply;
    entity.record('httpcheck.dns.lookup.duration', connection.lookupMs, attributes);
    const transport = extended({ 'network.transport': connection.transport });
    entity.record('httpcheck.client.connection.duration', connection.connectMs, transport);
    entity.record('httpcheck.tls.handshake.duration', connection.handshakeMs, attributes);
    entity.record('httpcheck.client.request.duration', requestMs, attributes);
    entity.record('httpcheck.first_byte.duration', firstByteMs, attributes);
    entity.record('httpcheck.response.duration', responseMs, attributes);
    entity.record('httpcheck.response.size', isCut ? undefined : body.length, attributes);
    entity.record('httpcheck.redirects', redirects, attributes);
    for (const { type, passed, failed } of verdict.tallies) {
      const ofType = extended({ 'validation.type': type });
      entity.record('httpcheck.validation.passed', passed, ofType);
      entity.record('httpcheck.validation.failed', failed, ofType);
    }
  }

  return (entity, { outcome, samples, time }) => {
    const status = outcome.reply?.status ?? 0;
    entity.record('httpcheck.duration', outcome.durationMs, attributes);
    entity.record('httpcheck.up', isGood(outcome) ? 1 : 0, attributes);
    if (!outcome.reply)
      entity.record('httpcheck.error', 1, extended({ 'error.message': describeError(outcome.error) }));
    for (const [index, name] of classes.entries()) {
      const isIts = Math.floor(status / 100) === index + 1;
      const code = isIts ? { 'http.status_code': status } : {};
      const ofClass = extended({ ...code, 'http.method': method, 'http.status_class': name });
      entity.record('httpcheck.status', isIts ? 1 : 0, ofClass);
    }
    recordReply(entity, outcome);
    recordCertificates(entity, outcome.chain, time);
    if (!samples) return;
    entity.record('httpcheck.sample.count', samples.durations.length, extended({ 'httpcheck.result': 'ok' }));
    entity.record('httpcheck.sample.count', samples.failed, extended({ 'httpcheck.result': 'failed' }));
    for (const quantile of new Set(config.quantiles)) {
      const ofQuantile = extended({ quantile: String(quantile) });
      entity.record('httpcheck.sample.duration', quantileOf(samples.durations, quantile), ofQuantile);
    }
  };
}
