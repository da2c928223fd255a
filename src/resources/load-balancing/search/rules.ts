import type { Client } from '../../../storage/database.js';
import { type Reference, referenceTo } from '../references.js';
import { KINDS, type Kind, type SearchQuery, type WireResource } from './schema.js';
import * as store from './store.js';
import { type Window, windowsOf } from './windows.js';

interface Search {
  count(db: Client, accountId: string, text: string): Promise<number>;
  find(db: Client, accountId: string, text: string, page: Window): Promise<store.Labelled[]>;
}

const SEARCHES: Readonly<Record<Kind, Search>> = {
  load_balancer: { count: store.countBalancers, find: store.findBalancers },
  monitor: { count: store.countMonitors, find: store.findMonitors },
  pool: { count: store.countPools, find: store.findPools },
};

interface Links {
  readonly type: Reference['reference_type'];
  readonly to: Kind;
  find(db: Client, ids: readonly string[]): Promise<store.Link[]>;
}

const LINKS: Readonly<Record<Kind, readonly Links[]>> = {
  load_balancer: [{ type: 'referral', to: 'pool', find: store.poolsOfBalancers }],
  monitor: [{ type: 'referrer', to: 'pool', find: store.poolsOfMonitors }],
  pool: [
    { type: 'referrer', to: 'load_balancer', find: store.balancersOfPools },
    { type: 'referral', to: 'monitor', find: store.monitorsOfPools },
  ],
};

/** One page of everything in the account whose name, or whose origin's address, contains the text. */
export async function search(
  db: Client,
  accountId: string,
  { query = '', references = '' }: SearchQuery,
  page: Window,
): Promise<{ resources: WireResource[]; total: number }> {
  const counts: number[] = [];
  for (const kind of KINDS) counts.push(await SEARCHES[kind].count(db, accountId, query));
  const resources: WireResource[] = [];
  for (const [index, window] of windowsOf(counts, page).entries()) {
    const kind = KINDS[index]!;
    if (window.take === 0) continue;
    const found = await SEARCHES[kind].find(db, accountId, query, window);
    const linked = await referencesOf(db, kind, found, references);
    for (const { id, name } of found)
      resources.push({
        resource_type: kind,
        resource_id: id,
        resource_name: name,
        ...(references === '' ? {} : { references: linked.get(id) ?? [] }),
      });
  }
  return { resources, total: counts.reduce((sum, count) => sum + count, 0) };
}

/** By the id of what was found. A few queries for the whole page. */
async function referencesOf(
  db: Client,
  kind: Kind,
  found: readonly store.Labelled[],
  wanted: NonNullable<SearchQuery['references']>,
): Promise<ReadonlyMap<string, Reference[]>> {
  const references = new Map<string, Reference[]>();
  const ids = found.map(({ id }) => id);
  for (const links of LINKS[kind].filter(({ type }) => wanted === '*' || wanted === type))
    for (const { from, to } of await links.find(db, ids)) {
      const known = references.get(from) ?? [];
      known.push(referenceTo(links.type, links.to, to));
      references.set(from, known);
    }
  return references;
}
