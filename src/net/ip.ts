import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface Ip {
  readonly family: 4 | 6;
  /** RFC 5952 for IPv6, dotted decimal for IPv4; a v4-mapped IPv6 address is the IPv4 address it stands for. */
  readonly text: string;
  readonly bytes: readonly number[];
}

/**
 * The address that `text` spells, in whatever form, or null. No octal, hex or short IPv4 (not inside IPv6 either), no
 * zone, no brackets, no white space.
 */
export function parseIp(text: string): Ip | null {
  if (isIPv4(text)) return fromIpv4(ipaddr.IPv4.parse(text));
  if (text.includes('%') || !isIPv6(text)) return null;
  const address = ipaddr.IPv6.parse(text.replace(DOTTED_TAIL, hexTail));
  return address.isIPv4MappedAddress() ? fromIpv4(address.toIPv4Address()) : fromIpv6(address);
}

// ipaddr.js takes `::1.2.3.4` for the mapped `::ffff:1.2.3.4`, which is another address; in hex nobody can mistake it.
const DOTTED_TAIL = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/;

function hexTail(_match: string, a: string, b: string, c: string, d: string): string {
  const group = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16);
  return `${group(a, b)}:${group(c, d)}`;
}

function fromIpv4(address: ipaddr.IPv4): Ip {
  return { family: 4, text: address.toString(), bytes: address.toByteArray() };
}

function fromIpv6(address: ipaddr.IPv6): Ip {
  return { family: 6, text: address.toRFC5952String(), bytes: address.toByteArray() };
}

/** Whether the Internet could route to it: false for private, shared, loopback, link-local, documentation and the like. */
export function isGloballyRoutable(ip: Ip): boolean {
  // Of IPv6 only 2000::/3 has been given out; the rest has no special name and is not routed either.
  if (ip.family === 6 && ip.bytes[0]! >> 5 !== 1) return false;
  return ipaddr.fromByteArray([...ip.bytes]).range() === 'unicast';
}

/** `1.2.3.4:80` or `[fd00::1]:80`. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
