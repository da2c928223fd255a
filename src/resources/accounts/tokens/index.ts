export { createDirectory, type FollowingDirectory } from './directory.js';
export { tokenRoutes } from './routes.js';
export { noteUse } from './store.js';
