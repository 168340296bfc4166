import type { Codec, Pairs } from './codec.ts';

/** `{"streams":[{"stream":{…},"values":[["nanoseconds","line",{…}]]}]}`: https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs */
export const jsonCodec: Codec = {
  contentType: 'application/json',
  block: (pairs) => Buffer.from(members(pairs)),
  rest(to, { line, block, ...pairs }) {
    to.text(`,${quoted(line)}`);
    if (pairs.names.length > 0 || block) {
      to.text(`,{${members(pairs)}${pairs.names.length > 0 && block ? ',' : ''}`);
      if (block) to.bytes(block);
      to.text('}');
    }
    to.text(']');
  },
  size: ({ start, end }) => end - start + 24,
  overhead: ({ text }) => text.length * 6 + 32,
  request(to, streams, written) {
    to.text('{"streams":[');
    for (const [index, { stream, entries }] of streams.entries()) {
      const labels = stream.labels.map(([name, value]) => `"${name}":${quoted(value)}`).join();
      to.text(`${index > 0 ? ',' : ''}{"stream":{${labels}},"values":[`);
      for (const [at, { seconds, nanos, start, end }] of entries.entries()) {
        to.text(`${at > 0 ? ',' : ''}["${seconds}${String(nanos).padStart(9, '0')}"`);
        to.slice(written, start, end);
      }
      to.text(']}');
    }
    to.text(']}');
  },
};

const quoted = (text: string): string => JSON.stringify(text.toWellFormed());

const members = ({ names, values }: Pairs): string =>
  names.map((name, index) => `"${name}":${quoted(values[index]!)}`).join();
