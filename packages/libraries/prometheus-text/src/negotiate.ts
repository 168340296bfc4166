import type { RenderOptions } from './render.ts';

export interface Offer {
  readonly openMetrics: boolean;
  /** Whether the page has names beyond the classic alphabet, for scrapers that can read them. */
  readonly utf8: boolean;
}

export interface Negotiated {
  readonly format: RenderOptions['format'];
  readonly utf8: boolean;
  readonly contentType: string;
}

interface Range {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/**
 * What to answer to an Accept header: the most wanted of what there is, and the text format 0.0.4 to a client that wants
 * something else altogether, as Prometheus' own libraries do.
 */
export function negotiate(accept: string | undefined, offer: Offer): Negotiated {
  const ranges = parseRanges(accept ?? '').filter(({ quality }) => quality > 0);
  // The sort is stable: of equally wanted ones, the first.
  for (const { type, parameters } of ranges.sort((a, b) => b.quality - a.quality)) {
    const version = parameters.get('version');
    const utf8 = offer.utf8 && parameters.get('escaping') === 'allow-utf-8';
    if (type === 'application/openmetrics-text' && offer.openMetrics && (version ?? '1.0.0') === '1.0.0')
      return openMetrics(utf8);
    if (type === 'text/plain' && version === '1.0.0' && utf8) return plain(true);
    if (type === 'text/plain' && ['0.0.4', undefined].includes(version)) return plain(false);
    if (type === '*/*' || type === 'text/*') return plain(false);
  }
  return plain(false);
}

const plain = (utf8: boolean): Negotiated => ({
  format: 'prometheus',
  utf8,
  contentType: `text/plain; version=${utf8 ? '1.0.0' : '0.0.4'}; charset=utf-8${utf8 ? '; escaping=allow-utf-8' : ''}`,
});

const openMetrics = (utf8: boolean): Negotiated => ({
  format: 'openmetrics',
  utf8,
  contentType: `application/openmetrics-text; version=1.0.0; charset=utf-8${utf8 ? '; escaping=allow-utf-8' : ''}`,
});

/** Whether an Accept-Encoding header asks for gzip. */
export function acceptsGzip(header: string | undefined): boolean {
  const ranges = parseRanges(header ?? '');
  const wanted = ranges.find(({ type }) => type === 'gzip') ?? ranges.find(({ type }) => type === '*');
  return wanted !== undefined && wanted.quality > 0;
}

function parseRanges(header: string): Range[] {
  return header
    .split(',')
    .map((range) => range.split(';').map((part) => part.trim()))
    .filter(([type]) => type !== '')
    .map(([type, ...pairs]) => {
      const parameters = new Map(
        pairs.map((pair) => {
          const [name = '', value = ''] = pair.split('=', 2).map((part) => part.trim());
          return [name.toLowerCase(), value.replace(/^"(.*)"$/, '$1')] as const;
        }),
      );
      const quality = Number(parameters.get('q') ?? 1);
      return { type: type!.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
    });
}
