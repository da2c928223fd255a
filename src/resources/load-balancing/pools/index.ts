export { fieldsOf as poolFieldsOf } from './fields.js';
export { livePool } from './live.js';
export { poolRoutes } from './routes.js';
export { create as createPool, get as getPool, merge as mergePool } from './rules.js';
export { name as poolName } from './schema.js';
export { existing as existingPools, findForLive as findLivePools } from './store.js';
export { poolToWire } from './to-wire.js';
