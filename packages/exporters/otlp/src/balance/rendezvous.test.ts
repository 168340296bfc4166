import { describe, expect, test } from 'vitest';
import { hashText, highest } from './rendezvous.ts';

const keys = Array.from({ length: 30_000 }, (_, index) => hashText(`{"service.name":"shop-${index}"}`));
const placesOf = (names: readonly string[]) => names.map((place) => ({ hash: hashText(place), place }));
const owners = (names: readonly string[]) => keys.map((key) => highest(key, placesOf(names)));

describe('rendezvous hashing', () => {
  test.each([
    [['10.0.0.1:4317', '10.0.0.2:4317', '10.0.0.3:4317']],
    [Array.from({ length: 10 }, (_, index) => `gateway-${index}.gateway:4317`)],
  ])('spreads keys evenly over %j', (names) => {
    const found = owners(names);
    for (const name of names) {
      const share = found.filter((owner) => owner === name).length / keys.length;
      expect(share * names.length).toBeGreaterThan(0.93);
      expect(share * names.length).toBeLessThan(1.07);
    }
  });

  test('moves the keys of a place that goes, evenly, and no other', () => {
    const before = owners(['a:1', 'b:1', 'c:1']);
    const after = owners(['c:1', 'a:1']);
    const moved = before.flatMap((owner, index) => (owner === after[index] ? [] : [{ owner, to: after[index] }]));
    expect(moved.every(({ owner }) => owner === 'b:1')).toBe(true);
    expect(moved).toHaveLength(before.filter((owner) => owner === 'b:1').length);
    const toA = moved.filter(({ to }) => to === 'a:1').length;
    expect(toA / moved.length).toBeGreaterThan(0.45);
    expect(toA / moved.length).toBeLessThan(0.55);
  });

  test('without a place there is none', () => expect(highest(1, [])).toBeUndefined());
});
