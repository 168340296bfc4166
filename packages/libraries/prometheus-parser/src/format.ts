/** How a page is written: the Prometheus text format (0.0.4, and 1.0.0 with names in quotes), or OpenMetrics 1.0. */
export type Format = 'prometheus' | 'openmetrics';

/** What to send as `accept`, the formats that can be read, the best first. */
export const acceptHeader =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,' +
  'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,' +
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';

/** The format that a `content-type` names; undefined where it names none that can be read, or is not there. */
export function formatOf(contentType: string | undefined): Format | undefined {
  const [mediaType = ''] = (contentType ?? '').split(';');
  switch (mediaType.trim().toLowerCase()) {
    case 'text/plain':
      return 'prometheus';
    case 'application/openmetrics-text':
      return 'openmetrics';
    default:
      return undefined;
  }
}
