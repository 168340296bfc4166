import type { Attributes, ProfilesBatch } from '@millrace/core';
import { profilesBatch } from '@millrace/core';
import { encodeProfiles } from '@millrace/otlp-profiles';
import type { Profile } from '@millrace/pprof';
import { fromStacks } from '@millrace/pprof';

const seconds = 1_000_000_000n;
export const start = 1_760_000_000n * seconds;

/** Two stacks with a value for each type, `type/unit`. */
export function profileOf(types: readonly string[], period?: string): Profile {
  const typeOf = (text: string) => {
    const [type = '', unit = ''] = text.split('/');
    return { type, unit };
  };
  return fromStacks(
    [
      { frames: ['main', 'work'], values: types.map((_, index) => 10 + index) },
      { frames: ['main', 'idle'], values: types.map(() => 2n ** 60n) },
    ],
    {
      sampleTypes: types.map(typeOf),
      timeNanos: start,
      durationNanos: 10n * seconds,
      ...(period !== undefined && { periodType: typeOf(period), period: 10_000_000 }),
    },
  );
}

export const cpu = profileOf(['samples/count', 'cpu/nanoseconds'], 'cpu/nanoseconds');

export interface Part {
  readonly resource?: Attributes;
  readonly profile?: Profile;
  readonly attributes?: Attributes;
}

export function batchOf(...parts: readonly Part[]): ProfilesBatch {
  const { request, samples } = encodeProfiles(
    parts.map(({ resource = { 'service.name': 'shop' }, profile = cpu, attributes = {} }) => ({
      resource,
      profile,
      attributes,
    })),
  );
  return profilesBatch(request, samples);
}

/** A request with a sample that has a link: a trace and a span. */
export function wireLink(): Uint8Array {
  const field = (number: number, ...content: readonly (Uint8Array | readonly number[])[]): Buffer => {
    const bytes = Buffer.concat(content.map((one) => Uint8Array.from(one)));
    return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
  };
  const text = (number: number, value: string): Buffer => field(number, Buffer.from(value));
  const hex = (number: number, value: string): Buffer => field(number, Buffer.from(value, 'hex'));
  const sample = field(2, [0x18, 1], field(4, [5]));
  const type = field(1, [0x08, 1, 0x10, 2]);
  const link = field(4, hex(1, '4bf92f3577b34da6a3ce929d0e0e4736'), hex(2, '00f067aa0ba902b7'));
  const strings = ['', 'cpu', 'nanoseconds'].map((value) => text(5, value));
  return Buffer.concat([
    field(1, field(2, field(2, type, sample))),
    field(2, field(1), field(2), field(3), field(4), link, ...strings, field(6), field(7)),
  ]);
}
