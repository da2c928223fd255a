import { type NotYet, noticesOf } from '../not-yet.js';
import { fieldsOf, type PoolFields } from './fields.js';
import { parseOriginAddress } from './origin-address.js';
import type { Pool } from './store.js';

const NOT_YET: NotYet<PoolFields> = {
  origins: (origins) => {
    const one = origins.find(({ address }) => parseOriginAddress(address)?.kind === 'tunnel');
    return one && `${one.address} is not reached yet; give an IP address behind a route of the tunnel`;
  },
  notification_email: (email) => (email === '' ? undefined : 'no mail is sent'),
};

export const notices = (pool: Pool) => noticesOf(NOT_YET, fieldsOf(pool));
