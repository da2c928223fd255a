export { dnsRecordRoutes } from './routes.js';
export { leadToTunnel } from './rules.js';
export { findForLive as findLiveDnsRecords } from './store.js';
export { toWire as dnsRecordToWire } from './to-wire.js';
export { publishedHostname } from './tunnel-target.js';
