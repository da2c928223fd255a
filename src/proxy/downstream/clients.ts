import { type Cidr, cidrContainsIp, type Ip, parseIp } from '../../net/addresses.js';
import type { DownstreamStream, RequestingClient } from '../exchange/contract.js';
import type { ExchangeServices } from '../exchange/services.js';
import type { RequestHead } from '../http/request-head.js';
import type { Deadlines, LimitReached, ProxyTimeouts } from '../limits.js';

/** What all connections of the clients of one proxy share. */
export interface DownstreamServices extends ExchangeServices {
  readonly timeouts: ProxyTimeouts;
  readonly deadlines: Deadlines;
  readonly idleClients: IdleClients;
  readonly limitReached: LimitReached;
  /** Whose word about their clients counts. */
  readonly trustedProxies: TrustedProxies;
}

/** A client's connection, whatever it speaks. */
export interface ClientTransport {
  readonly identity: RequestingClient;
  /** Its place among those that rest; null when it has work, or is gone. */
  resting: Resting | null;
  /** Ends now when no request is under way, otherwise after them. With `awaitFirst` one without any request so far stays. */
  drain(awaitFirst?: boolean): void;
  destroy(): void;
  /** Closes the connection at once if nothing is under way on it; false when there is. */
  closeIdle(): boolean;
}

/** A place in the order in which connections began to rest: a circle, so that taking one out looks for nothing. */
export interface Resting {
  readonly client: ClientTransport | null;
  before: Resting;
  after: Resting;
}

/** Transports tell when they rest between two requests. */
export interface IdleClients {
  rest(client: ClientTransport): void;
  /** It has work again, or is gone. */
  leave(client: ClientTransport): void;
}

/** All connections of clients, in number not above a limit. */
interface ClientConnections extends IdleClients {
  /** Whether one more can be served. At the limit the one that has rested for longest is closed for it. */
  makeRoom(): boolean;
  add(client: ClientTransport): void;
  remove(client: ClientTransport): void;
  all(): Iterable<ClientTransport>;
  readonly size: number;
}

/** Of idle connections, those that are asked whether they can go: a few may still be sending. */
const MAX_ASKED = 64;

/**
 * A connection that has never had a request is not idle: its first one may be on the way, and clients do not send it again
 * as they do when a kept connection is closed.
 */
export function createClientConnections(limit: number, limitReached: LimitReached): ClientConnections {
  const clients = new Set<ClientTransport>();
  const idle = circle();

  function leave(client: ClientTransport): void {
    const { resting } = client;
    if (resting === null) return;
    client.resting = null;
    resting.before.after = resting.after;
    resting.after.before = resting.before;
  }

  function closeOldest(): boolean {
    let { after } = idle;
    for (let asked = 0; asked < MAX_ASKED && after.client !== null; asked += 1) {
      const { client } = after;
      if (client.closeIdle()) {
        leave(client);
        clients.delete(client);
        return true;
      }
      after = after.after;
    }
    return false;
  }

  return {
    makeRoom() {
      if (clients.size < limit) return true;
      limitReached('client connections', limit);
      return closeOldest();
    },
    add: (client) => void clients.add(client),
    remove(client) {
      clients.delete(client);
      leave(client);
    },
    rest(client) {
      if (client.resting !== null || !clients.has(client)) return;
      const last = idle.before;
      client.resting = { client, before: last, after: idle };
      last.after = client.resting;
      idle.before = client.resting;
    },
    leave,
    all: () => clients,
    get size() {
      return clients.size;
    },
  };
}

/** The place behind the last and before the first one: nobody's. */
function circle(): Resting {
  const place = { client: null } as Resting;
  place.before = place;
  place.after = place;
  return place;
}

/** The addresses of proxies in front of us: what they say of their clients is believed. */
export interface TrustedProxies {
  has(address: string | undefined): boolean;
}

export function createTrustedProxies(networks: readonly Cidr[]): TrustedProxies {
  return {
    has(address) {
      if (networks.length === 0 || address === undefined) return false;
      const ip = parseIp(address);
      return ip !== null && networks.some((network) => cidrContainsIp(network, ip));
    },
  };
}

type Sender = Pick<DownstreamStream, 'identity' | 'scheme'>;

/**
 * Who sent a request on the connection of `sender`, and over what. A trusted proxy is believed: its client is the last
 * address in X-Forwarded-For that is not a trusted proxy itself, and what stands before that anybody may have written. What
 * is no address ends the search. From everybody else both fields say nothing.
 */
export function requestSender(sender: Sender, request: RequestHead, trusted: TrustedProxies): Sender {
  const { identity } = sender;
  if (!trusted.has(identity.ip)) return sender;
  const scheme = request.forwardedProto ?? sender.scheme;
  let ip = identity.ip;
  for (const entry of request.forwardedFor.split(',').reverse()) {
    const address = addressOf(entry.trim());
    if (address === null) break;
    ip = address.text;
    if (!trusted.has(ip)) break;
  }
  return { identity: { ...identity, ip }, scheme };
}

/** Some proxies write the port as well: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function addressOf(entry: string): Ip | null {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(entry);
  return parseIp(bracketed ? bracketed[1]! : entry.replace(/^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/, '$1'));
}
