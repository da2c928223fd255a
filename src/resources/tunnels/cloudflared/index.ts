export { recordConnection, resetConnections } from './connection-times.js';
export { listTunnels } from './listing.js';
export { recordLocalConfiguration } from './local-configuration.js';
export { tunnelRoutes } from './routes.js';
export {
  change as changeTunnel,
  create as createTunnel,
  get as getTunnel,
  liveTunnel,
  remove as removeTunnel,
  secretOf,
} from './rules.js';
export { statusOf as tunnelStatusOf } from './status.js';
export type { Tunnel } from './store.js';
export { readView, tunnelView, warpConnectorView } from './view.js';
