/** What plain text means in YAML's core schema: a number, a boolean, null, or itself. Never a map or a list. */
export function coreScalar(text: string): string | number | boolean | null {
  const trimmed = text.trim();
  if (/^(?:~|null|Null|NULL|)$/.test(trimmed)) return null;
  if (/^(?:true|True|TRUE)$/.test(trimmed)) return true;
  if (/^(?:false|False|FALSE)$/.test(trimmed)) return false;
  const number = coreNumber(trimmed);
  // An integer that a number cannot hold stays what it was.
  if (number === undefined || (Number.isInteger(number) && !Number.isSafeInteger(number))) return text;
  return number;
}

function coreNumber(text: string): number | undefined {
  if (/^0o[0-7]+$/.test(text) || /^0x[\da-fA-F]+$/.test(text)) return Number(text);
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
  return undefined;
}
