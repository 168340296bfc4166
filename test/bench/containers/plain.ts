// A client of the stats API, as small as can be: for each container a request, all at once, and the answer parsed.
//   node plain.ts SOCKET QUERY
import { Agent, get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { answerLines } from './lines.ts';

const [socketPath = '', query = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

async function json(path: string): Promise<unknown> {
  const [response] = (await once(get({ socketPath, path, agent }), 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  return JSON.parse(text);
}

await answerLines(async () => {
  const list = (await json('/v1.41/containers/json')) as { readonly Id: string }[];
  const all = await Promise.all(list.map(({ Id: id }) => json(`/v1.41/containers/${id}/stats?${query}`)));
  return all.filter(
    (stats) => (stats as { cpu_stats: { cpu_usage: { total_usage: number } } }).cpu_stats.cpu_usage.total_usage > 0,
  ).length;
});
