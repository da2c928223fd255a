export { livePool } from './live.js';
export { poolRoutes } from './routes.js';
export type { WirePool } from './schema.js';
export { existing as existingPools, findForLive as findLivePools, type Pool } from './store.js';
export { toWire as poolToWire } from './to-wire.js';
