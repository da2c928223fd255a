export { zoneTunnelRouteRoutes } from './routes.js';
