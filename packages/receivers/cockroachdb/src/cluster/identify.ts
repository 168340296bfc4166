import { createParser } from '@millrace/prometheus-parser';
import type { Client } from '../api/client.ts';
import type { Endpoint } from '../api/endpoint.ts';
import { idOf, objectOf } from '../json/access.ts';
import { members, value } from '../json/shape.ts';

const detailsShape = members({ nodeId: value });

/**
 * The id of the node that answers there; empty where it does not tell, or undefined where that is not known. A node that
 * drains tells it to nobody, and others not to every user: then the page that everybody may see is read, once.
 */
export async function identify(
  client: Client,
  endpoint: Endpoint,
  { signal, known }: { readonly signal: AbortSignal; readonly known: string | undefined },
): Promise<string | undefined> {
  const path = '/_status/details/local';
  const details = client.json({ endpoint, path, signal, session: 'needed' }, detailsShape);
  const id = await details.then((json) => idOf(objectOf(json)['nodeId'])).catch(() => undefined);
  return id ?? known ?? readVars(client, endpoint, signal);
}

async function readVars(client: Client, endpoint: Endpoint, signal: AbortSignal): Promise<string> {
  let id = '';
  const parser = createParser({
    wanted: (name) => name === 'node_id',
    sink: { series: (series) => series, sample: (_series, sample) => void (id = idOf(sample) ?? '') },
  });
  const page = parser.begin('prometheus');
  await client.stream({ endpoint, path: '/_status/vars', signal, session: 'known' }, (chunk) => page.push(chunk));
  page.end();
  return id;
}
