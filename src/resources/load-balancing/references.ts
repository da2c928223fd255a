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

/** A monitor and a group of monitors are called by their description. */
export const nameOf = ({ values }: Called): string => ('name' in values ? values.name : values.description);

interface Called {
  readonly values: { readonly name: string } | { readonly description: string };
}

/** Makes the reference to each object of a type. */
export const referenceTo =
  (reference_type: Reference['reference_type'], resource_type: Reference['resource_type']) =>
  (object: Called & { readonly id: string }): Reference => ({
    reference_type,
    resource_type,
    resource_id: object.id,
    resource_name: nameOf(object),
  });
