/**
 * Text from elsewhere for a terminal: nothing in it may steer the terminal or take another number of cells than it seems to.
 * Control, formatting and unassigned-to-anyone characters become `?`; marks that stack on a letter are left out.
 */
export function harmless(text: string, limit = 300): string {
  const clean = text
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, '?')
    .replace(/[\p{Mn}\p{Me}]/gu, '');
  return clean.length > limit ? `${clean.slice(0, limit - 1).toWellFormed()}…` : clean;
}

/** A JSON text on one line, the same value, without a character that a terminal would obey. */
export const harmlessJson = (json: string): string =>
  json.replace(/[\p{Cc}\u2028\u2029]/gu, (character) =>
    /[\t\r\n]/.test(character) ? ' ' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
