import type { Zone } from '../storage/generated/client.js';
import type { Definition, Draft, World } from '../storage/tables/definition.js';
import type { Tables } from '../storage/tables/tables.js';
import type { Write } from '../storage/writer.js';
import { type DnsRecord, findForLive as findDnsRecords } from './accounts/dns-records/store.js';
import { loadBalancers } from './load-balancing/load-balancers/definition.js';
import { monitorGroups } from './load-balancing/monitor-groups/definition.js';
import { monitors } from './load-balancing/monitors/definition.js';
import { pools } from './load-balancing/pools/definition.js';
import { magicTunnels } from './magic/definition.js';
import { routes } from './networks/routes/definition.js';
import { virtualNetworks } from './networks/virtual-networks/definition.js';
import { tunnels } from './tunnels/cloudflared/definition.js';

const accountOf = ({ accountId }: { readonly accountId: string }) => accountId;
const createdOn = (row: { readonly createdOn: Date }) => row.createdOn;

const zones: Definition<Zone, never> = {
  noun: 'zone',
  ownerOf: accountOf,
  createdAt: createdOn,
  indexes: {},
  relations: [],
  load: (db, ids) => db.zone.findMany({ where: ids ? { id: { in: [...ids] } } : {} }),
};

const dnsRecords: Definition<DnsRecord, never> = {
  noun: 'published_hostname',
  ownerOf: ({ zoneId }) => zoneId,
  createdAt: createdOn,
  indexes: {},
  relations: [],
  load: findDnsRecords,
};

/** Every noun of which memory has the committed state: what rules and answers read, and the data plane is told. */
export const DEFINITIONS = {
  zones,
  virtualNetworks,
  tunnels,
  routes,
  monitors,
  monitorGroups,
  pools,
  loadBalancers,
  dnsRecords,
  magicTunnels,
};

export type WorkingTables = Tables<typeof DEFINITIONS>;
export type WorkingWorld = World<typeof DEFINITIONS>;
/** What one write sees, and what it changes. */
export type WorkingDraft = Draft<typeof DEFINITIONS>;
export type WorkingWrite = Write<typeof DEFINITIONS>;
