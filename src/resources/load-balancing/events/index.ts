export { eventRoutes } from './routes.js';
export { lastVerdicts, record as recordPoolEvent } from './rules.js';
