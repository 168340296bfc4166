/** Characters after which a command line is cut. */
export const longestCommandLine = 4096;

const decoder = new TextDecoder();

export interface CommandLine {
  /** argv[0]. */
  readonly command: string;
  /** The arguments joined by spaces. */
  readonly line: string;
}

/** proc_pid_cmdline(5): arguments, each ended by a NUL. Undefined for none: a kernel thread, a zombie. */
export function parseCommandLine(bytes: Uint8Array): CommandLine | undefined {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  if (end === 0) return undefined;
  const text = decoder.decode(bytes.subarray(0, end));
  const firstEnd = text.indexOf('\0');
  return {
    command: cut(firstEnd < 0 ? text : text.slice(0, firstEnd)),
    line: cut(text.replaceAll('\0', ' ')),
  };
}

function cut(text: string): string {
  if (text.length <= longestCommandLine) return text;
  const last = text.charCodeAt(longestCommandLine - 1);
  const splitsPair = last >= 0xd800 && last < 0xdc00;
  return text.slice(0, splitsPair ? longestCommandLine - 1 : longestCommandLine);
}
