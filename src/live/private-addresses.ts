import { createHash } from 'node:crypto';
import type { Cidr } from '../net/cidr.js';

/**
 * The address that each load balancer of an account has in `network` (IPv4). `ids` come in the order in which the load
 * balancers were made. Each takes the address that a hash of its id names, or the next free one; so an address stays as long
 * as no older load balancer that wants the same one comes or goes, also across restarts. The first and the last address of
 * the network are given to nobody. When they run out, the youngest have none.
 */
export function privateAddresses(network: Cidr, ids: Iterable<string>): ReadonlyMap<string, string> {
  const first = network.network.bytes.reduce((number, byte) => number * 256 + byte, 0) + 1;
  const size = 2 ** (32 - network.prefix) - 2;
  const taken = new Set<number>();
  const addresses = new Map<string, string>();
  for (const id of ids) {
    if (taken.size >= size) break;
    let offset = createHash('sha256').update(id).digest().readUInt32BE(0) % size;
    while (taken.has(offset)) offset = (offset + 1) % size;
    taken.add(offset);
    addresses.set(id, dotted(first + offset));
  }
  return addresses;
}

const dotted = (number: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
