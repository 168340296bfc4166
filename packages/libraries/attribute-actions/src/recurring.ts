/** Every so many-th key is kept to see whether it comes again; so many of them at once. Together: keys that come again within 131,072 others. */
const probeEvery = 128;
const probesKept = 1024;
/** A probe that came again pays for so many that may be remembered; any other remembered key, for one. */
const paidByProbe = 2 * probeEvery;
const mostPaid = 2 * paidByProbe;

/**
 * Remembers results by the identity of their keys while keys come again, as the attributes of series do. Those of spans,
 * say, never do, and to put one into a WeakMap costs about ten times what it takes to copy six attributes, so they are not.
 */
export function rememberRecurring<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value }>();
  const probes = new Set<Key>();
  let calls = 0;
  let paid = 0;
  const pay = (more: number): void => {
    paid = Math.min(paid + more, mostPaid);
  };
  return (key) => {
    calls++;
    const remembered = known.get(key);
    if (remembered) {
      pay(1);
      return remembered.value;
    }
    const value = compute(key);
    if (probes.has(key)) pay(paidByProbe);
    else if (calls % probeEvery === 1) {
      probes.add(key);
      if (probes.size > probesKept) probes.delete(probes.values().next().value!);
    }
    if (paid > 0) {
      paid--;
      known.set(key, { value });
    }
    return value;
  };
}
