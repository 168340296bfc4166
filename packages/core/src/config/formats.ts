import type { Format } from '../schema.ts';
import { parseId } from './identifiers.ts';
import { parseBytes, parseDuration } from './units.ts';

interface FormatRule {
  /** Why the text does not have this format; undefined if it has. */
  problem(text: string): string | undefined;
  /** For editors, which do not know our formats. */
  readonly pattern?: string;
}

const unless = (fine: boolean, problem: string): string | undefined => (fine ? undefined : problem);

const bareNumber = /^\d+(?:\.\d+)?$/;

export const formats: Readonly<Record<Format, FormatRule>> = {
  duration: {
    problem(text) {
      if (bareNumber.test(text)) return unless(Number(text) === 0, `a duration needs a unit: ${text}s`);
      return unless(parseDuration(text) !== undefined, 'must be a duration: 10s, 1m30s, 500ms');
    },
    pattern: String.raw`^(?:0|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$`,
  },
  bytes: {
    problem: (text) => unless(parseBytes(text) !== undefined, 'must be a size: 64MiB, 10kB, 1024'),
    pattern: String.raw`^\d+(?:\.\d+)? ?(?:B|[kK]B|[MG]B|[KMGT]iB)?$`,
  },
  secret: { problem: () => undefined },
  regex: {
    problem(text) {
      try {
        new RegExp(text);
        return undefined;
      } catch (error) {
        const reason = (error as Error).message.split(': ').at(-1)!;
        return `must be a regular expression: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
      }
    },
  },
  endpoint: {
    problem(text) {
      if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return 'must be host:port, without a scheme';
      const port = /^(?:\[[\da-fA-F:.%\w]+\]|[^\s:/[\]]*):(\d+)$/.exec(text)?.[1];
      if (port === undefined) return 'must be host:port, such as localhost:4317';
      return unless(Number(port) <= 65535, `has no port ${port}: ports go up to 65535`);
    },
    pattern: String.raw`^(?:\[.+\]|[^\s:/]*):\d{1,5}$`,
  },
  extension: {
    problem(text) {
      const id = parseId(text);
      return typeof id === 'string' ? `is not an extension's id: ${id}` : undefined;
    },
  },
  uri: {
    problem: (text) => unless(URL.canParse(text), 'must be a URL, such as http://localhost:4318'),
  },
};
