/**
 * Letter by letter, as Go's `strings.ToLower` and `ToUpper`: a letter stays one letter, `ß` has no upper case, and a sigma at
 * the end of a word is like any other.
 */
export const lowerCase = (text: string): string => eachLetter(text, (letter) => letter.toLowerCase());
export const upperCase = (text: string): string => eachLetter(text, (letter) => letter.toUpperCase());

const ascii = /^[\x20-\x7e]*$/;

function eachLetter(text: string, change: (letter: string) => string): string {
  if (ascii.test(text)) return change(text);
  let changed = '';
  for (const letter of text) {
    const other = change(letter);
    // The Turkish İ is the one letter whose only simple lower case is not the whole of its full one.
    if (letter === 'İ' && other !== letter) changed += 'i';
    else changed += Array.from(other).length === 1 ? other : letter;
  }
  return changed;
}
