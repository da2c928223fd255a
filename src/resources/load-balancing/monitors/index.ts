export { liveMonitor } from './live.js';
export { notices as monitorNotices } from './not-yet.js';
export { monitorRoutes } from './routes.js';
export { get as getMonitor, made as madeMonitor } from './rules.js';
export { body as monitorBody, type MonitorBody } from './schema.js';
export {
  existing as existingMonitors,
  find as findMonitor,
  findForLive as findLiveMonitors,
  poolsWatchedBy,
} from './store.js';
export { toWire as monitorToWire } from './to-wire.js';
