import { z } from 'zod';
import { hexId } from '../../wire/identifiers.js';

export const user = z
  .object({
    id: hexId,
    email: z.email(),
    first_name: z.null(),
    last_name: z.null(),
    telephone: z.null(),
    country: z.null(),
    zipcode: z.null(),
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

export const verifiedToken = z.object({ id: hexId, status: z.literal('active') });

export type WireUser = z.output<typeof user>;
