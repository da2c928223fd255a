import type { LiveOrigin, LiveSettings } from '../live/snapshot.js';
import { type Ip, parseIp } from '../net/ip.js';
import { tunnelBefore } from '../net/tunnel-hostname.js';
import type { DnsQuery } from './query.js';
import type { DnsAnswer } from './reply.js';
import { RECORD_TYPE } from './wire.js';

/** All addresses of a host name; rejects when it has none or nobody can say. */
export type Resolve = (name: string) => Promise<readonly { readonly address: string }[]>;

/** A host name may have hundreds; this many fit into the smallest response. */
const MAX_ADDRESSES = 8;

export type RecordFamily = 4 | 6;

export function familyOfType(type: number): RecordFamily | null {
  if (type === RECORD_TYPE.A) return 4;
  return type === RECORD_TYPE.AAAA ? 6 : null;
}

/**
 * Whether DNS can name an origin at all: one in a virtual network, or behind the ingress rules of a tunnel, is nowhere
 * that the asker could go.
 */
export function isNameable(origin: LiveOrigin): boolean {
  return origin.virtualNetworkId === null && tunnelBefore(origin) === null;
}

/** Whether an origin may have addresses of this family: a host name may have both. */
export function mayHave(family: RecordFamily, { ip }: LiveOrigin): boolean {
  return ip === null || parseIp(ip)?.family === family;
}

/**
 * What DNS says of an origin under the question's name. A host name is resolved, or, where the origin says so and the name
 * is not the apex of its zone, named itself. Empty when there is nothing of the asked type; rejects as `resolve` does.
 */
export async function originRecords(
  origin: LiveOrigin,
  query: DnsQuery,
  apex: string,
  { ttl }: LiveSettings,
  resolve: Resolve,
): Promise<DnsAnswer[]> {
  const family = familyOfType(query.type);
  if (origin.ip !== null) return addressRecords(query.name, family, [origin.ip], ttl);
  if (!origin.flattenCname && query.name !== apex) {
    return [{ type: 'CNAME', name: query.name, ttl, data: origin.address }];
  }
  if (family === null) return [];
  const found = await resolve(origin.address);
  return addressRecords(
    query.name,
    family,
    found.map(({ address }) => address),
    ttl,
  );
}

export function addressRecords(
  name: string,
  family: RecordFamily | null,
  addresses: readonly string[],
  ttl: number,
): DnsAnswer[] {
  return addresses
    .map(parseIp)
    .filter((ip): ip is Ip => ip !== null && ip.family === family)
    .slice(0, MAX_ADDRESSES)
    .map(({ text }) => ({ type: family === 4 ? 'A' : 'AAAA', name, ttl, data: text }));
}
