export { ipsRoutes } from './routes.js';
