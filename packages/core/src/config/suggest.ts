/** The candidate that was probably meant; undefined if none is near. */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(word);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `did you mean "x"? Allowed: x, y`: what to say beside a word that is none of the allowed ones. */
export function suggest(word: string, allowed: readonly string[], heading = 'Allowed'): string {
  const near = closest(word, allowed);
  return [
    ...(near === undefined ? [] : [`did you mean "${near}"?`]),
    ...(allowed.length > 0 ? [`${heading}: ${listed(allowed)}`] : []),
  ].join(' ');
}

const mostListed = 15;

/** Sorted; the end of a long list is left out. */
export function listed(words: readonly string[]): string {
  const sorted = [...words].sort();
  return sorted.length > mostListed ? `${sorted.slice(0, mostListed).join(', ')}, …` : sorted.join(', ');
}

/** `a, b or c` */
export function either(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_. ]/g, '');

/** Levenshtein's, with two letters exchanged counting as one edit. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}
