export { previewRoutes } from './routes.js';
