export { zoneRoutes } from './routes.js';
export { create as createZone, get as getZone } from './rules.js';
export { findFirst as firstZone, names as zoneNames } from './store.js';
