export { liveMonitor } from './live.js';
export { monitorRoutes } from './routes.js';
export {
  existing as existingMonitors,
  find as findMonitor,
  findForLive as findLiveMonitors,
} from './store.js';
export { toWire as monitorToWire } from './to-wire.js';
