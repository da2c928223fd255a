export { recordConnection, resetConnections } from './connection-times.js';
export { tunnelRoutes } from './routes.js';
export { liveTunnel } from './rules.js';
export { liveTunnels } from './store.js';
