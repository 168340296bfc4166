/** A string table that is being written: each text once, the empty one first. */
export interface Texts {
  readonly list: readonly string[];
  /** The index of a text. */
  intern(text: string): number;
}

export function createTexts(): Texts {
  const known = new Map<string, number>([['', 0]]);
  const list = [''];
  return {
    list,
    intern(text) {
      let index = known.get(text);
      if (index === undefined) {
        index = list.push(text) - 1;
        known.set(text, index);
      }
      return index;
    },
  };
}
