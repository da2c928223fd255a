import { createHashRing } from '../hash-ring.js';
import type { OriginPolicy } from './policy.js';

/** The same client keeps the same origin, and an origin that leaves or joins moves only its own clients. */
export const hashedOrigins: OriginPolicy = (origins) => {
  const search = createHashRing(origins);
  return {
    pick: ({ clientIp, excluded }) => origins[search(clientIp, excluded)] ?? null,
  };
};
