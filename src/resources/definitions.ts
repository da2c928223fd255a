import type { AnyDefinition, Draft, DraftTable, Identified, World } from '../storage/tables/definition.js';
import type { Tables } from '../storage/tables/tables.js';
import type { Write } from '../storage/writer.js';
import { accounts } from './accounts/accounts/definition.js';
import { dnsRecords } from './accounts/dns-records/definition.js';
import { apiTokens } from './accounts/tokens/definition.js';
import { users } from './accounts/user/definition.js';
import { zones } from './accounts/zones/definition.js';
import { loadBalancers } from './load-balancing/load-balancers/definition.js';
import { monitorGroups } from './load-balancing/monitor-groups/definition.js';
import { monitors } from './load-balancing/monitors/definition.js';
import { pools } from './load-balancing/pools/definition.js';
import { magicTunnels } from './magic/definition.js';
import { connectivitySettings } from './networks/connectivity-settings/definition.js';
import { hostnameRoutes } from './networks/hostname-routes/definition.js';
import { routes } from './networks/routes/definition.js';
import { subnets } from './networks/subnets/definition.js';
import { virtualNetworks } from './networks/virtual-networks/definition.js';
import { tunnelSecrets, tunnels } from './tunnels/definition.js';

/** Every noun of which memory has the committed state: what rules and answers read, and the data plane is told. */
export const DEFINITIONS = {
  accounts,
  apiTokens,
  users,
  zones,
  virtualNetworks,
  tunnels,
  tunnelSecrets,
  routes,
  hostnameRoutes,
  subnets,
  connectivitySettings,
  monitors,
  monitorGroups,
  pools,
  loadBalancers,
  dnsRecords,
  magicTunnels,
};

/** Every table of the database that has objects, in no order; events are of no noun. */
export const TABLES: readonly string[] = [
  ...Object.values<AnyDefinition>(DEFINITIONS).flatMap(({ relations }) =>
    relations.map(({ table }) => table),
  ),
  'health_event',
];

export type WorkingTables = Tables<typeof DEFINITIONS>;
export type WorkingWorld = World<typeof DEFINITIONS>;
/** What one write sees, and what it changes. */
export type WorkingDraft = Draft<typeof DEFINITIONS>;
export type WorkingWrite = Write<typeof DEFINITIONS>;

const NAMES = Object.keys(DEFINITIONS) as (keyof typeof DEFINITIONS)[];

/** Of every noun, as one write sees it. */
export const allTables = (draft: WorkingDraft): readonly DraftTable<Identified, never>[] =>
  NAMES.map((name) => draft[name] as DraftTable<Identified, never>);
