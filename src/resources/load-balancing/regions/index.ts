export { regionRoutes } from './routes.js';
