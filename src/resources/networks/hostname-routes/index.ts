export { hostnameRouteRoutes } from './routes.js';
