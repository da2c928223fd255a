export { greRoutes } from './gre-routes.js';
export { ipsecRoutes } from './ipsec-routes.js';
export { pskRoutes } from './psk-routes.js';
