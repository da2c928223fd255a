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

export interface Cidr {
  readonly family: 4 | 6;
  /** 0..32 or 0..128. */
  readonly prefix: number;
  readonly network: Ip;
  /** Canonical: `10.0.0.0/8`, `2001:db8::/64`. */
  readonly text: string;
  /** True when bits right of the prefix were set in the text that was parsed. */
  readonly hadHostBits: boolean;
}

/** The network that `text` spells; a bare address is its /32 or /128. Null when it is neither. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const ip = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (!ip) return null;
  const width = ip.family === 4 ? 32 : 128;
  if (slash < 0) return cidrOf(ip, width);
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(digits)) return null;
  // The prefix of a v4-mapped network counts from the start of the IPv6 address.
  const mapped = ip.family === 4 && text.includes(':');
  const prefix = Number(digits) - (mapped ? 96 : 0);
  return prefix < 0 || prefix > width ? null : cidrOf(ip, prefix);
}

function cidrOf(ip: Ip, prefix: number): Cidr {
  const masked = maskedBytes(ip, prefix);
  const network = parseIp(formatBytes(masked)) ?? ip;
  return {
    family: ip.family,
    prefix,
    network,
    text: `${network.text}/${prefix}`,
    hadHostBits: masked.some((byte, index) => byte !== ip.bytes[index]),
  };
}

/** The bytes of `ip` with everything right of the first `prefix` bits cleared. */
export function maskedBytes(ip: Ip, prefix: number): number[] {
  return ip.bytes.map((byte, index) => byte & maskByte(prefix, index));
}

function maskByte(prefix: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefix - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}

function formatBytes(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16));
  return groups.join(':');
}

export function cidrContainsIp(cidr: Cidr, ip: Ip): boolean {
  return (
    cidr.family === ip.family &&
    ip.bytes.every((byte, i) => (byte & maskByte(cidr.prefix, i)) === cidr.network.bytes[i])
  );
}

/** Whether every address of `inner` is in `outer`. */
export function cidrContains(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && cidrContainsIp(outer, inner.network);
}

/** The texts of all networks that a network (canonical), or an address, lies in: itself first, the widest last. */
export function* networksAround(text: string): Generator<string> {
  const inner = parseCidr(text);
  for (let prefix = inner?.prefix ?? -1; prefix >= 0; prefix--) yield cidrOf(inner!.network, prefix).text;
}

/** Whether an address, a literal, may be dialled without a virtual network. */
export type MayDial = (ip: string) => boolean;

/** Addresses that are not globally routable, and yet used without a virtual network. */
export interface DirectNetworks {
  /** By --direct-network: such an address is as good as a public one. */
  readonly named: readonly Cidr[];
  /** All that may be dialled. */
  readonly dialled: readonly Cidr[];
}

/** What a process that only its own machine can configure may dial besides what is globally routable. */
export const LOOPBACK: readonly Cidr[] = [parseCidr('127.0.0.0/8')!, parseCidr('::1/128')!];

/**
 * Globally routable addresses, and those in `networks`. Whoever may write pools would otherwise reach whatever this machine
 * does: its own services, the metadata service of a cloud, the network of its administrators.
 */
export function createMayDial(networks: readonly Cidr[]): MayDial {
  return (text) => {
    const ip = parseIp(text);
    return ip !== null && (isGloballyRoutable(ip) || networks.some((network) => cidrContainsIp(network, ip)));
  };
}

/** That `name` leads to nothing but `addresses`, which must not be dialled without a virtual network, and what to do. */
export function prohibition(name: string, addresses: readonly string[]): string {
  const what = addresses.includes(name)
    ? `${name} is not globally routable`
    : `${name} resolves to ${addresses.slice(0, 4).join(', ')}, which is not globally routable`;
  return `${what}: give its IP address a virtual network, or start with --direct-network and a network that covers it`;
}

/** Values by network; `lookup` answers with the one of the longest prefix that covers an address. */
export interface PrefixMap<V> {
  /** One value for each network: a second one replaces the first. */
  set(cidr: Cidr, value: V): void;
  /** Whether there was a value for exactly this network. */
  delete(cidr: Cidr): boolean;
  lookup(ip: Ip): V | undefined;
  readonly size: number;
}

interface PrefixLength<V> {
  readonly prefix: number;
  readonly networks: Map<string, V>;
}

/**
 * One hash map for each prefix length in use, longest first: a look-up costs as many hash look-ups as there are different
 * lengths, whatever the number of networks. IPv4 and IPv6 are separate: `0.0.0.0/0` does not cover IPv6.
 */
export function createPrefixMap<V>(): PrefixMap<V> {
  const families: Record<4 | 6, PrefixLength<V>[]> = { 4: [], 6: [] };

  return {
    get size() {
      return [...families[4], ...families[6]].reduce((sum, { networks }) => sum + networks.size, 0);
    },
    set(cidr, value) {
      const lengths = families[cidr.family];
      const at = lengths.findIndex(({ prefix }) => prefix <= cidr.prefix);
      const index = at < 0 ? lengths.length : at;
      if (lengths[index]?.prefix !== cidr.prefix) {
        lengths.splice(index, 0, { prefix: cidr.prefix, networks: new Map() });
      }
      lengths[index]!.networks.set(keyOf(cidr.network, cidr.prefix), value);
    },
    delete(cidr) {
      const lengths = families[cidr.family];
      const index = lengths.findIndex(({ prefix }) => prefix === cidr.prefix);
      const networks = lengths[index]?.networks;
      if (!networks?.delete(keyOf(cidr.network, cidr.prefix))) return false;
      if (networks.size === 0) lengths.splice(index, 1);
      return true;
    },
    lookup(ip) {
      for (const { prefix, networks } of families[ip.family]) {
        const key = keyOf(ip, prefix);
        // Not `get() !== undefined`: undefined may be a value, and it must hide the shorter prefixes.
        if (networks.has(key)) return networks.get(key);
      }
      return undefined;
    },
  };
}

function keyOf(ip: Ip, prefix: number): string {
  return String.fromCharCode(...maskedBytes(ip, prefix));
}
