import { z } from 'zod';
import { hexId } from '../../../api/identifiers.js';
import { text } from '../../../api/text.js';

/** What a user may say about themself, with the longest text of each. */
export const patchBody = z.object({
  first_name: text(60).nullish(),
  last_name: text(60).nullish(),
  telephone: text(20).nullish(),
  country: text(30).nullish(),
  zipcode: text(20).nullish(),
});

const optionalText = z.string().nullable();

export const user = z
  .object({
    id: hexId,
    email: z.email(),
    first_name: optionalText,
    last_name: optionalText,
    telephone: optionalText,
    country: optionalText,
    zipcode: optionalText,
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

export type PatchBody = z.output<typeof patchBody>;
export type WireUser = z.output<typeof user>;
