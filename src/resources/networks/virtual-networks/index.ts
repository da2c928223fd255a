export { virtualNetworkRoutes } from './routes.js';
export { createDefault as createDefaultNetwork, liveNetwork } from './rules.js';
