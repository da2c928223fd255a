export { liveMonitor } from './live.js';
export { monitorRoutes } from './routes.js';
export { find as findMonitor, findForLive as findLiveMonitors } from './store.js';
export { toWire as monitorToWire } from './to-wire.js';
