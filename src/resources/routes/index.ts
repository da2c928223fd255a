export { covers as routeCovers } from './store.js';
