/** A URL below the endpoint, with a query. */
export type ServerUrl = (path: string, query?: Readonly<Record<string, string>>) => URL;

export const serverUrl =
  (endpoint: string): ServerUrl =>
  (path, query = {}) => {
    const url = new URL(endpoint);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  };

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
