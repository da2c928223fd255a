import type { ErrorName } from '../api/errors.js';
import type { Http } from '../api/http.js';
import type { HealthTable } from '../state/health-board.js';
import type { Definition, Identified, Reader } from '../storage/tables/definition.js';
import { createView } from './_kit/view.js';
import { accountRoutes } from './accounts/accounts/routes.js';
import { dnsRecordToWire } from './accounts/dns-records/definition.js';
import { dnsRecordRoutes } from './accounts/dns-records/routes.js';
import { elsewhereRoutes } from './accounts/elsewhere/routes.js';
import { ipsRoutes } from './accounts/ips/routes.js';
import { tokenRoutes } from './accounts/tokens/routes.js';
import { usageRoutes } from './accounts/usage/routes.js';
import { userRoutes } from './accounts/user/routes.js';
import { accountScope, userTwins } from './accounts/user-account.js';
import { zoneRoutes } from './accounts/zones/routes.js';
import type { Context, Views } from './context.js';
import { DEFINITIONS, type WorkingWorld } from './definitions.js';
import { eventRoutes } from './load-balancing/events/routes.js';
import { loadBalancerToWire } from './load-balancing/load-balancers/definition.js';
import { loadBalancerRoutes } from './load-balancing/load-balancers/routes.js';
import { monitorGroupToWire } from './load-balancing/monitor-groups/definition.js';
import { monitorGroupRoutes } from './load-balancing/monitor-groups/routes.js';
import { monitorToWire } from './load-balancing/monitors/definition.js';
import { monitorRoutes } from './load-balancing/monitors/routes.js';
import { poolToWire } from './load-balancing/pools/answer.js';
import { poolRoutes } from './load-balancing/pools/routes.js';
import { previewRoutes } from './load-balancing/previews/routes.js';
import { regionRoutes } from './load-balancing/regions/routes.js';
import { searchRoutes } from './load-balancing/search/routes.js';
import { pskRoutes } from './magic/psk-routes.js';
import { magicTunnelRoutes } from './magic/routes.js';
import { connectivitySettingsRoutes } from './networks/connectivity-settings/routes.js';
import { hostnameRouteRoutes } from './networks/hostname-routes/routes.js';
import { teamnetRoutes } from './networks/routes/routes.js';
import { subnetRoutes } from './networks/subnets/routes.js';
import { virtualNetworkRoutes } from './networks/virtual-networks/routes.js';
import { zoneTunnelRouteRoutes } from './networks/zone-tunnel-routes/routes.js';
import { tunnelRoutes } from './tunnels/cloudflared/routes.js';
import { tunnelListRoutes } from './tunnels/tunnel-list.js';
import { warpConnectorRoutes } from './tunnels/warp-connectors/routes.js';

export { REGION_CODES } from '../domain/regions.js';
export type { FirstAccount } from './first-account.js';

/** Every resource of the API. What else a new one takes is in docs/adding-a-resource.md. */
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
  magicTunnelRoutes,
  pskRoutes,
  eventRoutes,
  zoneTunnelRouteRoutes,
  dnsRecordRoutes,
  elsewhereRoutes,
];

export function createViews(world: WorkingWorld, health: Pick<HealthTable, 'origin'>): Views {
  const view = <Row extends Identified>(
    table: Reader<Row, never>,
    { noun, ownerOf }: Pick<Definition<Row, never>, 'noun' | 'ownerOf'>,
    toWire: (row: Row) => unknown,
    missing: ErrorName = 'lb_object_missing',
  ) => createView({ table, ownerOf, noun: noun.replace('_', ' '), toWire, missing });
  return {
    monitors: view(world.monitors, DEFINITIONS.monitors, monitorToWire),
    monitorGroups: view(world.monitorGroups, DEFINITIONS.monitorGroups, monitorGroupToWire),
    pools: view(world.pools, DEFINITIONS.pools, poolToWire(health)),
    loadBalancers: view(world.loadBalancers, DEFINITIONS.loadBalancers, loadBalancerToWire),
    dnsRecords: view(world.dnsRecords, DEFINITIONS.dnsRecords, dnsRecordToWire, 'dns_record_missing'),
  };
}

export function registerResources(app: Http, context: Context): void {
  accountScope(app, context);
  userTwins(app, context);
  for (const register of RESOURCES) register(app, context);
}
