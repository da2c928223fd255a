import type { Facts } from '../expressions/facts.js';
import type { LiveLoadBalancer } from '../live/snapshot.js';
import type { Place } from '../net/place.js';
import type { Visit } from '../steering/visit.js';
import type { RequestHead } from './head/request-head.js';
import type { Requester } from './requester.js';

/** The request as steering may look at it. */
export function httpVisit(
  loadBalancer: LiveLoadBalancer,
  request: RequestHead,
  { identity, version }: Requester,
  place: Place,
): Visit {
  const clientIp = identity.ip;
  const now = Date.now();
  let facts: Facts | null = null;
  return {
    clientIp,
    random: Math.random,
    now,
    place,
    carriers: null,
    facts() {
      facts ??= {
        loadBalancer: loadBalancer.name,
        region: place.region,
        clientIp,
        dns: null,
        http: {
          method: request.method,
          host: request.host,
          uri: request.target,
          version,
          timestamp: Math.floor(now / 1000),
          headers: () => headersOf(request),
        },
      };
      return facts;
    },
  };
}

/** From the field lines that are passed on, and those that were taken out of the head. */
function headersOf(request: RequestHead): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>([['host', [request.authority]]]);
  for (const line of request.passedOn.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    const values = headers.get(name);
    const value = line.slice(colon + 1).trim();
    if (values) values.push(value);
    else headers.set(name, [value]);
  }
  return headers;
}
