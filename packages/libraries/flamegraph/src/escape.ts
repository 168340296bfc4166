const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const longestName = 2_000;

/**
 * A name as it can be shown, of one line and no more than 2,000 characters. What would break the line or turn the direction
 * of text, and make it read as another name, becomes U+FFFD.
 */
export function readable(name: string): string {
  const short = name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name;
  // oxlint-disable-next-line no-control-regex -- https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
  return short.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** Text for HTML and SVG, in content and in attributes. Characters that XML cannot have become U+FFFD. */
export const escapeMarkup = (text: string): string =>
  text
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex -- https://www.w3.org/TR/xml/#charsets
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => entities[character]!);

/** JSON for a script element: nothing in it can end the element. */
export const escapeJson = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');
