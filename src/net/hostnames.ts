import { domainToASCII, domainToUnicode } from 'node:url';

/** The one form in which host names are compared: lower case, without the final dot. A name beyond ASCII comes in punycode. */
export function canonicalHost(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** `host[:port]` with the host in that form. The port stays as it is; an empty one is left out with its colon. */
export function canonicalAuthority(authority: string): string {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority);
  // An IPv6 address without brackets, for one: there is no port to be found in it.
  if (match === null) return canonicalHost(authority);
  const [, host = '', port = ''] = match;
  return port === '' ? canonicalHost(host) : `${canonicalHost(host)}:${port}`;
}

/** With underscores, which names of services and of machines have. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Whether it is a host name, lower case. */
export const isHostname = (name: string): boolean =>
  name.length <= 253 && name.split('.').every((label) => LABEL.test(label));

/** Whether something in the zone may have this name: the zone's own, one below it, or `*.` and one of those. Lower case. */
export function isHostnameIn(zone: string, name: string): boolean {
  const host = name.startsWith('*.') ? name.slice(2) : name;
  if (host !== zone && !host.endsWith(`.${zone}`)) return false;
  return name.length <= 253 && isHostname(host);
}

export const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

/**
 * The name as DNS has it: lower case, and in punycode what is beyond ASCII. Empty when that cannot be. It may begin with
 * `*.`.
 */
export function inAscii(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  const wildcard = text.startsWith('*.') ? '*.' : '';
  const name = domainToASCII(text.slice(wildcard.length));
  return name === '' ? '' : wildcard + name;
}

/** The name as people read it: the inverse of `inAscii` for what is in punycode. */
export const inUnicode = (name: string): string =>
  name.includes('xn--') ? domainToUnicode(name) || name : name;

const TUNNEL_HOSTNAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.cfargotunnel\.com\.?$/i;

/**
 * The id (lower case) in a host name `<uuid>.cfargotunnel.com`, which stands for the ingress rules of that tunnel and is
 * no place in DNS to dial; null for every other name.
 */
export function tunnelOf(hostname: string): string | null {
  const match = TUNNEL_HOSTNAME.exec(hostname);
  return match && match[1]!.toLowerCase();
}

/** The tunnel whose ingress rules an origin is behind; null when it has an address of its own. */
export function tunnelBefore(origin: {
  readonly address: string;
  readonly ip: string | null;
  readonly virtualNetworkId: string | null;
}): string | null {
  return origin.virtualNetworkId === null && origin.ip === null ? tunnelOf(origin.address) : null;
}

/** What stands for the ingress rules of a tunnel. */
export const tunnelHostname = (tunnelId: string): string => `${tunnelId}.cfargotunnel.com`;

/**
 * The host names of a zone's name servers. Of `names`, in lower case, one label stands for a name below the apex of each
 * zone (`ns1` is `ns1.example.com` in example.com), several labels for one and the same name in all of them.
 */
export const nameServersOf = (names: readonly string[], apex: string): string[] =>
  names.map((name) => (name.includes('.') ? name : `${name}.${apex}`));
