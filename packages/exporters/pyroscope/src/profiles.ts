import { randomUUID } from 'node:crypto';
import type { Clock, ProfilesBatch } from '@millrace/core';
import { PermanentError } from '@millrace/core';
import type { PprofFile } from '@millrace/otlp-profiles';
import { pprofFiles } from '@millrace/otlp-profiles';
import type { Profile } from '@millrace/pprof';
import { decode, ProfileError } from '@millrace/pprof';
import type { Config } from './config.ts';
import type { Labels } from './labels.ts';
import { labelsOf } from './labels.ts';
import { nameOf } from './name.ts';
import { tenantOf } from './tenant.ts';
import type { TimeOf } from './times.ts';
import { withTime } from './with-time.ts';

/** A profile that is to be sent. */
export interface Sendable {
  readonly tenant: string | undefined;
  readonly name: string;
  /** Without the name. */
  readonly labels: Labels;
  readonly profile: Profile;
  /** Not compressed. */
  readonly pprof: Uint8Array;
  /** A UUID, the same at every attempt. */
  readonly id: string;
  /** OTLP samples. */
  readonly items: number;
}

interface Options {
  readonly config: Config;
  readonly clock: Clock;
  readonly timeOf: TimeOf;
  drop(items: number, reason: string): void;
}

/** The profiles of a batch. Throws a PermanentError for what is no request of profiles. */
export function profilesOf(batch: ProfilesBatch, { config, clock, timeOf, drop }: Options): readonly Sendable[] {
  const sendable: Sendable[] = [];
  for (const { resource, attributes, pprof, profile } of filesOf(batch)) {
    const items = profile.samples.count * profile.sampleTypes.length;
    if (items === 0) continue;
    const tenant = tenantOf(config, resource.attributes);
    if (tenant === '') {
      drop(items, 'invalid_tenant');
      continue;
    }
    const name = nameOf(profile, attributes, config.name_attribute);
    const labels = labelsOf(config, resource.attributes, attributes);
    const types = profile.sampleTypes.map(({ type }) => type);
    // Of a profile that does not say when it was, the time is when it came: so the server has it.
    const time = timeOf(JSON.stringify([tenant, name, ...labels, types]), profile.timeNanos || nanosOf(clock));
    const sent =
      time === profile.timeNanos
        ? { profile, pprof }
        : { profile: { ...profile, timeNanos: time }, pprof: withTime(pprof, time) };
    sendable.push({ ...sent, tenant, name, labels, id: randomUUID(), items });
  }
  return sendable;
}

const nanosOf = (clock: Clock): bigint => BigInt(Math.floor(clock.now())) * 1_000_000n;

function filesOf({ request }: ProfilesBatch): readonly (PprofFile & { readonly profile: Profile })[] {
  try {
    // Pyroscope makes series of the labels of samples, but for span_id: one for each trace would be too many.
    return pprofFiles(request, { links: 'span' }).map((file) => ({ ...file, profile: decode(file.pprof) }));
  } catch (error) {
    if (error instanceof ProfileError) throw new PermanentError(error.message, { cause: error });
    throw error;
  }
}
