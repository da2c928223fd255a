export { eventRoutes } from './routes.js';
export { record as recordPoolEvent } from './rules.js';
