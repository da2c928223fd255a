export { connectivitySettingsRoutes } from './routes.js';
