export { livePool } from './live.js';
export { poolRoutes } from './routes.js';
export { get as getPool } from './rules.js';
export { existing as existingPools, findForLive as findLivePools } from './store.js';
export { toWire as poolToWire } from './to-wire.js';
