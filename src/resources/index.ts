import type { HealthTable } from '../live/health-table.js';
import type { Http } from '../wire/http.js';
import { accountRoutes, accountScope } from './accounts/index.js';
import { createCommitted } from './committed.js';
import { connectivitySettingsRoutes } from './connectivity-settings/index.js';
import type { CommittedNouns, Context } from './context.js';
import {
  dnsRecordRoutes,
  dnsRecordToWire,
  findLiveDnsRecords,
  publishedHostname,
} from './dns-records/index.js';
import { eventRoutes } from './events/index.js';
import { hostnameRouteRoutes } from './hostname-routes/index.js';
import { ipsRoutes } from './ips/index.js';
import { type LiveSources, sourceOf } from './live.js';
import {
  findLiveLoadBalancers,
  liveLoadBalancer,
  loadBalancerOwner,
  loadBalancerRoutes,
  loadBalancerToWire,
} from './load-balancers/index.js';
import { greRoutes, ipsecRoutes, pskRoutes } from './magic/index.js';
import {
  findLiveMonitorGroups,
  liveMonitorGroup,
  monitorGroupRoutes,
  monitorGroupToWire,
} from './monitor-groups/index.js';
import { findLiveMonitors, liveMonitor, monitorRoutes, monitorToWire } from './monitors/index.js';
import { findLivePools, livePool, poolRoutes, poolToWire } from './pools/index.js';
import { previewRoutes } from './previews/index.js';
import { regionRoutes } from './regions/index.js';
import { liveRoutes, teamnetRoutes } from './routes/index.js';
import { searchRoutes } from './search/index.js';
import { subnetRoutes } from './subnets/index.js';
import { tokenRoutes } from './tokens/index.js';
import { tunnelListRoutes } from './tunnel-list/index.js';
import { liveTunnels, tunnelRoutes } from './tunnels/index.js';
import { usageRoutes } from './usage/index.js';
import { userRoutes } from './user/index.js';
import { userTwins } from './user-account.js';
import { virtualNetworkRoutes } from './virtual-networks/index.js';
import { warpConnectorRoutes } from './warp-connectors/index.js';
import { zoneTunnelRouteRoutes } from './zone-tunnel-routes/index.js';
import { zoneRoutes } from './zones/index.js';

export { REGION_CODES } from './world.js';

/** Every resource of the API: adding one is a folder and a line here. */
const RESOURCES: readonly ((app: Http, context: Context) => void)[] = [
  accountRoutes,
  virtualNetworkRoutes,
  tunnelRoutes,
  tunnelListRoutes,
  warpConnectorRoutes,
  teamnetRoutes,
  hostnameRouteRoutes,
  subnetRoutes,
  connectivitySettingsRoutes,
  userRoutes,
  tokenRoutes,
  ipsRoutes,
  zoneRoutes,
  monitorRoutes,
  monitorGroupRoutes,
  poolRoutes,
  previewRoutes,
  loadBalancerRoutes,
  regionRoutes,
  searchRoutes,
  usageRoutes,
  greRoutes,
  ipsecRoutes,
  pskRoutes,
  eventRoutes,
  zoneTunnelRouteRoutes,
  dnsRecordRoutes,
];

const accountOf = ({ accountId }: { readonly accountId: string }) => accountId;

export function createCommittedNouns(health: Pick<HealthTable, 'origin'>): CommittedNouns {
  return {
    monitors: createCommitted({ noun: 'monitor', ownerOf: accountOf, toWire: monitorToWire }),
    monitorGroups: createCommitted({ noun: 'monitor group', ownerOf: accountOf, toWire: monitorGroupToWire }),
    pools: createCommitted({ noun: 'pool', ownerOf: accountOf, toWire: poolToWire(health) }),
    loadBalancers: createCommitted({
      noun: 'load balancer',
      ownerOf: loadBalancerOwner,
      toWire: loadBalancerToWire,
    }),
    dnsRecords: createCommitted({
      noun: 'DNS record',
      ownerOf: ({ zoneId }) => zoneId,
      toWire: dnsRecordToWire,
      missing: 'dns_record_missing',
    }),
  };
}

const asItIs = <T>(live: T) => live;

/** What the data plane and the readers of the API may see of each noun. */
export function liveSources(committed: CommittedNouns): LiveSources {
  return {
    monitor: sourceOf(findLiveMonitors, liveMonitor, committed.monitors),
    monitor_group: sourceOf(findLiveMonitorGroups, liveMonitorGroup, committed.monitorGroups),
    tunnel: sourceOf(liveTunnels, asItIs),
    route: sourceOf(liveRoutes, asItIs),
    pool: sourceOf(findLivePools, livePool, committed.pools),
    load_balancer: sourceOf(findLiveLoadBalancers, liveLoadBalancer, committed.loadBalancers),
    published_hostname: sourceOf(findLiveDnsRecords, publishedHostname, committed.dnsRecords),
  };
}

export function registerResources(app: Http, context: Context): void {
  accountScope(app, context);
  userTwins(app, context);
  for (const register of RESOURCES) register(app, context);
}
