/** Tells whether something else is said than the last time. Numbers, and what is in braces, may differ each time. */
export function newsOf(): (said: string) => boolean {
  let last: string | undefined;
  return (said) => {
    const kind = said.replace(/\{.*\}/g, '').replace(/\d+/g, '');
    if (kind === last) return false;
    last = kind;
    return true;
  };
}
