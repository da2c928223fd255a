import { ApiError } from '../../../api/errors.js';
import type { Client, Tx } from '../../../storage/database.js';
import { DEFINITIONS, type WorkingWorld } from '../../definitions.js';
import { inUnicode } from '../../hostname.js';
import { ownerKey } from '../../load-balancing/load-balancers/definition.js';
import { ownerKey as tokenOwnerKey } from '../tokens/definition.js';
import type { Zone } from '../zones/definition.js';
import type { Account } from './definition.js';

const orderBy: { createdOn?: 'asc'; id?: 'asc' }[] = [{ createdOn: 'asc' }, { id: 'asc' }];

/** What a start looks for before anything is in memory: the account that was made first, and its first zone. */
export const findFirst = (db: Client) => db.account.findFirst({ orderBy });
export const findFirstZone = (db: Client, accountId: string) =>
  db.zone.findFirst({ where: { accountId }, orderBy });

export async function insert(tx: Tx, account: Account): Promise<void> {
  await tx.db.account.create({ data: account });
  tx.changed('account', account.id);
}

/** The first zone of a new account. */
export async function insertZone(tx: Tx, { values, ...zone }: Zone): Promise<void> {
  const { name } = zone;
  if (await tx.db.zone.findUnique({ where: { name } })) throw new ApiError('zone_exists', inUnicode(name));
  await tx.db.zone.create({ data: { ...zone, type: values.type } });
  tx.changed('zone', zone.id);
}

/** What memory must forget of the account: of each noun that it has. */
function known(world: WorkingWorld, id: string): [noun: string, id: string][] {
  const zones = world.zones.of(id).map((zone) => zone.id);
  const owners = [
    ...[id, ownerKey(null, id), tokenOwnerKey({ scope: 'account', id })],
    ...zones.flatMap((zone) => [zone, ownerKey(zone, id)]),
  ];
  return Object.entries(DEFINITIONS).flatMap(([table, { noun }]) =>
    owners.flatMap((owner) =>
      world[table as keyof WorkingWorld].of(owner).map((row): [string, string] => [noun, row.id]),
    ),
  );
}

/** Deletes the account and every row that is of it: those that refer to others first. */
export async function remove(tx: Tx, world: WorkingWorld, accountId: string): Promise<void> {
  for (const [noun, id] of known(world, accountId)) tx.changed(noun, id);
  const where = { accountId };
  const ofItsTunnels = { where: { tunnel: where } };
  await tx.db.healthEvent.deleteMany({ where });
  await tx.db.apiToken.deleteMany({ where });
  await tx.db.loadBalancer.deleteMany({ where });
  await tx.db.dnsRecord.deleteMany({ where: { zone: where } });
  await tx.db.zone.deleteMany({ where });
  await tx.db.pool.deleteMany({ where });
  await tx.db.monitorGroup.deleteMany({ where });
  await tx.db.monitor.deleteMany({ where });
  await tx.db.route.deleteMany({ where });
  await tx.db.hostnameRoute.deleteMany({ where });
  await tx.db.tunnelConfiguration.deleteMany(ofItsTunnels);
  await tx.db.warpConfiguration.deleteMany(ofItsTunnels);
  await tx.db.tunnel.deleteMany({ where });
  await tx.db.subnet.deleteMany({ where });
  await tx.db.virtualNetwork.deleteMany({ where });
  await tx.db.magicTunnel.deleteMany({ where });
  await tx.db.connectivitySettings.deleteMany({ where });
  await tx.db.account.delete({ where: { id: accountId } });
  tx.changed('account', accountId);
}
