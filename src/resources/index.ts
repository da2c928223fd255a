import type { Http } from '../wire/http.js';
import { accountRoutes, accountScope } from './accounts/index.js';
import type { Context } from './context.js';
import { ipsRoutes } from './ips/index.js';
import type { LiveLoaders } from './live.js';
import { findLiveLoadBalancers, liveLoadBalancer, loadBalancerRoutes } from './load-balancers/index.js';
import { findLiveMonitors, liveMonitor, monitorRoutes } from './monitors/index.js';
import { findLivePools, livePool, poolRoutes } from './pools/index.js';
import { liveRoutes, teamnetRoutes } from './routes/index.js';
import { liveTunnels, tunnelRoutes } from './tunnels/index.js';
import { userRoutes } from './user/index.js';
import { virtualNetworkRoutes } from './virtual-networks/index.js';
import { zoneRoutes } from './zones/index.js';

/** Every resource of the API: adding one is a folder and a line here. */
const RESOURCES: readonly ((app: Http, context: Context) => void)[] = [
  accountRoutes,
  virtualNetworkRoutes,
  tunnelRoutes,
  teamnetRoutes,
  userRoutes,
  ipsRoutes,
  zoneRoutes,
  monitorRoutes,
  poolRoutes,
  loadBalancerRoutes,
];

/** What the data plane may see of each noun. */
export const liveLoaders: LiveLoaders = {
  monitor: async (db, ids) => (await findLiveMonitors(db, ids)).map(liveMonitor),
  tunnel: liveTunnels,
  route: liveRoutes,
  pool: async (db, ids) => (await findLivePools(db, ids)).map(livePool),
  load_balancer: async (db, ids) => (await findLiveLoadBalancers(db, ids)).map(liveLoadBalancer),
};

export function registerResources(app: Http, context: Context): void {
  accountScope(app, context);
  for (const register of RESOURCES) register(app, context);
}
