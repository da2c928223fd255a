export { warpConnectorRoutes } from './routes.js';
