export { withQuotas } from './guard.js';
