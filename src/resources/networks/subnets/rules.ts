import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { newUuid } from '../../../api/identifiers.js';
import type { Client, Tx } from '../../../storage/database.js';
import { DEFAULT_SUBNETS } from './defaults.js';
import { familyOf, networkComplaint } from './network.js';
import type { AddressFamily, CreateBody, PatchBody, SubnetType, WellKnownBody } from './schema.js';
import * as store from './store.js';

/** The subnets that every account has from the start. */
export async function createDefaults(tx: Tx, accountId: string, createdAt: Date): Promise<void> {
  const common = { accountId, comment: '', createdAt, deletedAt: null };
  await store.insert(
    tx,
    DEFAULT_SUBNETS.map((subnet) => ({ id: newUuid(), ...common, ...subnet })),
  );
}

/** The live subnet for devices; throws when the account has none with this id, or none any more. */
export async function get(db: Client, accountId: string, id: string): Promise<store.Subnet> {
  const subnet = await store.find(db, accountId, 'warp', id);
  if (!subnet || subnet.deletedAt) throw new ApiError('subnet_missing');
  return subnet;
}

export async function create(tx: Tx, accountId: string, body: CreateBody): Promise<store.Subnet> {
  if (familyOf(body.network) === 'v6')
    throw new ApiError(
      'subnet_refused',
      `"${body.network}" is an IPv6 network; only IPv4 ones can be created`,
    );
  await checkNetwork(tx.db, accountId, 'warp', 'v4', body.network, null);
  const subnet: store.Subnet = {
    id: newUuid(),
    accountId,
    name: body.name,
    network: body.network,
    comment: body.comment ?? '',
    isDefault: body.is_default_network ?? false,
    subnetType: 'warp',
    createdAt: new Date(),
    deletedAt: null,
  };
  if (subnet.isDefault) await store.demoteDefault(tx, accountId);
  await store.insert(tx, [subnet]);
  return subnet;
}

/** Changes what the body names; an empty body changes nothing. */
export async function change(tx: Tx, accountId: string, id: string, body: PatchBody): Promise<store.Subnet> {
  const before = await get(tx.db, accountId, id);
  const isDefault = body.is_default_network ?? before.isDefault;
  const after = { ...merged(before, body), network: before.network, isDefault };
  if (body.network != null && body.network !== before.network)
    throw new ApiError('subnet_refused', `the network of the subnet, ${before.network}, cannot be changed`);
  if (before.isDefault && !isDefault)
    throw new ApiError(
      'subnet_refused',
      `"${before.name}" is the default subnet; make another one the default`,
    );
  if (isDeepStrictEqual(after, before)) return before;
  if (familyOf(before.network) === 'v6')
    throw new ApiError('subnet_refused', `${before.network} is an IPv6 subnet, which cannot be changed`);
  if (after.isDefault && !before.isDefault) await store.demoteDefault(tx, accountId);
  await store.update(tx, after);
  return after;
}

/** Deletes a subnet for devices; one that is not there, or not any more, is as good as deleted and gives null. */
export async function remove(tx: Tx, accountId: string, id: string): Promise<store.Subnet | null> {
  const subnet = await store.find(tx.db, accountId, 'warp', id);
  if (!subnet || subnet.deletedAt) return null;
  if (subnet.isDefault)
    throw new ApiError('subnet_refused', `"${subnet.name}" is the default subnet and cannot be deleted`);
  if (familyOf(subnet.network) === 'v6')
    throw new ApiError(
      'subnet_refused',
      `${subnet.network} is an IPv6 subnet, which cannot be deleted: none could be created again`,
    );
  const deleted = { ...subnet, deletedAt: new Date() };
  await store.update(tx, deleted);
  return deleted;
}

/** Changes what the body names of the account's only subnet of this type and family. */
export async function changeWellKnown(
  tx: Tx,
  accountId: string,
  type: Exclude<SubnetType, 'warp'>,
  family: AddressFamily,
  body: WellKnownBody,
): Promise<store.Subnet> {
  const before = await store.findWellKnown(tx.db, accountId, type, family);
  const after = merged(before, body);
  if (isDeepStrictEqual(after, before)) return before;
  if (after.network !== before.network)
    await checkNetwork(tx.db, accountId, type, family, after.network, before.id);
  await store.update(tx, after);
  return after;
}

function merged(before: store.Subnet, { name, network, comment }: WellKnownBody): store.Subnet {
  return {
    ...before,
    name: name ?? before.name,
    network: network ?? before.network,
    comment: comment === undefined ? before.comment : (comment ?? ''),
  };
}

async function checkNetwork(
  db: Client,
  accountId: string,
  type: SubnetType,
  family: AddressFamily,
  network: string,
  self: string | null,
): Promise<void> {
  const complaint = networkComplaint(type, family, network);
  if (complaint) throw new ApiError('subnet_refused', `network ${complaint}`);
  const conflict = await store.findConflict(db, accountId, network, self);
  if (!conflict) return;
  throw new ApiError(
    'subnet_conflict',
    conflict.kind === 'subnet'
      ? `network "${network}" overlaps an existing subnet's network at "${conflict.network}"`
      : `network "${network}" contains the network "${conflict.network}" of an existing route`,
  );
}
