export { tunnelListRoutes } from './routes.js';
