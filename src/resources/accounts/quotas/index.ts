export { quotaCheck, withQuotas } from './guard.js';
