export { subnetRoutes } from './routes.js';
export { createDefaults as createDefaultSubnets } from './rules.js';
