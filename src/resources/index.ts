import type { Http } from '../wire/http.js';
import { accountRoutes, accountScope } from './accounts/index.js';
import type { Context } from './context.js';
import type { LiveLoaders } from './live.js';
import { virtualNetworkRoutes } from './virtual-networks/index.js';
import { zoneRoutes } from './zones/index.js';

/** Every resource of the API: adding one is a folder and a line here. */
const RESOURCES: readonly ((app: Http, context: Context) => void)[] = [
  accountRoutes,
  virtualNetworkRoutes,
  zoneRoutes,
];

/** What the data plane may see of each noun. */
export const liveLoaders: LiveLoaders = {
  monitor: async () => [],
  tunnel: async () => [],
  route: async () => [],
  pool: async () => [],
  load_balancer: async () => [],
};

export function registerResources(app: Http, context: Context): void {
  accountScope(app, context);
  for (const register of RESOURCES) register(app, context);
}
