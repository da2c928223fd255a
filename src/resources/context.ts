import type { AccessDirectory } from '../api/access.js';
import type { DataPlane } from '../bridge/data-plane.js';
import type { DirectNetworks } from '../net/addresses.js';
import type { Clock } from '../net/clock.js';
import type { HealthTable } from '../state/health-board.js';
import type { Database } from '../storage/database.js';
import type { NewIds, RowOf } from '../storage/tables/definition.js';
import type { View } from './_kit/view.js';
import type { DEFINITIONS, WorkingWorld, WorkingWrite } from './definitions.js';

/** What every resource works with. */
export interface Context {
  readonly db: Database;
  /** The committed state in memory. */
  readonly world: WorkingWorld;
  /** Changes it. */
  readonly write: WorkingWrite;
  readonly views: Views;
  /** What checks have found, which answers about pools show. */
  readonly health: Pick<HealthTable, 'origin'>;
  readonly dataPlane: Pick<DataPlane, 'ask' | 'connections'>;
  readonly access: AccessDirectory;
  /** What answers call now. */
  readonly clock: Pick<Clock, 'now'>;
  readonly ids: NewIds;
  readonly settings: Settings;
}

/** How GET shows what is in memory. DNS records are found by zone. */
export type Views = {
  readonly [N in 'monitors' | 'monitorGroups' | 'pools' | 'loadBalancers' | 'dnsRecords']: View<
    RowOf<(typeof DEFINITIONS)[N]>,
    unknown
  >;
};

export interface Settings {
  /** YYYY-MM-DD: the day whose API is served. */
  readonly apiDate: string;
  /** Seconds; Cloudflare's shortest is 10. */
  readonly minMonitorInterval: number;
  /** Where an IP address may stand under one virtual network only: in the whole account, or inside each pool. */
  readonly originUniqueness: 'account' | 'pool';
  /** What origins may be without a virtual network besides globally routable. */
  readonly directNetworks: DirectNetworks;
  /** Names of the zones' name servers, as `nameServersOf` takes them. */
  readonly dns: { readonly nameServers: readonly string[] };
  /** Shown as the place of the only point of presence. */
  readonly location: string;
}
