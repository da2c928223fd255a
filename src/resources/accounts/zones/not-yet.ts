import type { NotYet } from '../../not-yet.js';
import type { PatchBody } from './schema.js';

export const notYet: NotYet<PatchBody> = {
  paused: (paused) => (paused ? 'load balancers of the zone go on serving' : undefined),
  type: (type) => (type && type !== 'full' ? 'no DNS is served, whatever the type of the zone' : undefined),
  plan: (plan) => (plan ? 'there are no plans, and nothing to pay' : undefined),
  vanity_name_servers: (names) => (names?.length ? 'no DNS is served under these names' : undefined),
};
