export { liveLoadBalancer } from './live.js';
export { loadBalancerRoutes } from './routes.js';
export { create as createLoadBalancer, merge as mergeLoadBalancer } from './rules.js';
export { ownerKey as loadBalancerOwner } from './rules-owner.js';
export { findForLive as findLiveLoadBalancers } from './store.js';
export { toWire as loadBalancerToWire } from './to-wire.js';
