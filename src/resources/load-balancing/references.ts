import { z } from 'zod';
import type { Http } from '../../api/http.js';
import { hexId } from '../../api/identifiers.js';
import { pageQuery, pageRequest, sliced } from '../../api/pagination.js';
import type { Crud } from '../_kit/crud.js';
import { operations } from '../_kit/operations.js';
import type { Context } from '../context.js';
import type { WorkingWorld } from '../definitions.js';

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

/** The list of what a noun of an account is named by and names, as `references` finds it. */
export function referenceRoutes(
  app: Http,
  { world }: Context,
  { path, id: [id], config, tags }: Pick<Crud<never>, 'path' | 'id' | 'config' | 'tags'>,
  summary: string,
  references: (world: WorkingWorld, accountId: string, id: string) => Reference[],
): void {
  const params = z.object({ account_id: hexId, [id]: hexId });
  operations(app, { ...config, tags }).list(
    `${path}/:${id}/references`,
    summary,
    { params, query: z.object(pageQuery()), answer: reference },
    ({ params, query }) =>
      sliced(references(world, params.account_id!, params[id]!), pageRequest(query, null)),
  );
}
