export { teamnetRoutes } from './routes.js';
export { covers as routeCovers, liveRoutes } from './store.js';
