import type { Client } from '../../../storage/database.js';
import { literal } from '../../like.js';
import type { Window } from './windows.js';

export interface Labelled {
  readonly id: string;
  readonly name: string;
}

/** `from` is what was found, `to` what it refers to or what refers to it. */
export interface Link {
  readonly from: string;
  readonly to: Labelled;
}

const orderBy = [{ createdOn: 'asc' as const }, { id: 'asc' as const }];
const label = { id: true, name: true };
const described = { id: true, description: true };
const asLabel = ({ id, description }: { id: string; description: string }) => ({ id, name: description });

const containing = (text: string) => ({ contains: literal(text), mode: 'insensitive' as const });

const named = (accountId: string, text: string) => ({
  accountId,
  ...(text === '' ? {} : { name: containing(text) }),
});

const describedAs = (accountId: string, text: string) => ({
  accountId,
  ...(text === '' ? {} : { description: containing(text) }),
});

/** A pool is also found by an address in it. */
const namedOrWith = (accountId: string, text: string) => ({
  accountId,
  ...(text === ''
    ? {}
    : { OR: [{ name: containing(text) }, { origins: { some: { address: containing(text) } } }] }),
});

export const countBalancers = (db: Client, accountId: string, text: string): Promise<number> =>
  db.loadBalancer.count({ where: named(accountId, text) });

export const findBalancers = (db: Client, accountId: string, text: string, page: Window) =>
  db.loadBalancer.findMany({ where: named(accountId, text), select: label, orderBy, ...page });

export const countMonitors = (db: Client, accountId: string, text: string): Promise<number> =>
  db.monitor.count({ where: describedAs(accountId, text) });

export async function findMonitors(db: Client, accountId: string, text: string, page: Window) {
  const where = describedAs(accountId, text);
  return (await db.monitor.findMany({ where, select: described, orderBy, ...page })).map(asLabel);
}

export const countPools = (db: Client, accountId: string, text: string): Promise<number> =>
  db.pool.count({ where: namedOrWith(accountId, text) });

export const findPools = (db: Client, accountId: string, text: string, page: Window) =>
  db.pool.findMany({ where: namedOrWith(accountId, text), select: label, orderBy, ...page });

/** From load balancers to the pools that they name. */
export async function poolsOfBalancers(db: Client, ids: readonly string[]): Promise<Link[]> {
  const links = await db.loadBalancerPool.findMany({
    where: { loadBalancerId: { in: [...ids] } },
    select: { loadBalancerId: true, pool: { select: label } },
    orderBy: [{ pool: { createdOn: 'asc' } }, { poolId: 'asc' }],
  });
  return links.map(({ loadBalancerId, pool }) => ({ from: loadBalancerId, to: pool }));
}

/** From pools to the load balancers that name them. */
export async function balancersOfPools(db: Client, ids: readonly string[]): Promise<Link[]> {
  const links = await db.loadBalancerPool.findMany({
    where: { poolId: { in: [...ids] } },
    select: { poolId: true, loadBalancer: { select: label } },
    orderBy: [{ loadBalancer: { createdOn: 'asc' } }, { loadBalancerId: 'asc' }],
  });
  return links.map(({ poolId, loadBalancer }) => ({ from: poolId, to: loadBalancer }));
}

/** From pools to their monitors. */
export async function monitorsOfPools(db: Client, ids: readonly string[]): Promise<Link[]> {
  const pools = await db.pool.findMany({
    where: { id: { in: [...ids] } },
    select: { id: true, monitor: { select: described } },
  });
  return pools.flatMap(({ id, monitor }) => (monitor ? [{ from: id, to: asLabel(monitor) }] : []));
}

/** From monitors to the pools that they watch. */
export async function poolsOfMonitors(db: Client, ids: readonly string[]): Promise<Link[]> {
  const pools = await db.pool.findMany({
    where: { monitorId: { in: [...ids] } },
    select: { ...label, monitorId: true },
    orderBy,
  });
  return pools.map(({ monitorId, ...pool }) => ({ from: monitorId!, to: pool }));
}
