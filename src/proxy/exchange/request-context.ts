import type { Facts } from '../../expressions/facts.js';
import { type Place, parsePlace } from '../../net/locations.js';
import type { LiveLoadBalancer } from '../../state/snapshot.js';
import type { RequestContext, SessionSource } from '../../steering/contract.js';
import { fieldValues, withoutFields } from '../http/fields.js';
import type { RequestHead } from '../http/request-head.js';
import { trimBlanks } from '../http/syntax.js';
import type { DownstreamStream } from './contract.js';

/** Where requests come from. */
export interface ClientLocations {
  /** By the address of the client. */
  placeOf(clientIp: string): Place;
  /** The header that is trusted to say otherwise, in lower case; null trusts none. */
  readonly locationHeader: string | null;
}

/**
 * Where a request comes from. The location header is taken out of the head: origins do not see it. One that cannot be
 * read is told to `unreadable` and says nothing.
 */
export function clientLocation(
  places: ClientLocations,
  request: RequestHead,
  clientIp: string,
  unreadable?: (text: string) => void,
): Place {
  const home = places.placeOf(clientIp);
  const { locationHeader } = places;
  if (locationHeader === null) return home;
  const values = fieldValues(request.passedOn, locationHeader);
  if (values.length === 0) return home;
  request.passedOn = withoutFields(request.passedOn, new Set([locationHeader]));
  const text = values.join(';');
  const place = parsePlace(text, home);
  if (place === null) unreadable?.(text);
  return place ?? home;
}

/** What steering may look at. Everything that takes a look into the fields is done on the first use. */
export class HttpRequestContext implements RequestContext {
  readonly clientIp: string;
  readonly sessionSource: SessionSource;
  private known: Facts | null = null;

  constructor(
    private readonly loadBalancer: LiveLoadBalancer,
    private readonly client: Pick<DownstreamStream, 'identity' | 'version'>,
    private readonly request: RequestHead,
    readonly place: Place,
    readonly now: number,
    readonly random: () => number,
  ) {
    this.clientIp = client.identity.ip;
    this.sessionSource = new HttpSessionSource(request);
  }

  facts(): Facts {
    this.known ??= httpFacts(this.loadBalancer, this.client, this.request, this.place, this.now);
    return this.known;
  }
}

function httpFacts(
  { name }: LiveLoadBalancer,
  { identity, version }: Pick<DownstreamStream, 'identity' | 'version'>,
  request: RequestHead,
  { region }: Place,
  now: number,
): Facts {
  let headers: ReadonlyMap<string, readonly string[]> | undefined;
  return {
    loadBalancer: name,
    region,
    clientIp: identity.ip,
    http: {
      method: request.method,
      host: request.host,
      uri: request.target,
      version,
      timestamp: Math.floor(now / 1000),
      headers: () => {
        headers ??= headersOf(request);
        return headers;
      },
    },
    dns: null,
  };
}

/** By lower-case name; those for this connection alone are left out. */
function headersOf(request: RequestHead): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>([['host', [request.authority]]]);
  if (request.forwardedFor !== '') headers.set('x-forwarded-for', [request.forwardedFor]);
  if (request.cdnLoop !== '') headers.set('cdn-loop', [request.cdnLoop]);
  if (request.contentLength !== null) headers.set('content-length', [String(request.contentLength)]);
  const lines = request.passedOn;
  for (let at = 0; at < lines.length; ) {
    const end = lines.indexOf('\r\n', at);
    const colon = lines.indexOf(':', at);
    const name = lines.slice(at, colon).toLowerCase();
    const value = trimBlanks(lines, colon + 1, end);
    const values = headers.get(name);
    if (values) values.push(value);
    else headers.set(name, [value]);
    at = end + 2;
  }
  return headers;
}

type SessionHead = Pick<RequestHead, 'passedOn' | 'host' | 'forwardedFor'>;

/** The fields of a request that sessions may be told from; looked for when they are asked for. */
export class HttpSessionSource implements SessionSource {
  private whole: string | undefined | null = null;

  constructor(private readonly head: SessionHead) {}

  cookies(): string | undefined {
    // HTTP/2 may split the one field; the pieces mean the same as the whole.
    if (this.whole === null) this.whole = joined(fieldValues(this.head.passedOn, 'cookie'), '; ');
    return this.whole;
  }

  cookie(name: string): string | undefined {
    return cookieIn(this.cookies() ?? '', name);
  }

  header(name: string): string | undefined {
    const { head } = this;
    // These two are not among the lines, because they are not passed on as they came.
    if (name === 'host') return head.host;
    if (name === 'x-forwarded-for') return head.forwardedFor || undefined;
    return joined(fieldValues(head.passedOn, name), ', ');
  }
}

const joined = (values: readonly string[], separator: string) =>
  values.length === 0 ? undefined : values.join(separator);

/** The first cookie of this name. One pass, whatever the header holds. */
function cookieIn(cookies: string, name: string): string | undefined {
  for (let at = 0; at < cookies.length; ) {
    const found = cookies.indexOf(';', at);
    const end = found < 0 ? cookies.length : found;
    while (cookies.charCodeAt(at) === 32) at++;
    if (cookies.charCodeAt(at + name.length) === 61 && cookies.startsWith(name, at) && at < end) {
      return trimBlanks(cookies, at + name.length + 1, end);
    }
    at = end + 1;
  }
  return undefined;
}
