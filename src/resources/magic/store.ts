import { createHash } from 'node:crypto';
import type { Client, Tx } from '../../storage/database.js';
import type { Prisma } from '../../storage/generated/client.js';
import type { Kind, Tunnel, Write } from './tunnel.js';

/** The digest of the pre-shared key is only ever written. */
const omit = { pskDigest: true } as const;
const typed = <F>(row: unknown) => row as Tunnel<F>;

export async function list<F>(db: Client, kind: Kind, accountId: string): Promise<Tunnel<F>[]> {
  const orderBy: Prisma.MagicTunnelOrderByWithRelationInput[] = [{ createdOn: 'asc' }, { id: 'asc' }];
  return (await db.magicTunnel.findMany({ where: { accountId, kind }, omit, orderBy })).map(typed<F>);
}

/** Those of the account that have these ids, in no order. */
export async function findAll<F>(
  db: Client,
  kind: Kind,
  accountId: string,
  ids: readonly string[],
): Promise<Tunnel<F>[]> {
  const where = { accountId, kind, id: { in: [...ids] } };
  return (await db.magicTunnel.findMany({ where, omit })).map(typed<F>);
}

/** Ids of tunnels with one of these names, of one kind or of both. */
export async function namesakes(
  db: Client,
  kind: Kind | null,
  accountId: string,
  names: readonly string[],
): Promise<{ id: string; name: string }[]> {
  const where = { accountId, name: { in: [...names] }, ...(kind === null ? {} : { kind }) };
  return await db.magicTunnel.findMany({ where, select: { id: true, name: true } });
}

export async function insert<F>(tx: Tx, tunnel: Tunnel<F>, psk: string | null): Promise<void> {
  const data = { ...tunnel, fields: tunnel.fields as Prisma.InputJsonValue };
  await tx.db.magicTunnel.create({ data: { ...data, ...digestOf(psk) } });
  tx.changed('magic_tunnel', tunnel.id);
}

/** Writes several at once; they may take each other's names. */
export async function update<F>(
  tx: Tx,
  changes: readonly { readonly after: Tunnel<F>; readonly write: Write<F> }[],
): Promise<void> {
  const ids = changes.map(({ after }) => after.id);
  // No tunnel has an identifier for its name, so nobody stands in the way of a name that changes hands.
  await tx.db.$executeRaw`update magic_tunnel set name = id where id = any(${ids})`;
  for (const { after, write } of changes) {
    const data = {
      name: after.name,
      fields: after.fields as Prisma.InputJsonValue,
      pskGeneratedOn: after.pskGeneratedOn,
      modifiedOn: after.modifiedOn,
      ...digestOf(write.psk ?? null),
    };
    await tx.db.magicTunnel.update({ where: { id: after.id }, data });
    tx.changed('magic_tunnel', after.id);
  }
}

export async function setPsk(tx: Tx, id: string, psk: string, at: Date): Promise<void> {
  const data = { ...digestOf(psk), pskGeneratedOn: at, modifiedOn: at };
  await tx.db.magicTunnel.update({ where: { id }, data });
  tx.changed('magic_tunnel', id);
}

export async function remove(tx: Tx, id: string): Promise<void> {
  await tx.db.magicTunnel.delete({ where: { id } });
  tx.changed('magic_tunnel', id);
}

function digestOf(psk: string | null): { pskDigest?: Uint8Array<ArrayBuffer> } {
  return psk === null ? {} : { pskDigest: Uint8Array.from(createHash('sha256').update(psk).digest()) };
}
