import { type Ip, parseIp } from '../../../net/addresses.js';
import { canonicalHost, inAscii, isHostname, tunnelOf } from '../../../net/hostnames.js';

/** What an origin's address names; `canonical` is equal for every spelling of the same address. */
export type OriginAddress =
  | { readonly kind: 'ip'; readonly ip: Ip; readonly canonical: string }
  | { readonly kind: 'host'; readonly canonical: string }
  /** `<uuid>.cfargotunnel.com`: what the ingress rules of a tunnel lead to. */
  | { readonly kind: 'tunnel'; readonly canonical: string };

/** Where a host name must not end: resolvers take such names for IPv4 addresses in other notations. */
const NUMBER = /^(\d+|0x[0-9a-f]*)$/;

/** Null when `text` is neither an IP address nor a host name. */
export function parseOriginAddress(text: string): OriginAddress | null {
  const ip = parseIp(text);
  if (ip) return { kind: 'ip', ip, canonical: ip.text };
  const canonical = canonicalHostName(text);
  if (canonical === null) return null;
  return { kind: tunnelOf(canonical) === null ? 'host' : 'tunnel', canonical };
}

/** In canonical form, in ASCII; null when it is none. */
export function canonicalHostName(text: string): string | null {
  const name = canonicalHost(inAscii(text));
  return isHostname(name) && !NUMBER.test(name.split('.').at(-1)!) ? name : null;
}

/** Equal for every spelling of the same address. */
export const canonicalAddress = (text: string): string => parseOriginAddress(text)?.canonical ?? text;

/** The canonical IP address; null for a host name. */
export function ipOf(text: string): string | null {
  const address = parseOriginAddress(text);
  return address?.kind === 'ip' ? address.canonical : null;
}
