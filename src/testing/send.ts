import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import type { Visited } from './contract.js';

export interface Sent {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  /** `host:port` to connect to, when the URL does not lead there. */
  readonly via?: string | undefined;
  /** File with the CA to trust. */
  readonly ca: string;
}

/** One request on a connection of its own. Without `fetch`, which not every environment of a runner has, and which keeps `Host` to itself. */
export async function send(url: string, { method = 'GET', headers, body, via, ca }: Sent): Promise<Visited> {
  const { protocol, host, hostname, pathname, search } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new Error(`"${url}" is no address of HTTP; it takes http://… or https://…`);
  const to = new URL(`${protocol}//${via ?? host}`);
  const options = {
    method,
    hostname: to.hostname.replace(/^\[|\]$/g, ''),
    port: to.port,
    path: pathname + search,
    agent: false,
    headers: { host, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }), ...headers },
  };
  const request =
    protocol === 'https:'
      ? https.request({
          ...options,
          ca: readFileSync(ca),
          servername: /[a-z]/i.test(hostname) ? hostname : '',
        })
      : http.request(options);
  request.end(body);
  const [response] = (await once(request, 'response').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNREFUSED') throw error;
    throw new Error(`nothing listens at ${to.host} any more: the Offramp of this run has ended`, {
      cause: error,
    });
  })) as [IncomingMessage];
  // From here on the response tells that it has broken off.
  request.on('error', () => {});
  return { status: response.statusCode!, headers: response.headers, body: await text(response) };
}
