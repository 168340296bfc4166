/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
export interface ServerEvent {
  readonly type: string;
  readonly data: string;
  /** The last `id:` of the stream, which may have come with an earlier event. */
  readonly id: string | undefined;
  /** Milliseconds to wait before connecting again, where the stream has said so. */
  readonly retryMs: number | undefined;
}

const longestEvent = 256 * 1024 * 1024;

/** The events of a stream, as they are complete. Throws where one is longer than 256 Mi characters. */
export async function* serverEvents(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  let type = '';
  let data: string[] = [];
  let length = 0;
  let id: string | undefined;
  let retryMs: number | undefined;

  for await (const line of lines(stream)) {
    if (line === '') {
      if (data.length > 0) yield { type: type || 'message', data: data.join('\n'), id, retryMs };
      [type, data, length] = ['', [], 0];
      continue;
    }
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'event') type = value;
    else if (name === 'id' && !value.includes('\0')) id = value;
    else if (name === 'retry' && /^\d{1,9}$/.test(value)) retryMs = Number(value);
    else if (name === 'data') {
      length += value.length;
      if (length > longestEvent) throw tooLong();
      data.push(value);
    }
  }
}

const tooLong = (): Error => new Error('an event is longer than 256 Mi characters');

/** Lines end with CR, LF or both. A line's pieces are joined once: a report may be megabytes in many chunks. */
async function* lines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let pieces: string[] = [];
  let length = 0;
  let afterReturn = false;
  for await (const chunk of stream) {
    let text = decoder.decode(chunk, { stream: true });
    if (text === '') continue;
    if (afterReturn && text.startsWith('\n')) text = text.slice(1);
    afterReturn = text.endsWith('\r');
    const parts = text.split(/\r\n|\r|\n/);
    const last = parts.pop()!;
    for (const part of parts) {
      yield pieces.length > 0 ? pieces.join('') + part : part;
      [pieces, length] = [[], 0];
    }
    if (last === '') continue;
    pieces.push(last);
    length += last.length;
    if (length > longestEvent) throw tooLong();
  }
}
