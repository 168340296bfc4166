import type { Profile } from './profile.ts';

// oxlint-disable-next-line no-control-regex -- what steers a terminal, and line ends, which would make a name look like a row
const unclean = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** A text of lines without what could steer a terminal. */
export const cleanText = (text: string): string =>
  text.replace(unclean, (character) => (/[\n\t]/.test(character) ? character : '?'));

/** The text of a table without what names of the profile could do to a terminal or to the table. */
export function cleanNames(text: string, { strings }: Profile): string {
  const names: string[] = [];
  for (let at = 0; at < strings.count; at++) {
    const name = strings.at(at);
    if (name.trim() !== '' && name.search(unclean) !== -1) names.push(name);
  }
  names.sort((one, other) => other.length - one.length);
  return cleanText(names.reduce((so, name) => so.replaceAll(name, () => name.replace(unclean, '?')), text));
}
