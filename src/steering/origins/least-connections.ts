import { loadedOrigins } from './loaded.js';
import type { OriginPolicy } from './policy.js';

/** The fewer connections are open to an origin of this pool, the more it gets of the next requests. */
export const leastConnectedOrigins: OriginPolicy = (origins, poolId, load) =>
  loadedOrigins(origins, (key) => load.connections(poolId, key));
