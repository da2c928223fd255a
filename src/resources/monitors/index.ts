export { liveMonitor } from './live.js';
export { monitorRoutes } from './routes.js';
export type { WireMonitor } from './schema.js';
export { find as findMonitor, findForLive as findLiveMonitors, type Monitor } from './store.js';
export { toWire as monitorToWire } from './to-wire.js';
