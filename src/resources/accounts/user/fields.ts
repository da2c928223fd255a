import { z } from 'zod';
import { hexId } from '../../../api/identifiers.js';
import { text } from '../../../api/text.js';
import { patchBody, shownShape, unset, type ValuesOf } from '../../_kit/fields.js';

const ofLength = (maximum: number) => unset(text(maximum), { shown: z.string(), show: 'always' });

/** What a user may say about themself, with the longest text of each. */
export const fields = {
  first_name: ofLength(60),
  last_name: ofLength(60),
  telephone: ofLength(20),
  country: ofLength(30),
  zipcode: ofLength(20),
};
export type UserValues = ValuesOf<typeof fields>;
export const body = patchBody(fields);

export const answer = z
  .object({
    id: hexId,
    email: z.email(),
    ...shownShape(fields),
    two_factor_authentication_enabled: z.boolean(),
    two_factor_authentication_locked: z.boolean(),
    has_pro_zones: z.boolean(),
    has_business_zones: z.boolean(),
    has_enterprise_zones: z.boolean(),
    suspended: z.boolean(),
    organizations: z.array(z.never()),
    betas: z.array(z.string()),
  })
  .meta({ id: 'User' });
