import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { newHexId } from '../../../api/identifiers.js';
import type { Client, Tx } from '../../../storage/database.js';
import { existingPools } from '../pools/index.js';
import { columnsOf, fieldsOf, type LoadBalancerFields } from './fields.js';
import { fieldsAfter } from './from-body.js';
import { checkFields } from './limits.js';
import { namedPools } from './named-pools.js';
import { hostnameFor, type Owner, type OwnerParams, ownerOf } from './rules-owner.js';
import type { PatchBody, WriteBody } from './schema.js';
import * as store from './store.js';

/** Pools that one load balancer may name in all its fields together. */
const MAX_NAMED_POOLS = 10_000;

async function existing(db: Client, owner: Owner, id: string): Promise<store.LoadBalancer> {
  const balancer = await store.find(db, owner, id);
  if (!balancer) throw new ApiError('lb_object_missing', 'load balancer');
  return { ...balancer, zone: owner.zone };
}

export async function create(tx: Tx, params: OwnerParams, body: WriteBody): Promise<store.LoadBalancer> {
  const owner = await ownerOf(tx.db, params);
  const fields = fieldsAfter(body, null);
  const hostname = hostnameFor(owner, fields.name);
  const { added } = await check(tx.db, owner, fields, null);
  await requireFree(tx.db, owner, { name: fields.name, hostname }, null);
  const now = new Date();
  const { accountId, zone } = owner;
  const identity = { id: newHexId(), accountId, zoneId: zone?.id ?? null, zone, hostname };
  const balancer = { ...identity, ...columnsOf(fields), createdOn: now, modifiedOn: now };
  await store.insert(tx, balancer, added);
  return balancer;
}

/** PUT: what the body leaves out goes back to its default. */
export const replace = (tx: Tx, params: OwnerParams, id: string, body: WriteBody) =>
  change(tx, params, id, body, () => null);

/** PATCH: what the body leaves out stays. */
export const merge = (tx: Tx, params: OwnerParams, id: string, body: PatchBody) =>
  change(tx, params, id, body, (stored) => stored);

/** Writes nothing when nothing changes. */
async function change(
  tx: Tx,
  params: OwnerParams,
  id: string,
  body: PatchBody,
  base: (stored: LoadBalancerFields) => LoadBalancerFields | null,
): Promise<store.LoadBalancer> {
  const owner = await ownerOf(tx.db, params);
  const before = await existing(tx.db, owner, id);
  const stored = fieldsOf(before);
  const fields = fieldsAfter(body, base(stored));
  if (isDeepStrictEqual(fields, stored)) return before;
  const hostname = hostnameFor(owner, fields.name);
  const pools = await check(tx.db, owner, fields, stored);
  if (fields.name !== stored.name) await requireFree(tx.db, owner, { name: fields.name, hostname }, id);
  const balancer = { ...before, ...columnsOf(fields), hostname, modifiedOn: new Date() };
  await store.update(tx, balancer, pools);
  return balancer;
}

export async function remove(tx: Tx, params: OwnerParams, id: string): Promise<void> {
  await existing(tx.db, await ownerOf(tx.db, params), id);
  await store.remove(tx, id);
}

/** In a zone no two have one host name, in an account no two one name. */
async function requireFree(
  db: Client,
  owner: Owner,
  wanted: { readonly name: string; readonly hostname: string | null },
  self: string | null,
): Promise<void> {
  const holder = await store.findNamesake(db, owner, wanted);
  if (holder && holder.id !== self) throw new ApiError('value_not_unique');
}

/**
 * Answers which pools the fields name and `stored` does not, all of which exist, and the other way round. What is stored
 * already has been checked when it was written, and cannot have become wrong.
 */
async function check(
  db: Client,
  owner: Owner,
  fields: LoadBalancerFields,
  stored: LoadBalancerFields | null,
): Promise<store.NamedPools> {
  checkFields(fields, stored);
  const named = namedPools(fields);
  if (named.size > MAX_NAMED_POOLS)
    throw invalid(`a load balancer must not name more than ${MAX_NAMED_POOLS} pools, this one ${named.size}`);
  const known: ReadonlyMap<string, string> = stored ? namedPools(stored) : new Map();
  const added = [...named.keys()].filter((id) => !known.has(id));
  const found = await existingPools(db, owner.accountId, added);
  for (const id of added)
    if (!found.has(id)) throw invalid(`${named.get(id)} "${id}" is not a pool of this account`);
  return { added, removed: [...known.keys()].filter((id) => !named.has(id)) };
}

const invalid = (reason: string) => new ApiError('validation_failed', reason);
