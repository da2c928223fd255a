export { teamnetRoutes } from './routes.js';
export { liveRoutes, uncovered as uncoveredByRoutes } from './store.js';
