import { type Ip, parseIp } from './ip.js';

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
