import type { Client } from '../../storage/database.js';

/** Whether a live route of the network covers the address. `ip` is canonical. */
export async function covers(db: Client, virtualNetworkId: string, ip: string): Promise<boolean> {
  const [row] = await db.$queryRaw<{ covered: boolean }[]>`
    select exists (
      select 1 from route
      where virtual_network_id = ${virtualNetworkId}::uuid and deleted_at is null and network::cidr >>= ${ip}::inet
    ) as covered`;
  return row!.covered;
}
