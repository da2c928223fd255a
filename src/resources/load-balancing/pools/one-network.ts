import { ApiError } from '../../../api/errors.js';
import type { Client } from '../../../storage/database.js';
import type { PlacedOrigin } from './placed-origin.js';
import * as store from './store.js';

/**
 * An IP address stands in one virtual network of the account. In that network, and outside of all, any number of pools may
 * have it. `exceptPool` is the pool whose origins are being replaced.
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
    const here = labelOf(networks.get(networkId)!);
    const there = labelOf(holder.virtualNetwork!);
    throw new ApiError(
      'validation_failed',
      `${shown} is ${here}, but the pool "${holder.pool.name}" (${holder.pool.id}) has it ${there}: an IP address can be in one virtual network of an account only`,
    );
  }
}

function byNetwork(placed: readonly PlacedOrigin[]): Map<string, PlacedOrigin[]> {
  const groups = new Map<string, PlacedOrigin[]>();
  for (const one of placed) {
    const id = one.origin.virtual_network_id;
    if (id === null) continue;
    const group = groups.get(id);
    if (group) group.push(one);
    else groups.set(id, [one]);
  }
  return groups;
}

const labelOf = ({ id, name }: store.Network) => `in the virtual network ${JSON.stringify(name)} (${id})`;
