import type { AccessDirectory } from '../api/access.js';
import type { DataPlane } from '../live/data-plane.js';
import type { HealthTable } from '../live/health-table.js';
import type { DirectNetworks } from '../net/direct-networks.js';
import type { Database } from '../storage/database.js';
import type { WireDnsRecord } from './accounts/dns-records/schema.js';
import type { DnsRecord } from './accounts/dns-records/store.js';
import type { Committed } from './committed.js';
import type { WireLoadBalancer } from './load-balancing/load-balancers/schema.js';
import type { LoadBalancer } from './load-balancing/load-balancers/store.js';
import type { WireMonitorGroup } from './load-balancing/monitor-groups/schema.js';
import type { MonitorGroup } from './load-balancing/monitor-groups/store.js';
import type { WireMonitor } from './load-balancing/monitors/schema.js';
import type { Monitor } from './load-balancing/monitors/store.js';
import type { WirePool } from './load-balancing/pools/schema.js';
import type { Pool } from './load-balancing/pools/store.js';

/** What every resource works with. */
export interface Context {
  readonly db: Database;
  readonly committed: CommittedNouns;
  /** What checks have found, which answers about pools show. */
  readonly health: Pick<HealthTable, 'origin'>;
  readonly dataPlane: Pick<DataPlane, 'ask' | 'connections'>;
  readonly access: AccessDirectory;
  readonly settings: Settings;
}

/** What GET answers from memory. */
export interface CommittedNouns {
  readonly monitors: Committed<Monitor, WireMonitor>;
  readonly monitorGroups: Committed<MonitorGroup, WireMonitorGroup>;
  readonly pools: Committed<Pool, WirePool>;
  readonly loadBalancers: Committed<LoadBalancer, WireLoadBalancer>;
  /** By zone. */
  readonly dnsRecords: Committed<DnsRecord, WireDnsRecord>;
}

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
