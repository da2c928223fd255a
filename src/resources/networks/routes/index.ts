export { coveringRoute } from './covering.js';
export { teamnetRoutes } from './routes.js';
