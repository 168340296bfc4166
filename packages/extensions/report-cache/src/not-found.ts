import { code, Refusal } from '@millrace/server';

/** How many clusters an error names. */
const named = 10;

export const notFound = (message: string): Refusal => new Refusal(message, { code: code.notFound, status: 404 });

export function unknownCluster(cluster: string, known: readonly string[]): Refusal {
  const some = known.slice(0, named).map((one) => JSON.stringify(one));
  const rest = known.length > named ? ` and ${known.length - named} more` : '';
  const there = known.length > 0 ? `there is ${some.join(', ')}${rest}` : 'nothing has come yet';
  return notFound(`There is no cluster ${JSON.stringify(cluster)}: ${there}.`);
}
