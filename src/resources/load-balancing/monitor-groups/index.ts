export { liveMonitorGroup } from './live.js';
export { monitorGroupRoutes } from './routes.js';
export { find as findMonitorGroup, findForLive as findLiveMonitorGroups } from './store.js';
export { toWire as monitorGroupToWire } from './to-wire.js';
