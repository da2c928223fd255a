export { liveLoadBalancer } from './live.js';
export { loadBalancerRoutes } from './routes.js';
export { create as createLoadBalancer, merge as mergeLoadBalancer } from './rules.js';
export { findForLive as findLiveLoadBalancers } from './store.js';
