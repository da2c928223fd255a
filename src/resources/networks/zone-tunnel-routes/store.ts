import type { Client } from '../../../storage/database.js';

export function findPool(db: Client, accountId: string, name: string) {
  return db.pool.findUnique({
    where: { accountId_name: { accountId, name } },
    include: { origins: { orderBy: { position: 'asc' } } },
  });
}

export async function findLoadBalancer(
  db: Client,
  zoneId: string,
  name: string,
): Promise<{ id: string; defaultPools: string[] } | null> {
  const found = await db.loadBalancer.findUnique({ where: { zoneId_hostname: { zoneId, hostname: name } } });
  return found && { id: found.id, defaultPools: found.defaultPools as string[] };
}
