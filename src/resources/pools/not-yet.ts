import { type NotYet, noticesOf } from '../not-yet.js';
import { fieldsOf, type PoolFields } from './fields.js';
import type { Pool } from './store.js';

const NOT_YET: NotYet<PoolFields> = {
  notification_email: (email) => (email === '' ? undefined : 'no mail is sent'),
};

export const notices = (pool: Pool) => noticesOf(NOT_YET, fieldsOf(pool));
