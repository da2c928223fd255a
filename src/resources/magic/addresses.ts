import { cidrContainsIp, parseCidr, parseIp } from '../../net/addresses.js';

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.240.0/20'].map(
  (text) => parseCidr(text)!,
);

/**
 * What is wrong with the IPv4 address of a tunnel's interface, or null. It is a host of a /30 or /31 in private space, as
 * the product's documents ask for.
 */
export function interfaceProblem(text: string): string | null {
  const cidr = parseCidr(text);
  const ip = parseIp(text.split('/')[0]!);
  if (!cidr || !ip || cidr.family !== 4 || (cidr.prefix !== 30 && cidr.prefix !== 31))
    return `"${text}" must be an IPv4 address with a prefix of 30 or 31 bits, such as 10.0.0.0/31`;
  if (!PRIVATE.some((range) => cidrContainsIp(range, ip)))
    return `"${text}" must be in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 169.254.240.0/20`;
  const last = ip.bytes[3]! & 3;
  if (cidr.prefix === 30 && (last === 0 || last === 3))
    return `"${text}" must be one of the two hosts of its /30, not the address of the network or its broadcast`;
  return null;
}

/** What is wrong with the IPv6 address of a tunnel's interface, or null. */
export function interface6Problem(text: string): string | null {
  const cidr = parseCidr(text);
  return cidr?.family === 6 && cidr.prefix === 127
    ? null
    : `"${text}" must be an IPv6 address with a prefix of 127 bits, such as 2001:db8::/127`;
}

/** The other host of a valid interface address: the one that is not on Cloudflare's side. */
export function peerOf(interfaceAddress: string): string {
  const [address, prefix] = interfaceAddress.split('/') as [string, string];
  const bytes = parseIp(address)!.bytes;
  const mask = prefix === '31' ? 1 : 3;
  return [...bytes.slice(0, 3), bytes[3]! ^ mask].join('.');
}

export const isIp = (text: string) => parseIp(text) !== null;
export const isCidr = (text: string) => parseCidr(text) !== null && text.includes('/');
