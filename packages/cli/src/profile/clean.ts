import type { Profile } from '@millrace/pprof';

// oxlint-disable-next-line no-control-regex -- what steers a terminal, and line ends, which would make a name look like a row
const unclean = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** The text of a table without what names from a profile could do to the terminal or to the table. */
export function clean(text: string, { strings }: Profile): string {
  const names: string[] = [];
  for (let at = 0; at < strings.count; at++) {
    const name = strings.at(at);
    if (name.trim() !== '' && name.search(unclean) !== -1) names.push(name);
  }
  names.sort((one, other) => other.length - one.length);
  const replaced = names.reduce((so, name) => so.replaceAll(name, () => name.replace(unclean, '?')), text);
  return replaced.replace(unclean, (character) => (/[\n\t]/.test(character) ? character : '?'));
}
