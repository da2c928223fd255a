import { isDeepStrictEqual } from 'node:util';
import type { Client, Tx } from '../../storage/database.js';
import { ApiError } from '../../wire/errors.js';
import { newHexId } from '../../wire/identifiers.js';
import { existingPools } from '../pools/index.js';
import { getZone } from '../zones/index.js';
import { columnsOf, fieldsOf, type LoadBalancerFields } from './fields.js';
import { fieldsAfter } from './from-body.js';
import { isHostnameIn } from './hostname.js';
import { namedPools } from './named-pools.js';
import type { PatchBody, WriteBody } from './schema.js';
import * as store from './store.js';

type Zone = Awaited<ReturnType<typeof getZone>>;

/** A load balancer with the name of its zone, which answers show. */
export interface InZone {
  readonly balancer: store.LoadBalancer;
  readonly zoneName: string;
}

export async function list(db: Client, zoneId: string): Promise<InZone[]> {
  const zone = await getZone(db, zoneId);
  const balancers = await store.list(db, zoneId);
  return balancers.map((balancer) => ({ balancer, zoneName: zone.name }));
}

export async function get(db: Client, zoneId: string, id: string): Promise<InZone> {
  const zone = await getZone(db, zoneId);
  const balancer = await store.find(db, zoneId, id);
  if (!balancer) throw new ApiError('lb_object_missing', 'load balancer');
  return { balancer, zoneName: zone.name };
}

export async function create(tx: Tx, zoneId: string, body: WriteBody): Promise<InZone> {
  const zone = await getZone(tx.db, zoneId);
  const fields = fieldsAfter(body, null);
  const pools = await check(tx.db, zone, null, fields);
  const now = new Date();
  const identity = { id: newHexId(), accountId: zone.accountId, zoneId, createdOn: now };
  const balancer = { ...identity, ...columnsOf(fields), modifiedOn: now };
  await store.insert(tx, balancer, pools);
  return { balancer, zoneName: zone.name };
}

/** PUT: what the body leaves out goes back to its default. */
export const replace = (tx: Tx, zoneId: string, id: string, body: WriteBody) =>
  change(tx, zoneId, id, body, () => null);

/** PATCH: what the body leaves out stays. */
export const merge = (tx: Tx, zoneId: string, id: string, body: PatchBody) =>
  change(tx, zoneId, id, body, (stored) => stored);

/** Writes nothing when nothing changes. */
async function change(
  tx: Tx,
  zoneId: string,
  id: string,
  body: PatchBody,
  base: (stored: LoadBalancerFields) => LoadBalancerFields | null,
): Promise<InZone> {
  const zone = await getZone(tx.db, zoneId);
  const { balancer: before } = await get(tx.db, zoneId, id);
  const stored = fieldsOf(before);
  const fields = fieldsAfter(body, base(stored));
  if (isDeepStrictEqual(fields, stored)) return { balancer: before, zoneName: zone.name };
  const pools = await check(tx.db, zone, id, fields);
  const balancer = { ...before, ...columnsOf(fields), modifiedOn: new Date() };
  await store.update(tx, balancer, pools);
  return { balancer, zoneName: zone.name };
}

export async function remove(tx: Tx, zoneId: string, id: string): Promise<void> {
  await get(tx.db, zoneId, id);
  await store.remove(tx, id);
}

/** Answers the pools that the fields name, all of which exist. */
async function check(
  db: Client,
  zone: Zone,
  self: string | null,
  fields: LoadBalancerFields,
): Promise<readonly string[]> {
  if (!isHostnameIn(zone.name, fields.name))
    throw invalid(`invalid hostname: ${fields.name} (it must be ${zone.name} or end in .${zone.name})`);
  if (fields.default_pools.length === 0) throw invalid('default_pools must name at least one pool');
  const namesake = await store.findByName(db, zone.id, fields.name);
  if (namesake && namesake.id !== self) throw new ApiError('value_not_unique');
  const named = namedPools(fields);
  const existing = await existingPools(db, zone.accountId, [...named.keys()]);
  for (const [id, field] of named)
    if (!existing.has(id)) throw invalid(`${field} "${id}" is not a pool of this account`);
  return [...named.keys()];
}

const invalid = (reason: string) => new ApiError('validation_failed', reason);
