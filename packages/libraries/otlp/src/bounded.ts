/** A memory of what was made for a text, at most so many: the oldest goes first. Long texts are not remembered. */
export function bounded<Value>(size: number): (key: string, make: () => Value) => Value {
  const longest = 2048;
  const known = new Map<string, Value>();
  return (key, make) => {
    if (key.length > longest) return make();
    const value = known.get(key);
    if (value !== undefined || known.has(key)) return value as Value;
    const made = make();
    if (known.size === size) known.delete(known.keys().next().value!);
    known.set(key, made);
    return made;
  };
}
