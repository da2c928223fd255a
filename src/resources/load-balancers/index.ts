export { liveLoadBalancer } from './live.js';
export { loadBalancerRoutes } from './routes.js';
export { findForLive as findLiveLoadBalancers } from './store.js';
