import { type Cidr, cidrContainsIp, type Ip, parseIp } from '../net/addresses.js';
import type { RequestHead } from './head/request-head.js';
import type { Requester } from './requester.js';

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

type Sender = Pick<Requester, 'identity' | 'scheme'>;

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
