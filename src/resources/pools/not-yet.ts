import { type NotYet, noticesOf } from '../not-yet.js';
import { fieldsOf, type PoolFields } from './fields.js';
import { parseOriginAddress } from './origin-address.js';
import type { Pool } from './store.js';

const NOT_YET: NotYet<PoolFields> = {
  origins: (origins) => {
    const one = origins.find(({ address }) => parseOriginAddress(address)?.kind === 'tunnel');
    return one && `${one.address} is not reached yet; give an IP address behind a route of the tunnel`;
  },
  health_sources: (sources) => (sources === null ? undefined : 'every place steers by the same checks'),
  load_shedding: (shedding) =>
    shedding !== null && (shedding.default_percent > 0 || shedding.session_percent > 0)
      ? 'no load is shed'
      : undefined,
  origin_steering: (steering) =>
    steering?.policy === 'least_outstanding_requests' || steering?.policy === 'least_connections'
      ? `${steering.policy} steers like random`
      : undefined,
  notification_email: (email) => (email === '' ? undefined : 'no mail is sent'),
};

export const notices = (pool: Pool) => noticesOf(NOT_YET, fieldsOf(pool));
