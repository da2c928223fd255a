import type { NotYet } from '../../not-yet.js';
import type { CreateBody } from './schema.js';

export const notYet: NotYet<CreateBody> = {
  unit: (unit) => (unit?.id ? 'there are no tenants, so the account belongs to no unit' : undefined),
};
