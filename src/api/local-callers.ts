import type { RequestListener } from 'node:http';
import { parseIp } from '../net/addresses.js';
import { canonicalHost } from '../net/hostnames.js';
import { failure } from './envelope.js';
import { ApiError } from './errors.js';
import { authorityOf } from './paths.js';

/**
 * For an API that takes every credential (`--auth any`). It listens on loopback alone, and yet any web page that is open in a browser on this
 * machine could talk to it: under a name of the page's own that leads to 127.0.0.1 (DNS rebinding), or across origins. So
 * `Host`, and `Origin` where there is one, must be what no page of a stranger can have for a name: localhost or an IP address,
 * and `--host` takes nothing else. `*.localhost` is not among them: quick tunnels publish foreign pages there. `names` are welcome as well: those of a
 * listener with TLS, under which no stranger has a page.
 */
export function localCallersOnly(handler: RequestListener, names: readonly string[] = []): RequestListener {
  /** What was asked for last is asked for again most of the time. */
  let welcome: string | undefined;
  return (request, response) => {
    const { origin, host } = request.headers;
    const asked = authorityOf(request.url ?? '') ?? host;
    const refused = asked === welcome && origin === undefined ? null : refusalOf(asked, origin, names);
    if (!refused) {
      welcome = asked;
      return handler(request, response);
    }
    const body = JSON.stringify(failure(refused));
    const length = Buffer.byteLength(body);
    response.writeHead(refused.row.status, { 'content-type': 'application/json', 'content-length': length });
    response.end(body);
  };
}

/** Null for callers that are welcome. A request without Host (HTTP/1.0) is never from a browser. */
function refusalOf(
  host: string | undefined,
  origin: string | undefined,
  names: readonly string[],
): ApiError | null {
  if (host !== undefined && !isLocal(host) && !names.includes(canonicalHost(host.replace(/:\d*$/, ''))))
    return new ApiError('host_refused', shown(host));
  if (origin !== undefined && !isLocal(/^https?:\/\/(.*)$/i.exec(origin)?.[1] ?? ''))
    return new ApiError('origin_refused', shown(origin));
  return null;
}

/** Of `host[:port]`; the port does not matter, since it may be forwarded. */
function isLocal(authority: string): boolean {
  const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d*)?$/.exec(authority) ?? [];
  if (bracketed !== undefined) return parseIp(bracketed) !== null;
  const host = canonicalHost(plain);
  return host === 'localhost' || parseIp(host)?.family === 4;
}

const shown = (value: string) => JSON.stringify(value.slice(0, 256));
