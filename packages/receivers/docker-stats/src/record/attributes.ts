import type { Attributes } from '@millrace/core';

/** Device mapper makes a device for each container, so names may come and go without end. */
const mostKept = 4096;

/** Makes attributes once for each key, so that points share them and what consumers derive from them is derived once. */
export function shared<Key extends readonly string[]>(make: (...key: Key) => Attributes): (...key: Key) => Attributes {
  const made = new Map<string, Attributes>();
  return (...key) => {
    const joined = key.length === 1 ? key[0]! : key.join('\0');
    let attributes = made.get(joined);
    if (!attributes) {
      if (made.size >= mostKept) made.clear();
      made.set(joined, (attributes = Object.freeze(make(...key))));
    }
    return attributes;
  };
}
