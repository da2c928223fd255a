import ipaddr from 'ipaddr.js';

export interface Ip {
  readonly family: 4 | 6;
  /** RFC 5952 for IPv6, dotted decimal for IPv4; a v4-mapped IPv6 address is the IPv4 address it stands for. */
  readonly text: string;
  readonly bytes: readonly number[];
}

const DOTTED_DECIMAL = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

/** The address that `text` spells, in whatever form, or null. No octal, hex or short IPv4, no zone, no brackets. */
export function parseIp(text: string): Ip | null {
  if (text.includes(':')) {
    if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return null;
    const address = ipaddr.IPv6.parse(text);
    return address.isIPv4MappedAddress() ? fromIpv4(address.toIPv4Address()) : fromIpv6(address);
  }
  if (!DOTTED_DECIMAL.test(text) || /(^|\.)0\d/.test(text)) return null;
  return fromIpv4(ipaddr.IPv4.parse(text));
}

function fromIpv4(address: ipaddr.IPv4): Ip {
  return { family: 4, text: address.toString(), bytes: address.toByteArray() };
}

function fromIpv6(address: ipaddr.IPv6): Ip {
  return { family: 6, text: address.toRFC5952String(), bytes: address.toByteArray() };
}

/** Whether the Internet could route to it: false for private, shared, loopback, link-local, documentation and the like. */
export function isGloballyRoutable(ip: Ip): boolean {
  return ipaddr.fromByteArray([...ip.bytes]).range() === 'unicast';
}

/** `1.2.3.4:80` or `[fd00::1]:80`. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
