export { accountRoutes } from './routes.js';
export { create as createAccount } from './rules.js';
export { accountScope } from './scope.js';
export { find as findAccount, findFirst as firstAccount } from './store.js';
