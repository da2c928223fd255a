import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';

/**
 * On every answer: many have secrets in them (tokens, keys of tunnels), none is better for being kept, and none is a page to be framed or a
 * script. A handler that knows better, as for the files of the documentation, sets its own.
 */
const CAREFUL: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export const CAREFUL_LINES = Object.entries(CAREFUL)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

const CAREFUL_NAMES = Object.keys(CAREFUL);

/**
 * Adds them when the head is written, which every answer comes to: headers that are set one by one before make Node look at all of an
 * answer's headers twice. Names are in lower case, as Fastify has them, whose object this adds them to: a copy would cost as much as writing it.
 */
export class CarefulResponse<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {
  override writeHead(status: number, ...rest: readonly unknown[]): this {
    const headers = (rest.at(-1) as OutgoingHttpHeaders | undefined) ?? {};
    for (const name of CAREFUL_NAMES)
      if (headers[name] === undefined && !this.hasHeader(name)) headers[name] = CAREFUL[name];
    return super.writeHead(status, headers);
  }
}
