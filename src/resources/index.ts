import type { Http } from '../api/http.js';
import type { HealthTable } from '../live/health-table.js';
import { accountRoutes, accountScope } from './accounts/accounts/index.js';
import {
  dnsRecordRoutes,
  dnsRecordToWire,
  findLiveDnsRecords,
  publishedHostname,
} from './accounts/dns-records/index.js';
import { ipsRoutes } from './accounts/ips/index.js';
import { tokenRoutes } from './accounts/tokens/index.js';
import { usageRoutes } from './accounts/usage/index.js';
import { userRoutes } from './accounts/user/index.js';
import { userTwins } from './accounts/user-account.js';
import { zoneRoutes } from './accounts/zones/index.js';
import { createCommitted } from './committed.js';
import type { CommittedNouns, Context } from './context.js';
import { type LiveSources, sourceOf } from './live.js';
import { eventRoutes } from './load-balancing/events/index.js';
import {
  findLiveLoadBalancers,
  liveLoadBalancer,
  loadBalancerOwner,
  loadBalancerRoutes,
  loadBalancerToWire,
} from './load-balancing/load-balancers/index.js';
import {
  findLiveMonitorGroups,
  liveMonitorGroup,
  monitorGroupRoutes,
  monitorGroupToWire,
} from './load-balancing/monitor-groups/index.js';
import {
  findLiveMonitors,
  liveMonitor,
  monitorRoutes,
  monitorToWire,
} from './load-balancing/monitors/index.js';
import { findLivePools, livePool, poolRoutes, poolToWire } from './load-balancing/pools/index.js';
import { previewRoutes } from './load-balancing/previews/index.js';
import { regionRoutes } from './load-balancing/regions/index.js';
import { searchRoutes } from './load-balancing/search/index.js';
import { greRoutes, ipsecRoutes, pskRoutes } from './magic/index.js';
import { connectivitySettingsRoutes } from './networks/connectivity-settings/index.js';
import { hostnameRouteRoutes } from './networks/hostname-routes/index.js';
import { liveRoutes, teamnetRoutes } from './networks/routes/index.js';
import { subnetRoutes } from './networks/subnets/index.js';
import { virtualNetworkRoutes } from './networks/virtual-networks/index.js';
import { zoneTunnelRouteRoutes } from './networks/zone-tunnel-routes/index.js';
import { liveTunnels, tunnelRoutes } from './tunnels/cloudflared/index.js';
import { tunnelListRoutes } from './tunnels/tunnel-list/index.js';
import { warpConnectorRoutes } from './tunnels/warp-connectors/index.js';

export { REGION_CODES } from '../domain/regions.js';

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
