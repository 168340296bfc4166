import { bytesField, message, numberField, packed, text } from './wire.ts';

export const repeated = (count: number, part: Buffer): Buffer[] => Array.from({ length: count }, () => part);

/** A small whole profile; parts of it can be replaced. */
export const parts = {
  sampleType: message(1, numberField(1, 1), numberField(2, 2)),
  sample: message(2, packed(1, 1), packed(2, 7)),
  mapping: message(3, numberField(1, 1)),
  location: message(4, numberField(1, 1), numberField(2, 1), message(4, numberField(1, 1), numberField(2, 3))),
  function: message(5, numberField(1, 1), numberField(2, 3)),
  strings: Buffer.concat(['', 'cpu', 'nanoseconds', 'main'].map((one) => bytesField(6, text(one)))),
};
export const build = (changes: Partial<Record<keyof typeof parts | 'more', Buffer>> = {}): Buffer =>
  Buffer.concat(Object.values({ ...parts, ...changes }));
