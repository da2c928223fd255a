import { z } from 'zod';
import { hexId } from '../../api/identifiers.js';

/** One end of a reference between load balancing objects: a `referrer` names the object asked about, a `referral` is named by it. */
export const reference = z
  .object({
    reference_type: z.enum(['referral', 'referrer']),
    resource_type: z.enum(['load_balancer', 'monitor', 'monitor_group', 'pool']),
    resource_id: hexId,
    resource_name: z.string(),
  })
  .meta({ id: 'Reference' });

export type Reference = z.output<typeof reference>;

export function referenceTo(
  reference_type: Reference['reference_type'],
  resource_type: Reference['resource_type'],
  object: { readonly id: string; readonly name: string },
): Reference {
  return { reference_type, resource_type, resource_id: object.id, resource_name: object.name };
}
