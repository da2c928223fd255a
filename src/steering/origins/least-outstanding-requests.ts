import { loadedOrigins } from './loaded.js';
import type { OriginPolicy } from './policy.js';

/** The fewer requests an origin of this pool has without a complete response, the more it gets of the next ones. */
export const leastOutstandingOrigins: OriginPolicy = (origins, poolId, load) =>
  loadedOrigins(origins, (key) => load.outstanding(poolId, key));
