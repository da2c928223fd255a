import type { Client } from '../../storage/database.js';
import { ApiError } from '../../wire/errors.js';
import type { PlacedOrigin } from './placed-origin.js';
import * as store from './store.js';

/**
 * An IP address stands in one network of the account: not in two virtual networks, and not in one and outside of all. In
 * the same network any number of pools may have it. `exceptPool` is the pool whose origins are being replaced.
 */
export async function refuseSecondNetwork(
  db: Client,
  accountId: string,
  exceptPool: string | null,
  placed: readonly PlacedOrigin[],
  networks: ReadonlyMap<string, store.Network>,
): Promise<void> {
  for (const [networkId, members] of byNetwork(placed)) {
    const ips = members.map(({ address }) => address.canonical);
    const holder = await store.heldInOtherNetwork(db, accountId, ips, networkId, exceptPool);
    if (!holder) continue;
    const { shown } = members.find(({ address }) => address.canonical === holder.ip)!;
    const here = labelOf(networkId === null ? null : networks.get(networkId)!);
    const there = labelOf(holder.virtualNetwork);
    throw new ApiError(
      'validation_failed',
      `${shown} is ${here}, but the pool "${holder.pool.name}" (${holder.pool.id}) has it ${there}: an IP address can be in one network of an account only`,
    );
  }
}

function byNetwork(placed: readonly PlacedOrigin[]): Map<string | null, PlacedOrigin[]> {
  const groups = new Map<string | null, PlacedOrigin[]>();
  for (const one of placed) {
    if (one.address.kind !== 'ip') continue;
    const id = one.origin.virtual_network_id;
    const group = groups.get(id);
    if (group) group.push(one);
    else groups.set(id, [one]);
  }
  return groups;
}

const labelOf = (network: store.Network | null) =>
  network
    ? `in the virtual network ${JSON.stringify(network.name)} (${network.id})`
    : 'in no virtual network';
